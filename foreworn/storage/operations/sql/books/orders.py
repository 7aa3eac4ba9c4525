"""Work orders in SQL."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from foreworn.errors import Conflict, NotFound
from foreworn.health.label import Outcome
from foreworn.planning.work_order import OPEN_STATES, Booking, Transition, WorkOrder, WorkOrderKind, WorkOrderState
from foreworn.storage.operations import rules
from foreworn.storage.operations.sql.counters import next_number, number_of
from foreworn.storage.operations.sql.frozen import evidence_json, evidence_of, findings_json, findings_of
from foreworn.storage.operations.sql.references import check_there
from foreworn.storage.operations.sql.steps import step_rows
from foreworn.storage.operations.sql.tables import MACHINES, TECHNICIANS, WORK_ORDER_TRANSITIONS, WORK_ORDERS
from foreworn.storage.operations.sql.transactions import insert_new
from foreworn.storage.operations.sql.versions import changed_meanwhile

_PREFIX = "WO"
_FROZEN = ("machine", "component", "kind", "created_at", "evidence")


class SqlOrderBook:
    """Keeps work orders with every step they took."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def next_id(self) -> str:
        """Return an id nobody has used; ids grow."""
        return f"{_PREFIX}-{next_number(self._connection, _PREFIX)}"

    def add(self, order: WorkOrder) -> None:
        """Add an order; see `OrderBook.add`."""
        check_there(self._connection, MACHINES, "machine", order.machine)
        self._check_references(order)
        row = {
            **{"id": order.id, "number": number_of(self._connection, _PREFIX, order.id)},
            **{"version": order.version, **_frozen_columns(order), **_columns(order)},
        }
        if not insert_new(self._connection, WORK_ORDERS, row):
            raise self._taken(order)
        self._add_steps(order, after=0)

    def get(self, id: str) -> WorkOrder:
        """Return an order; see `OrderBook.get`."""
        found = self._read(sa.select(WORK_ORDERS).where(WORK_ORDERS.c.id == id))
        if not found:
            raise NotFound("work order", id)
        return found[0]

    def update(self, order: WorkOrder, *, seen: int) -> None:
        """Put an order in the place of the version that its changer saw; see `OrderBook.update`."""
        stored = self.get(order.id)
        for name in _FROZEN:
            if getattr(order, name) != getattr(stored, name):
                raise ValueError(f"the {name} of work order {order.id} was frozen when it was made: it cannot change")
        self._check_references(order)
        here = sa.and_(WORK_ORDERS.c.id == order.id, WORK_ORDERS.c.version == seen)
        values = {"version": max(order.version, seen + 1), **_columns(order)}
        if self._connection.execute(sa.update(WORK_ORDERS).where(here).values(values)).rowcount == 0:
            raise self._changed(order.id, seen)
        self._add_steps(order, after=self._count_steps(order.id))

    def find(
        self,
        *,
        states: Collection[WorkOrderState] | None = None,
        kind: WorkOrderKind | None = None,
        machine: str | None = None,
        component: str | None = None,
        technician: str | None = None,
        changed_since: datetime | None = None,
        unlabelled: bool = False,
        after: str | None = None,
        limit: int | None = None,
    ) -> list[WorkOrder]:
        """Return orders that meet all that is given, the oldest first; see `OrderBook.find`."""
        of, query = WORK_ORDERS.c, sa.select(WORK_ORDERS)
        equal = {of.kind: kind, of.machine: machine, of.component: component, of.technician: technician}
        query = query.where(*(column == wanted for column, wanted in equal.items() if wanted is not None))
        if states is not None:
            query = query.where(of.state.in_(sorted(states)))
        if changed_since is not None:
            query = query.where(of.changed_at >= changed_since)
        if unlabelled:
            query = query.where(of.kind == sa.literal_column("'predictive'"), of.outcome.is_(None))
        if after is not None:
            query = query.where(sa.tuple_(of.number, of.id) > sa.tuple_(*self._place(after)))
        query = query.order_by(of.number, of.id)
        if limit is not None:
            rules.check_limit(limit)
            query = query.limit(limit)
        return self._read(query)

    def _read(self, query: "sa.Select[Any]") -> list[WorkOrder]:
        steps: defaultdict[str, list[Transition]] = defaultdict(list)
        chosen = query.with_only_columns(WORK_ORDERS.c.id).scalar_subquery()
        of = WORK_ORDER_TRANSITIONS.c
        taken = sa.select(WORK_ORDER_TRANSITIONS).where(of.work_order.in_(chosen)).order_by(of.work_order, of.position)
        for row in self._connection.execute(taken):
            step = Transition(
                row.time, row.actor, WorkOrderState(row.from_state), WorkOrderState(row.to_state), row.reason
            )
            steps[row.work_order].append(step)
        rows = self._connection.execute(query).mappings()
        return [_order(row, tuple(steps[row["id"]])) for row in rows]

    def _check_references(self, order: WorkOrder) -> None:
        if order.booking is not None:
            check_there(self._connection, TECHNICIANS, "technician", order.booking.technician)
        if order.follows is not None:
            check_there(self._connection, WORK_ORDERS, "work order", order.follows)

    def _place(self, id: str) -> tuple[int, str]:
        row = self._connection.execute(sa.select(WORK_ORDERS.c.number).where(WORK_ORDERS.c.id == id)).one_or_none()
        if row is None:
            raise NotFound("work order", id)
        return row.number, id

    def _taken(self, order: WorkOrder) -> Conflict:
        of = WORK_ORDERS.c
        same = sa.and_(of.machine == order.machine, of.component == order.component, of.state.in_(OPEN_STATES))
        query = sa.select(of.id).where(same, of.kind == WorkOrderKind.PREDICTIVE, of.id != order.id)
        other = self._connection.execute(query).scalar_one_or_none()
        if other is None:
            return Conflict(f"there is a work order {order.id} already: take the next id")
        return Conflict(
            f"{order.component!r} of {order.machine!r} has an open predictive order already, {other}: "
            "decide, finish or supersede that one first"
        )

    def _changed(self, id: str, seen: int) -> Conflict:
        now = self.get(id)
        return changed_meanwhile(
            self._connection, "work order", id, state=now.state, steps=now.transitions, version=now.version, seen=seen
        )

    def _count_steps(self, id: str) -> int:
        of = WORK_ORDER_TRANSITIONS.c
        return self._connection.execute(sa.select(sa.func.count()).where(of.work_order == id)).scalar_one()

    def _add_steps(self, order: WorkOrder, *, after: int) -> None:
        rows = list(step_rows("work_order", order.id, order.transitions, after))
        if rows:
            self._connection.execute(sa.insert(WORK_ORDER_TRANSITIONS), rows)


def _frozen_columns(order: WorkOrder) -> dict[str, Any]:
    evidence = order.evidence
    of_evidence = {
        "evidence": None if evidence is None else evidence_json(evidence),
        "horizon_us": None if evidence is None else evidence.horizon,
        **{
            name: None if evidence is None else getattr(evidence, name)
            for name in ("probability", "data_time", "act_at", "model_version", "expected_saving", "currency")
        },
    }
    return {
        "machine": order.machine,
        "component": order.component,
        "kind": order.kind.value,
        "created_at": order.created_at,
        **of_evidence,
    }


def _columns(order: WorkOrder) -> dict[str, Any]:
    booking, findings = order.booking, order.findings
    return {
        "state": order.state.value,
        "changed_at": order.last_changed,
        "task": order.task,
        "labour_us": order.labour,
        "due": order.due,
        "technician": None if booking is None else booking.technician,
        "booked_from": None if booking is None else booking.start,
        "booked_until": None if booking is None else booking.end,
        "findings": None if findings is None else findings_json(findings),
        "finding": None if findings is None else findings.finding.value,
        "action": None if findings is None else findings.action.value,
        "labour_spent_us": None if findings is None else findings.labour,
        "outcome": None if order.outcome is None else order.outcome.value,
        "follows": order.follows,
        "completed_at": next((s.time for s in order.transitions if s.after is WorkOrderState.COMPLETED), None),
        "closed_at": order.last_changed if order.state.is_final else None,
    }


def _order(row: Mapping[Any, Any], steps: tuple[Transition, ...]) -> WorkOrder:
    booked = row["technician"] is not None
    return WorkOrder(
        id=row["id"],
        machine=row["machine"],
        component=row["component"],
        kind=WorkOrderKind(row["kind"]),
        created_at=row["created_at"],
        state=WorkOrderState(row["state"]),
        transitions=steps,
        task=row["task"],
        labour=row["labour_us"],
        due=row["due"],
        booking=Booking(row["technician"], row["booked_from"], row["booked_until"]) if booked else None,
        evidence=None if row["evidence"] is None else evidence_of(row["evidence"]),
        findings=None if row["findings"] is None else findings_of(row["findings"]),
        outcome=None if row["outcome"] is None else Outcome(row["outcome"]),
        follows=row["follows"],
        version=row["version"],
    )
