"""The steps of an order as rows."""

from collections.abc import Iterator, Sequence
from typing import Any

from foreworn.planning.work_order import Transition
from foreworn.spares.purchase import PurchaseTransition


def step_rows(
    key: str, id: str, steps: Sequence[Transition | PurchaseTransition], after: int
) -> Iterator[dict[str, Any]]:
    """Return the rows of the steps of an order that come after the first so many.

    Raises
    ------
    ValueError
        If it has fewer: a step that was taken is never taken back.
    """
    if len(steps) < after:
        raise ValueError(f"{id} has taken {after} steps, not {len(steps)}: a step is never taken back")
    for position, step in enumerate(steps[after:], after):
        yield {
            **{key: id, "position": position, "time": step.time, "actor": step.actor, "reason": step.reason},
            **{"from_state": step.before.value, "to_state": step.after.value},
        }
