"""The stock ledger in SQL."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from foreworn.errors import Conflict
from foreworn.spares.purchase import COMING_STATES
from foreworn.spares.stock import MovementKind, Reservation, ReservationState, StockLevel, StockMovement
from foreworn.storage.operations.sql.references import check_there
from foreworn.storage.operations.sql.tables import (
    PARTS,
    PURCHASE_ORDERS,
    RESERVATIONS,
    STOCK_LEVELS,
    STOCK_MOVEMENTS,
    WORK_ORDERS,
)
from foreworn.storage.operations.sql.transactions import upsert

_Sums = dict[tuple[str, str], int]


class SqlStockLedger:
    """Keeps stock as movements that are never changed, with their sum beside them."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def move(self, movement: StockMovement) -> bool:
        """Add a movement, and tell whether it is new; see `StockLedger.move`."""
        check_there(self._connection, PARTS, "part", movement.part)
        on_hand = self._locked_level(movement.part, movement.place)
        if self._is_known(movement.id):
            return False
        if on_hand + movement.quantity < 0:
            raise Conflict(
                f"{-movement.quantity} of part {movement.part!r} cannot be taken from {movement.place!r}: "
                f"{on_hand} are there; receive some, or count what is there, first"
            )
        self._add_to_level(movement)
        self._connection.execute(sa.insert(STOCK_MOVEMENTS).values(_movement_row(movement)))
        return True

    def movements(
        self, *, part: str | None = None, since: datetime | None = None, until: datetime | None = None
    ) -> list[StockMovement]:
        """Return movements in [since, until), sorted by time, id."""
        query = sa.select(STOCK_MOVEMENTS)
        if part is not None:
            query = query.where(STOCK_MOVEMENTS.c.part == part)
        if since is not None:
            query = query.where(STOCK_MOVEMENTS.c.time >= since)
        if until is not None:
            query = query.where(STOCK_MOVEMENTS.c.time < until)
        rows = self._connection.execute(query).mappings()
        found = [StockMovement(**{**row, "kind": MovementKind(row["kind"])}) for row in rows]
        return sorted(found, key=lambda m: (m.time, m.id))

    def levels(self) -> list[StockLevel]:
        """Return every part's stock at every place that it was ever at, or is promised or bought for."""
        return self._levels()

    def level(self, part: str, place: str) -> StockLevel:
        """Return one part's stock at one place; zero where it never was."""
        found = self._levels(part, place)
        return found[0] if found else StockLevel(part, place, 0)

    def reserve(self, reservation: Reservation) -> None:
        """Add or update what an order will take, by order, part and place.

        Raises
        ------
        NotFound
            If the order or the part does not exist.
        """
        check_there(self._connection, WORK_ORDERS, "work order", reservation.order)
        check_there(self._connection, PARTS, "part", reservation.part)
        key = {"work_order": reservation.order, "part": reservation.part, "place": reservation.place}
        rest = {"quantity": reservation.quantity, "due": reservation.due, "state": reservation.state.value}
        upsert(self._connection, RESERVATIONS, [key | rest])

    def reservations(
        self, *, order: str | None = None, part: str | None = None, states: Collection[ReservationState] | None = None
    ) -> list[Reservation]:
        """Return reservations, sorted by due, order, part."""
        query = sa.select(RESERVATIONS)
        if order is not None:
            query = query.where(RESERVATIONS.c.work_order == order)
        if part is not None:
            query = query.where(RESERVATIONS.c.part == part)
        if states is not None:
            query = query.where(RESERVATIONS.c.state.in_(sorted(states)))
        found = [
            Reservation(row.work_order, row.part, row.place, row.quantity, row.due, ReservationState(row.state))
            for row in self._connection.execute(query)
        ]
        return sorted(found, key=lambda r: (r.due, r.order, r.part, r.place))

    def _locked_level(self, part: str, place: str) -> int:
        """Return what is on hand, and keep it from changing until the transaction ends."""
        here = STOCK_LEVELS.c.part == part, STOCK_LEVELS.c.place == place
        query = sa.select(STOCK_LEVELS.c.on_hand).where(*here).with_for_update()
        return self._connection.execute(query).scalar_one_or_none() or 0

    def _add_to_level(self, movement: StockMovement) -> None:
        sum_of = STOCK_LEVELS.c.on_hand + movement.quantity
        if movement.quantity < 0:
            # The row is there: nothing can be taken without it, and a row below 0 may not even be proposed.
            here = STOCK_LEVELS.c.part == movement.part, STOCK_LEVELS.c.place == movement.place
            self._connection.execute(sa.update(STOCK_LEVELS).where(*here).values(on_hand=sum_of))
        else:
            level = {"part": movement.part, "place": movement.place, "on_hand": movement.quantity}
            upsert(self._connection, STOCK_LEVELS, [level], update={"on_hand": sum_of})

    def _is_known(self, id: str) -> bool:
        query = sa.select(STOCK_MOVEMENTS.c.id).where(STOCK_MOVEMENTS.c.id == id)
        return self._connection.execute(query).one_or_none() is not None

    def _levels(self, *chosen: str) -> list[StockLevel]:
        on_hand = self._sums(STOCK_LEVELS, STOCK_LEVELS.c.on_hand, sa.true(), chosen)
        is_open = RESERVATIONS.c.state == ReservationState.OPEN
        reserved = self._sums(RESERVATIONS, RESERVATIONS.c.quantity, is_open, chosen)
        coming = PURCHASE_ORDERS.c.state.in_(COMING_STATES)
        on_order = self._sums(PURCHASE_ORDERS, PURCHASE_ORDERS.c.quantity, coming, chosen)
        return [
            StockLevel(*key, on_hand.get(key, 0), reserved.get(key, 0), on_order.get(key, 0))
            for key in sorted({*on_hand, *reserved, *on_order})
        ]

    def _sums(
        self, table: sa.Table, column: "sa.Column[Any]", counts: "sa.ColumnElement[bool]", chosen: tuple[str, ...]
    ) -> _Sums:
        """Return the sums of a column by part and place, of all or of the chosen part and place."""
        key = table.c.part, table.c.place
        here = (of == wanted for of, wanted in zip(key, chosen, strict=False))
        query = sa.select(*key, sa.func.sum(column)).where(counts, *here).group_by(*key)
        return {(part, place): int(total) for part, place, total in self._connection.execute(query)}


def _movement_row(movement: StockMovement) -> dict[str, Any]:
    return {
        "id": movement.id,
        "time": movement.time,
        "part": movement.part,
        "place": movement.place,
        "quantity": movement.quantity,
        "kind": movement.kind.value,
        "reference": movement.reference,
        "actor": movement.actor,
    }
