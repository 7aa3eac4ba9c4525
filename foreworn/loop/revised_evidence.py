"""Tell on an open order that late data has changed the forecast it rests on."""

from collections.abc import Iterable

import pyarrow as pa

from foreworn.audit import PLATFORM
from foreworn.clock import Clock
from foreworn.health.forecast import ForecastStore
from foreworn.loop.operations import Operations, Transaction
from foreworn.loop.order_steps import leave_trace
from foreworn.planning.evidence import Evidence
from foreworn.planning.work_order import OPEN_STATES, WorkOrder, WorkOrderKind
from foreworn.telemetry.sample import MILLISECOND

ACTION = "work_order.evidence_revised"
"""What the audit trail calls it."""


class RevisedEvidence:
    """The use case that notes revisions: what the planner saw stays, and the order says that it has changed.

    Parameters
    ----------
    operations, forecasts
        Where the orders are, and every forecast with its revisions.
    clock
        When it is noted.
    """

    def __init__(self, operations: Operations, forecasts: ForecastStore, clock: Clock) -> None:
        self._operations = operations
        self._forecasts = forecasts
        self._clock = clock

    def note(self) -> list[str]:
        """Note what has been revised since it was last noted, and return the orders' ids.

        The order takes no step and keeps its version; each revision is noted once.
        """
        with self._operations.reading() as tx:
            orders = tx.orders.find(states=OPEN_STATES, kind=WorkOrderKind.PREDICTIVE)
        revised = [(order, *found) for order in orders if (found := self._newest(order)) is not None]
        if not revised:
            return []
        with self._operations.transaction() as tx:
            return [order.id for order, revision, says in revised if self._noted(tx, order, revision, says)]

    def _newest(self, order: WorkOrder) -> tuple[int, float] | None:
        """Return the newest revision of an order's forecast, and the probability it says; None without one."""
        evidence = order.evidence
        if evidence is None:
            return None
        at = evidence.data_time
        said = self._forecasts.forecasts(at, at + MILLISECOND, machines=[order.machine])
        later = [found for found in _revisions(said, order, evidence) if found[0] > evidence.revision]
        return max(later, default=None)

    def _noted(self, tx: Transaction, order: WorkOrder, revision: int, probability: float) -> bool:
        before = (entry for _, entry in tx.audit.find(subject=order.id) if entry.action == ACTION)
        if order.evidence is None or any(entry.detail.get("revision") == revision for entry in before):
            return False
        was = order.evidence.probability
        leave_trace(
            tx,
            order,
            actor=PLATFORM,
            time=self._clock.now(),
            reason=f"late data: the forecast it rests on said {was:.0%}, and says {probability:.0%} now",
            detail={"revision": revision, "probability": probability, "probability_before": was},
            action=ACTION,
            key=f"{order.id}:{order.version}:revision-{revision}",
        )
        return True


def _revisions(said: pa.Table, order: WorkOrder, evidence: Evidence) -> Iterable[tuple[int, float]]:
    hours = evidence.horizon.total_seconds() / 3600
    for row in said.to_pylist():
        if row["component"] == order.component and abs(row["horizon_h"] - hours) < 1e-6:
            yield row["revision"], row["probability"]
