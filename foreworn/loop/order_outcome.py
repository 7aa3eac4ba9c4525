"""What became of the prediction behind an order, as far as the order itself and the records can tell."""

from collections.abc import Iterable
from datetime import datetime

import pyarrow as pa

from foreworn.fleet.renewal import interventions
from foreworn.health.label import INSPECTED, Outcome, outcome
from foreworn.loop.operations import Transaction
from foreworn.planning.findings import Action
from foreworn.planning.work_order import WorkOrder, WorkOrderState
from foreworn.telemetry.sample import MILLISECOND


def order_outcome(tx: Transaction, order: WorkOrder, *, now: datetime) -> Outcome | None:
    """Return the order's label by the rule of `foreworn.health.label.outcome`; None while nobody can know.

    An order without evidence predicted nothing and has none. What was done without looking, other than
    nothing, changed the component's course: its label is censored.
    """
    evidence = order.evidence
    if evidence is None:
        return None
    after = evidence.data_time + MILLISECOND
    until = max(now + MILLISECOND, after)
    done = completed_at(order)
    changed = [done] if done and order.findings and order.findings.action is not Action.NONE else []
    result = outcome(
        evidence.data_time,
        evidence.horizon,
        next_failure=_first(tx.registry.failures(after, until), order),
        next_preventive=min(
            [*changed, *_times(interventions(tx.registry.maintenance(after, until)), order, kind="preventive")],
            default=None,
        ),
        known_until=now,
        inspection=_inspection(order, done),
    )
    return None if result is Outcome.PENDING else result


def completed_at(order: WorkOrder) -> datetime | None:
    """Return when the work was done; None while it is not."""
    return next((step.time for step in order.transitions if step.after is WorkOrderState.COMPLETED), None)


def _inspection(order: WorkOrder, done: datetime | None) -> tuple[datetime, Outcome] | None:
    if done is None or order.findings is None or order.findings.finding.outcome not in INSPECTED:
        return None
    return done, order.findings.finding.outcome


def _first(records: pa.Table, order: WorkOrder) -> datetime | None:
    return min(_times(records, order), default=None)


def _times(records: pa.Table, order: WorkOrder, *, kind: str | None = None) -> Iterable[datetime]:
    for row in records.to_pylist():
        if (row["machine"], row["component"]) == (order.machine, order.component) and kind in (None, row.get("kind")):
            yield row["time"]
