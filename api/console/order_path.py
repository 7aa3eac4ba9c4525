"""The way of a work order as a line of steps: behind it, where it stands, and what is still to come."""

from dataclasses import dataclass
from datetime import datetime

from api.console.words import when
from foreworn.planning import WorkOrder, WorkOrderState

S = WorkOrderState
_WAY = (S.PROPOSED, S.APPROVED, S.SCHEDULED, S.IN_PROGRESS, S.COMPLETED, S.CLOSED)


@dataclass(frozen=True, slots=True)
class PathStep:
    """One step; `standing` is `done`, `now`, `ahead` or `ended`."""

    state: WorkOrderState
    standing: str
    time: datetime | None = None
    actor: str = ""
    note: str = ""


def steps_of(order: WorkOrder, proposer: str, technician: str, now: datetime) -> list[PathStep]:
    """Return the way it took, the newest entry into each state, and the way that is left where it goes on."""
    entered = {step.after: step for step in order.transitions}
    here = _WAY.index(order.state) if order.state in _WAY else len(_WAY)
    steps = []
    for place, state in enumerate(_WAY):
        step = entered.get(state)
        if place > here:
            steps.append(PathStep(state, "ahead"))
        elif state is S.PROPOSED:
            steps.append(PathStep(state, "now" if here == 0 else "done", order.created_at, proposer))
        elif step is not None:
            note = _booked(order, technician, now) if state is S.SCHEDULED else ""
            steps.append(
                PathStep(state, "now" if place == here else "done", step.time, step.actor, note or step.reason)
            )
    if here == len(_WAY):
        last = order.transitions[-1]
        steps.append(PathStep(order.state, "ended", last.time, last.actor, last.reason))
    return steps


def _booked(order: WorkOrder, technician: str, now: datetime) -> str:
    return "" if order.booking is None else f"{technician}, {when(order.booking.start, now)}"
