"""Purchase orders in SQL."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from foreworn.errors import Conflict, NotFound
from foreworn.spares.purchase import PurchaseOrder, PurchaseState, PurchaseTransition
from foreworn.storage.operations.sql.counters import next_number, number_of
from foreworn.storage.operations.sql.references import check_there
from foreworn.storage.operations.sql.steps import step_rows
from foreworn.storage.operations.sql.tables import PARTS, PURCHASE_ORDER_TRANSITIONS, PURCHASE_ORDERS
from foreworn.storage.operations.sql.transactions import insert_new
from foreworn.storage.operations.sql.versions import changed_meanwhile

_PREFIX = "PO"
_PLAIN = (
    *("id", "part", "place", "quantity", "version", "created_at"),
    *("expected_at", "ordered_at", "received_at", "reason"),
)


class SqlPurchaseBook:
    """Keeps replenishment proposals and the orders that became of them, with every step they took."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def next_id(self) -> str:
        """Return an id nobody has used; ids grow."""
        return f"{_PREFIX}-{next_number(self._connection, _PREFIX)}"

    def add(self, order: PurchaseOrder) -> None:
        """Add one; see `PurchaseBook.add`."""
        check_there(self._connection, PARTS, "part", order.part)
        row = {**_row(order), "number": number_of(self._connection, _PREFIX, order.id)}
        if not insert_new(self._connection, PURCHASE_ORDERS, row):
            raise self._taken(order)
        self._add_steps(order, after=0)

    def get(self, id: str) -> PurchaseOrder:
        """Return one; see `PurchaseBook.get`."""
        found = self._read(sa.select(PURCHASE_ORDERS).where(PURCHASE_ORDERS.c.id == id))
        if not found:
            raise NotFound("purchase order", id)
        return found[0]

    def update(self, order: PurchaseOrder, *, seen: int) -> None:
        """Put it in the place of the version that its changer saw; see `PurchaseBook.update`."""
        check_there(self._connection, PURCHASE_ORDERS, "purchase order", order.id)
        here = sa.and_(PURCHASE_ORDERS.c.id == order.id, PURCHASE_ORDERS.c.version == seen)
        values = _row(order) | {"version": max(order.version, seen + 1)}
        if self._connection.execute(sa.update(PURCHASE_ORDERS).where(here).values(values)).rowcount == 0:
            raise self._changed(order.id, seen)
        of = PURCHASE_ORDER_TRANSITIONS.c
        taken = self._connection.execute(sa.select(sa.func.count()).where(of.purchase_order == order.id)).scalar_one()
        self._add_steps(order, after=taken)

    def find(self, *, part: str | None = None, states: Collection[PurchaseState] | None = None) -> list[PurchaseOrder]:
        """Return purchases, by id (oldest first)."""
        query = sa.select(PURCHASE_ORDERS).order_by(PURCHASE_ORDERS.c.number, PURCHASE_ORDERS.c.id)
        if part is not None:
            query = query.where(PURCHASE_ORDERS.c.part == part)
        if states is not None:
            query = query.where(PURCHASE_ORDERS.c.state.in_(sorted(states)))
        return self._read(query)

    def _read(self, query: "sa.Select[Any]") -> list[PurchaseOrder]:
        steps: defaultdict[str, list[PurchaseTransition]] = defaultdict(list)
        chosen = query.with_only_columns(PURCHASE_ORDERS.c.id).order_by(None).scalar_subquery()
        of = PURCHASE_ORDER_TRANSITIONS.c
        taken = sa.select(PURCHASE_ORDER_TRANSITIONS).where(of.purchase_order.in_(chosen)).order_by(of.position)
        for row in self._connection.execute(taken):
            before, after = PurchaseState(row.from_state), PurchaseState(row.to_state)
            steps[row.purchase_order].append(PurchaseTransition(row.time, row.actor, before, after, row.reason))
        return [
            PurchaseOrder(
                **{name: row[name] for name in _PLAIN},
                state=PurchaseState(row["state"]),
                transitions=tuple(steps[row["id"]]),
                evidence=tuple((name, value) for name, value in row["evidence"]),
            )
            for row in self._connection.execute(query).mappings()
        ]

    def _taken(self, order: PurchaseOrder) -> Conflict:
        of = PURCHASE_ORDERS.c
        same = of.part == order.part, of.place == order.place, of.state == PurchaseState.PROPOSED, of.id != order.id
        other = self._connection.execute(sa.select(of.id).where(*same)).scalar_one_or_none()
        if other is None:
            return Conflict(f"there is a purchase order {order.id} already: take the next id")
        return Conflict(
            f"part {order.part!r} has an undecided proposal for {order.place!r} already, {other}: decide that one first"
        )

    def _changed(self, id: str, seen: int) -> Conflict:
        now = self.get(id)
        return changed_meanwhile(
            self._connection,
            "purchase order",
            id,
            state=now.state,
            steps=now.transitions,
            version=now.version,
            seen=seen,
        )

    def _add_steps(self, order: PurchaseOrder, *, after: int) -> None:
        rows = list(step_rows("purchase_order", order.id, order.transitions, after))
        if rows:
            self._connection.execute(sa.insert(PURCHASE_ORDER_TRANSITIONS), rows)


def _row(order: PurchaseOrder) -> dict[str, Any]:
    row = {name: getattr(order, name) for name in _PLAIN}
    return {**row, "state": order.state.value, "evidence": [list(item) for item in order.evidence]}
