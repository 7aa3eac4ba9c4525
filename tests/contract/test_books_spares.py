"""What the operations store promises of parts, stock and purchases, on SQLite and on PostgreSQL."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from foreworn.errors import Conflict, NotFound
from foreworn.planning.work_order import WorkOrderKind
from foreworn.spares.part import Part, PartUse
from foreworn.spares.purchase import PurchaseOrder, PurchaseState
from foreworn.spares.stock import MovementKind, Reservation, ReservationState, StockLevel, StockMovement
from foreworn.storage.operations.sql import SqlOperations
from tests.operations_store import DAY, HOUR, T0, at_once, order

SEAL = "seal-40"


def movement(id: str, quantity: int, *, place: str = "main", time: datetime = T0, part: str = SEAL) -> StockMovement:
    kind = MovementKind.RECEIPT if quantity > 0 else MovementKind.ISSUE
    return StockMovement(id, time, part, place, quantity, kind, "PO-1", "ines")


def purchase(id: str, **other: Any) -> PurchaseOrder:
    whole: dict[str, Any] = {"quantity": 4, "created_at": T0, "expected_at": T0 + 21 * DAY}
    return PurchaseOrder(id, SEAL, **({"place": "main"} | whole | other))


# Parts


def test_parts_and_the_bill_of_parts_come_back_as_they_were_put_last(books: SqlOperations) -> None:
    ring = Part(
        "O-ring",
        "O-ring 12x2",
        0.1 + 0.2,
        timedelta(days=5, microseconds=1),
        lead_time_sd=HOUR,
        unit="bag",
        supplier="Ring & Co.",
        pack_size=25,
        holding_rate=0.15,
        service_level=0.99,
        order_cost=12.5,
        stockout_cost=800.0,
    )
    uses = [PartUse("*", "seal", SEAL), PartUse("px", "seal", "O-ring", 2)]
    with books.transaction() as tx:
        tx.parts.put(replace(ring, price=1.0, stockout_cost=None))
        tx.parts.put(ring)
        for use in (replace(uses[1], quantity=9), *reversed(uses)):
            tx.parts.put_use(use)
    with books.reading() as tx:
        assert (tx.parts.get("O-ring"), [p.id for p in tx.parts.all()], tx.parts.uses()) == (
            ring,
            ["O-ring", SEAL],
            uses,
        )


def test_a_part_nobody_knows_is_not_found(books: SqlOperations) -> None:
    with books.transaction() as tx:
        for ask in (
            lambda: tx.parts.get("x"),
            lambda: tx.parts.put_use(PartUse("*", "seal", "x")),
            lambda: tx.stock.move(movement("1", 1, part="x")),
            lambda: tx.stock.reserve(Reservation("WO-1", "x", "main", 1, T0)),
            lambda: tx.purchases.add(replace(purchase("PO-1"), part="x")),
        ):
            with pytest.raises(NotFound, match=r"no (part 'x'|work order 'WO-1')"):
                ask()


# Stock


def test_stock_is_the_sum_of_its_movements(books: SqlOperations) -> None:
    moved = [movement("b", 5), movement("a", -2), movement("c", 1, place="van", time=T0 - HOUR)]
    with books.transaction() as tx:
        assert [tx.stock.move(one) for one in moved] == [True, True, True]
    with books.reading() as tx:
        assert tx.stock.levels() == [StockLevel(SEAL, "main", 3), StockLevel(SEAL, "van", 1)]
        assert tx.stock.level(SEAL, "nowhere") == StockLevel(SEAL, "nowhere", 0)
        assert tx.stock.movements() == [moved[2], moved[1], moved[0]]
        assert tx.stock.movements(since=T0 - HOUR, until=T0) == [moved[2]]
        assert tx.stock.movements(part="x") == []


def test_a_movement_written_twice_moves_once(books: SqlOperations) -> None:
    with books.transaction() as tx:
        assert tx.stock.move(movement("a", 5))
        assert tx.stock.move(movement("b", -5))
    with books.transaction() as tx:
        assert not tx.stock.move(movement("b", -5))
        assert tx.stock.level(SEAL, "main").on_hand == 0


def test_more_than_is_there_cannot_be_taken_and_nothing_is(books: SqlOperations) -> None:
    with books.transaction() as tx:
        tx.stock.move(movement("a", 2))
        for place, there in (("main", 2), ("van", 0)):
            with pytest.raises(Conflict, match=f"cannot be taken from '{place}': {there} are there"):
                tx.stock.move(movement("b", -3, place=place))
    with books.reading() as tx:
        assert tx.stock.levels() == [StockLevel(SEAL, "main", 2)]
        assert [m.id for m in tx.stock.movements()] == ["a"]


def test_of_two_who_take_the_last_part_at_once_one_gets_it(books: SqlOperations, engine: sa.Engine) -> None:
    with books.transaction() as tx:
        tx.stock.move(movement("first", 1))

    def take(own: SqlOperations) -> bool:
        try:
            with own.transaction() as tx:
                return tx.stock.move(movement(f"by {id(own)}", -1))
        except Conflict:
            return False

    assert sorted(at_once(engine, take, take)) == [False, True]
    with books.reading() as tx:
        assert tx.stock.level(SEAL, "main").on_hand == 0


def test_two_who_receive_a_part_for_the_first_time_at_once_both_count(books: SqlOperations, engine: sa.Engine) -> None:
    def receive(own: SqlOperations) -> bool:
        with own.transaction() as tx:
            return tx.stock.move(movement(f"{id(own)}", 2))

    assert at_once(engine, receive, receive) == [True, True]
    with books.reading() as tx:
        assert tx.stock.level(SEAL, "main").on_hand == 4


def test_the_database_itself_keeps_stock_from_falling_below_nothing(engine: sa.Engine) -> None:
    with pytest.raises(sa.exc.IntegrityError), engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO stock_levels (part, place, on_hand) VALUES ('seal-40', 'main', -1)")


def test_a_level_counts_open_promises_and_what_somebody_has_committed_to_buy(books: SqlOperations) -> None:
    late, soon = Reservation("WO-1", SEAL, "main", 2, T0 + DAY), Reservation("WO-2", SEAL, "van", 1, T0)
    with books.transaction() as tx:
        for id in ("WO-1", "WO-2"):
            tx.orders.add(order(id, kind=WorkOrderKind.PREVENTIVE))
        for reservation in (replace(late, quantity=9), late, soon):
            tx.stock.reserve(reservation)
        tx.stock.move(movement("a", 5))
        bought = purchase("PO-1").transition(PurchaseState.APPROVED, actor="ines", time=T0, reason="below 3")
        tx.purchases.add(bought)
        tx.purchases.add(purchase("PO-2", quantity=50))
    with books.transaction() as tx:
        assert tx.stock.levels() == [StockLevel(SEAL, "main", 5, 2, 4), StockLevel(SEAL, "van", 0, 1, 0)]
        assert tx.stock.reservations() == [soon, late]
        tx.stock.reserve(replace(late, state=ReservationState.ISSUED))
        assert tx.stock.level(SEAL, "main") == StockLevel(SEAL, "main", 5, 0, 4)
        assert tx.stock.reservations(part=SEAL, states=[ReservationState.OPEN]) == [soon]
        assert tx.stock.reservations(order="WO-1", states=[]) == []


# Purchases


def test_a_purchase_comes_back_exactly_with_its_steps(books: SqlOperations) -> None:
    whole = purchase("PO-1", reason="below 3", evidence=(("reorder_point", 3.0), ("method", "prophet"), ("p95", 1 / 3)))
    for state in (PurchaseState.APPROVED, PurchaseState.ORDERED, PurchaseState.RECEIVED):
        whole = whole.transition(state, actor="ines", time=T0 + HOUR, reason="came")
    with books.transaction() as tx:
        tx.purchases.add(whole)
    with books.reading() as tx:
        assert tx.purchases.get("PO-1") == whole
        with pytest.raises(NotFound, match="no purchase order 'PO-9'"):
            tx.purchases.get("PO-9")


def test_purchases_are_found_by_part_and_state_in_the_order_of_their_numbers(books: SqlOperations) -> None:
    with books.transaction() as tx:
        tx.parts.put(Part("o-ring", "O-ring", 0.4, 5 * DAY))
        ids = [tx.purchases.next_id() for _ in range(10)]
        for n, id in enumerate(reversed(ids)):
            tx.purchases.add(purchase(id, place=f"store {n}"))
        tx.purchases.add(replace(purchase("PO-11"), part="o-ring"))
        assert [p.id for p in tx.purchases.find()] == [*ids, "PO-11"]
        assert [p.id for p in tx.purchases.find(part="o-ring", states=[PurchaseState.PROPOSED])] == ["PO-11"]
        assert list(tx.purchases.find(states=[PurchaseState.ORDERED])) == []


def test_a_part_has_one_undecided_proposal_at_a_place(books: SqlOperations) -> None:
    with books.transaction() as tx:
        tx.purchases.add(purchase("PO-1"))
        with pytest.raises(Conflict, match="'seal-40' has an undecided proposal for 'main' already, PO-1"):
            tx.purchases.add(purchase("PO-2"))
        with pytest.raises(Conflict, match="there is a purchase order PO-1 already"):
            tx.purchases.add(purchase("PO-1", place="van"))
        approved = purchase("PO-1").transition(PurchaseState.APPROVED, actor="ines", time=T0, reason="ok")
        tx.purchases.update(approved, seen=0)
        tx.purchases.add(purchase("PO-2"))


def test_who_changes_a_purchase_second_learns_who_changed_it(books: SqlOperations) -> None:
    proposed = purchase("PO-1")
    with books.transaction() as tx:
        tx.purchases.add(proposed)
        tx.purchases.update(proposed.transition(PurchaseState.DECLINED, actor="ines", time=T0, reason="no"), seen=0)
    second = proposed.transition(PurchaseState.APPROVED, actor="tom", time=T0 + HOUR, reason="yes")
    with books.transaction() as tx, pytest.raises(Conflict, match=r"PO-1 was changed by ines .* is declined now"):
        tx.purchases.update(second, seen=0)
    with books.transaction() as tx, pytest.raises(NotFound):
        tx.purchases.update(replace(second, id="PO-2"), seen=0)
