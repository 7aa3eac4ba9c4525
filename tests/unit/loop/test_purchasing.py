"""Purchases: each step once, by whoever saw how it stands, and stock rises once."""

from collections.abc import Callable

import pytest

from foreworn.errors import Conflict, NotFound, TransitionRefused
from foreworn.loop.purchasing import Purchases
from foreworn.spares import MovementKind, PurchaseOrder, PurchaseState
from tests.operations_store import at_once
from tests.unit.loop.repair_shop import DAY, NOW, RepairShop


@pytest.fixture
def people(shop: RepairShop) -> Purchases:
    return Purchases(shop.operations, shop.clock)


@pytest.fixture
def proposed(shop: RepairShop) -> PurchaseOrder:
    """Three bearings, that were to be ordered in a week."""
    with shop.operations.transaction() as tx:
        order = PurchaseOrder(tx.purchases.next_id(), "6204", "main", 3, NOW, expected_at=NOW + 21 * DAY)
        tx.purchases.add(order)
    return order


def ordered(people: Purchases, order: PurchaseOrder) -> PurchaseOrder:
    order = people.approve(order.id, actor="ines", seen=order.version)
    return people.order(order.id, actor="ines", seen=order.version)


def get(shop: RepairShop, id: str) -> PurchaseOrder:
    with shop.operations.reading() as tx:
        return tx.purchases.get(id)


def test_what_comes_is_on_the_shelf_once(shop: RepairShop, people: Purchases, proposed: PurchaseOrder) -> None:
    order = ordered(people, proposed)
    assert (shop.level().on_hand, shop.level().on_order) == (2, 3)
    received = people.receive(order.id, actor="tom", seen=order.version)
    assert (received.state, received.received_at) == (PurchaseState.RECEIVED, NOW)
    for seen, refusal in ((order.version, Conflict), (received.version, TransitionRefused)):
        with pytest.raises(refusal):
            people.receive(order.id, actor="tom", seen=seen)
    assert (shop.level().on_hand, shop.level().on_order) == (5, 0)
    with shop.operations.reading() as tx:
        receipts = [m for m in tx.stock.movements(part="6204") if m.kind is MovementKind.RECEIPT]
    assert [(m.quantity, m.reference, m.actor) for m in receipts] == [(3, order.id, "tom")]


def test_what_was_not_ordered_cannot_come(people: Purchases, proposed: PurchaseOrder, shop: RepairShop) -> None:
    with pytest.raises(TransitionRefused, match="purchase order that is proposed"):
        people.receive(proposed.id, actor="tom", seen=proposed.version)
    assert (shop.level().on_hand, get(shop, proposed.id)) == (2, proposed)


def test_of_two_buyers_at_once_one_decides_and_the_other_is_told(shop: RepairShop, proposed: PurchaseOrder) -> None:
    def decide(what: str) -> Callable[[object], str]:
        def run(operations: object) -> str:
            own = Purchases(operations, shop.clock)  # type: ignore[arg-type]
            try:
                step = own.approve if what == "approve" else own.decline
                return step(proposed.id, actor=what, seen=proposed.version).state
            except Conflict as told:
                return str(told)

        return run

    answers = at_once(shop.engine, decide("approve"), decide("decline"))
    state = get(shop, proposed.id).state
    assert sorted(a == state for a in answers) == [False, True]
    assert any("look at it again" in a for a in answers)
    assert len(get(shop, proposed.id).transitions) == 1


def test_who_saw_an_older_version_is_refused_and_nothing_changes(
    shop: RepairShop, people: Purchases, proposed: PurchaseOrder
) -> None:
    approved = people.approve(proposed.id, actor="ines", seen=proposed.version)
    with pytest.raises(Conflict, match="approved"):
        people.cancel(proposed.id, actor="tom", seen=proposed.version)
    assert get(shop, proposed.id) == approved


def test_once_it_is_ordered_it_is_expected_a_lead_time_from_then(
    shop: RepairShop, people: Purchases, proposed: PurchaseOrder
) -> None:
    approved = people.approve(proposed.id, actor="ines", seen=proposed.version)
    assert approved.expected_at == proposed.expected_at
    shop.wait(20 * DAY)
    order = people.order(proposed.id, actor="ines", seen=approved.version)
    assert order.expected_at == shop.clock.now() + 14 * DAY
    assert get(shop, order.id) == order


def test_every_step_is_in_the_audit_trail(shop: RepairShop, people: Purchases, proposed: PurchaseOrder) -> None:
    order = ordered(people, proposed)
    people.cancel(order.id, actor="tom", seen=order.version, reason="the supplier is gone")
    assert [(e.action, e.actor, e.detail["reason"]) for e in shop.trail(order.id)] == [
        ("purchase.approved", "ines", ""),
        ("purchase.ordered", "ines", ""),
        ("purchase.cancelled", "tom", "the supplier is gone"),
    ]
    assert shop.level().on_order == 0


def test_what_does_not_exist_is_not_found(people: Purchases) -> None:
    for step in (people.approve, people.order, people.receive):
        with pytest.raises(NotFound):
            step("PO-99", actor="ines", seen=0)
