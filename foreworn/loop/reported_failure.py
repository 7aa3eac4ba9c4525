"""A failure that somebody reports: its record, its repair, and what it means for what had been predicted."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pyarrow as pa

from foreworn.fleet.history import FAILURE_SCHEMA
from foreworn.fleet.machine import Machine
from foreworn.health.label import Outcome
from foreworn.loop.operations import Transaction
from foreworn.loop.order_outcome import completed_at, order_outcome
from foreworn.loop.order_parts import release_parts
from foreworn.loop.order_steps import add_order, leave_trace, put_step
from foreworn.planning.work_order import OPEN_STATES, WorkOrder, WorkOrderKind, WorkOrderState
from foreworn.telemetry.sample import MILLISECOND

S = WorkOrderState


@dataclass(frozen=True, slots=True)
class ReportedFailure:
    """One report, inside the transaction that acts on it.

    Parameters
    ----------
    tx
        The transaction.
    machine, component, mode, time
        What failed, how, and when.
    now, actor
        When it is reported, and by whom.
    """

    tx: Transaction
    machine: Machine
    component: str
    mode: str
    time: datetime
    now: datetime
    actor: str

    def report(self) -> WorkOrder:
        """Record it, and return the order for its repair; the one there is where it was reported before."""
        # Taken first, whether it is used or not: of two who report at once, the second waits here for the first.
        id = self.tx.orders.next_id()
        repairs = self.tx.orders.find(kind=WorkOrderKind.CORRECTIVE, machine=self.machine.id, component=self.component)
        for repair in repairs:
            if self._is_of(repair) and self._on_record(repair.due):
                return repair
        self._record()
        predictive = self._supersede_prediction()
        self._refute_inspections()
        waiting = next((repair for repair in repairs if repair.is_open), None)
        return self._due_now(waiting) if waiting is not None else self._propose_repair(id, predictive)

    @property
    def _time(self) -> datetime:
        """When it failed, in the platform's resolution."""
        return self.time.replace(microsecond=self.time.microsecond // 1000 * 1000)

    def _is_of(self, repair: WorkOrder) -> bool:
        """Whether a repair can be this failure's: what has failed cannot fail again before it is repaired."""
        done = completed_at(repair)
        during = done is not None and repair.due is not None and repair.due <= self._time <= done
        return repair.is_open or repair.due == self._time or during

    def _on_record(self, time: datetime | None) -> bool:
        if time is None:
            return False
        rows = self.tx.registry.failures(time, time + MILLISECOND).to_pylist()
        return any((row["machine"], row["component"]) == (self.machine.id, self.component) for row in rows)

    def _record(self) -> None:
        row = {"time": self._time, "machine": self.machine.id, "component": self.component, "mode": self.mode}
        self.tx.registry.record_failures(pa.Table.from_pylist([row], schema=FAILURE_SCHEMA))

    def _supersede_prediction(self) -> WorkOrder | None:
        """End the open predictive order; work in progress on it goes on under the repair."""
        found = self.tx.orders.find(
            states=OPEN_STATES, kind=WorkOrderKind.PREDICTIVE, machine=self.machine.id, component=self.component
        )
        for order in found:
            seen, reason = order.version, f"failed at {self._time:%Y-%m-%d %H:%M} UTC: {self.mode}"
            release_parts(self.tx, order)
            if order.state is S.IN_PROGRESS:
                order = order.transition(S.SCHEDULED, actor=self.actor, time=self.now, reason=reason)
                put_step(self.tx, order, seen=seen)
                seen = order.version
            order = order.transition(S.SUPERSEDED, actor=self.actor, time=self.now, reason=reason)
            order = replace(order, outcome=order_outcome(self.tx, order, now=self.now))
            return put_step(self.tx, order, seen=seen, detail={"outcome": order.outcome and str(order.outcome)})
        return None

    def _refute_inspections(self) -> None:
        """Correct the label of orders whose visit had found nothing of what has now failed."""
        done = self.tx.orders.find(
            states=(S.COMPLETED, S.CLOSED),
            kind=WorkOrderKind.PREDICTIVE,
            machine=self.machine.id,
            component=self.component,
        )
        for order in done:
            if order.outcome not in (Outcome.FOUND_NOTHING, Outcome.FOUND_OTHER):
                continue
            after = order_outcome(self.tx, order, now=self.now)
            if after is not Outcome.FAILED:
                continue
            changed = replace(order, outcome=after, version=order.version + 1)
            self.tx.orders.update(changed, seen=order.version)
            leave_trace(
                self.tx,
                changed,
                actor=self.actor,
                time=self.now,
                reason=f"failed at {self._time:%Y-%m-%d %H:%M} UTC, within the horizon of its forecast",
                detail={"outcome": str(after), "before": str(order.outcome)},
                action="work_order.label_corrected",
            )

    def _propose_repair(self, id: str, predictive: WorkOrder | None) -> WorkOrder:
        order = WorkOrder(
            id=id,
            machine=self.machine.id,
            component=self.component,
            kind=WorkOrderKind.CORRECTIVE,
            created_at=self.now,
            task=f"Repair or replace the {self.component}: {self.mode}",
            labour=predictive.labour if predictive is not None else self._usual_labour(),
            due=self._time,
            evidence=predictive.evidence if predictive is not None else None,
            follows=predictive.id if predictive is not None else None,
        )
        detail = {"mode": self.mode, "failed_at": self._time.isoformat(), "follows": order.follows}
        return add_order(self.tx, order, actor=self.actor, reason=f"failed: {self.mode}", detail=detail)

    def _due_now(self, waiting: WorkOrder) -> WorkOrder:
        """Let a repair that somebody had ordered already stand for this failure."""
        order = replace(waiting, due=self._time, version=waiting.version + 1)
        self.tx.orders.update(order, seen=waiting.version)
        leave_trace(
            self.tx,
            order,
            actor=self.actor,
            time=self.now,
            reason=f"failed: {self.mode}",
            detail={"failed_at": self._time.isoformat()},
            action="work_order.failure_reported",
        )
        return order

    def _usual_labour(self) -> timedelta:
        return self.tx.costs.table().of(self.machine.model, self.component).labour
