"""What was proposed and what became of it, in a form that two runs can be compared by."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass

from foreworn.health.label import Label
from foreworn.loop.operations import Operations
from foreworn.planning.work_order import WorkOrder, WorkOrderKind


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """The work orders and labels of a store.

    Parameters
    ----------
    orders
        How many there are, by kind.
    outcomes
        How many predictive orders have which outcome; those that nobody can know yet are `open`.
    labels
        How many forecasts have which label.
    orders_sha256, labels_sha256
        Digests of all of them with every step: two runs that decided alike have the same.
    """

    orders: dict[str, int]
    outcomes: dict[str, int]
    labels: dict[str, int]
    orders_sha256: str
    labels_sha256: str

    @classmethod
    def of(cls, operations: Operations) -> "OrderRecord":
        """Read it from the operations store."""
        with operations.reading() as tx:
            orders, labels = tx.orders.find(), tx.labels.of_model()
        predictive = [order for order in orders if order.kind is WorkOrderKind.PREDICTIVE]
        return cls(
            orders=dict(Counter(str(order.kind) for order in orders)),
            outcomes=dict(Counter(str(order.outcome or "open") for order in predictive)),
            labels=dict(Counter(str(label.outcome) for label in labels)),
            orders_sha256=_digest([_order(order) for order in orders]),
            labels_sha256=_digest([_label(label) for label in labels]),
        )

    def figures(self) -> dict[str, int]:
        """Return the counts by name."""
        return {
            **{f"orders_{kind}": count for kind, count in sorted(self.orders.items())},
            **{f"orders_outcome_{outcome}": count for outcome, count in sorted(self.outcomes.items())},
            **{f"labels_{outcome}": count for outcome, count in sorted(self.labels.items())},
        }


def _order(order: WorkOrder) -> list[object]:
    steps = [[s.time.isoformat(), s.actor, s.before, s.after, s.reason] for s in order.transitions]
    evidence, findings = order.evidence, order.findings
    proof = (
        None
        if evidence is None
        else [
            repr(evidence.probability),
            evidence.data_time.isoformat(),
            evidence.model_version,
            evidence.revision,
            repr(evidence.expected_saving),
            evidence.act_at.isoformat(),
        ]
    )
    return [
        order.id,
        order.machine,
        order.component,
        order.kind,
        order.state,
        order.outcome,
        order.follows,
        order.created_at.isoformat(),
        None if order.due is None else order.due.isoformat(),
        proof,
        steps,
        None if findings is None else [findings.finding, findings.action, findings.note, findings.parts],
    ]


def _label(label: Label) -> list[object]:
    decided = None if label.decided_at is None else label.decided_at.isoformat()
    return [
        label.machine,
        label.component,
        label.time.isoformat(),
        label.horizon.total_seconds(),
        label.model_version,
        repr(label.probability),
        label.alarm,
        label.outcome,
        decided,
    ]


def _digest(rows: list[list[object]]) -> str:
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()
