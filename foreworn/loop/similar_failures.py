"""Past failures of the same component that announced themselves alike, and what fixed them."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from foreworn.health.forecast import Forecast, Reason
from foreworn.planning.findings import Finding, Findings
from foreworn.planning.work_order import WorkOrder, WorkOrderKind, WorkOrderState

DONE: Final = (WorkOrderState.COMPLETED, WorkOrderState.CLOSED)
LEAST_ALIKE: Final = 0.5
"""Below it two failures had hardly a sign in common."""

_WRONG: Final = (Finding.AS_PREDICTED, Finding.OTHER)


@dataclass(frozen=True, slots=True)
class SimilarFailure:
    """A past failure, or damage that was found in time.

    Parameters
    ----------
    order
        The job that mended it.
    findings
        What was found and done.
    alike
        How alike the signs were then and are now, 0 to 1: the cosine of what each signal added to the log-odds.
        [unitless]
    shared
        The signals that raised the probability both times, the strongest of now first.
    same_model
        Whether it was a machine of the same model.
    """

    order: WorkOrder
    findings: Findings
    alike: float
    shared: tuple[str, ...]
    same_model: bool


def similar_failures(
    forecast: Forecast, orders: Iterable[WorkOrder], models: Mapping[str, str], *, most: int = 3
) -> list[SimilarFailure]:
    """Return the past failures most alike: those of machines of the same model first, then the most alike, the newest.

    Only jobs count at which something was wrong with the component, and whose evidence kept the signs of then: of the
    others nobody can say how alike they are. Jobs that began after the forecast's data tell it nothing.

    Parameters
    ----------
    forecast
        What is expected, with its reasons.
    orders
        Work orders; those of other components and those not done are passed over.
    models
        The machine model of each machine.
    most
        How many at most.
    """
    signs = _raising(forecast.reasons)
    own = models.get(forecast.machine)
    found = [
        SimilarFailure(order, order.findings, alike, shared, models.get(order.machine) == own)
        for order in orders
        if order.findings is not None and order.evidence is not None and _is_past(order, forecast)
        for alike, shared in [_likeness(signs, _raising(order.evidence.reasons))]
        if alike >= LEAST_ALIKE
    ]
    found.sort(key=lambda f: (not f.same_model, -f.alike, -f.order.created_at.timestamp(), f.order.id))
    return found[:most]


def _is_past(order: WorkOrder, forecast: Forecast) -> bool:
    findings = order.findings
    wrong = findings is not None and (findings.finding in _WRONG or order.kind is WorkOrderKind.CORRECTIVE)
    before = order.created_at < forecast.time
    return order.component == forecast.component and order.state in DONE and wrong and before


def _raising(reasons: Sequence[Reason]) -> dict[str, float]:
    """Return what each signal adds to the log-odds, of those that raise the probability; age is no sign."""
    shares: dict[str, float] = defaultdict(float)
    for reason in reasons:
        if reason.contribution > 0 and reason.value is not None and not reason.source.startswith("replacement of "):
            shares[reason.source] += reason.contribution
    return dict(shares)


def _likeness(now: Mapping[str, float], then: Mapping[str, float]) -> tuple[float, tuple[str, ...]]:
    shared = sorted(set(now) & set(then), key=lambda source: -now[source])
    if not shared:
        return 0.0, ()
    product = sum(now[source] * then[source] for source in shared)
    return product / (math.hypot(*now.values()) * math.hypot(*then.values())), tuple(shared)
