"""Stock is reviewed, what is to be bought is proposed once, and the demand is told."""

from datetime import timedelta

import pytest

from foreworn.errors import NotFound
from foreworn.health.demand import DemandSource, demand_table
from foreworn.loop.courier import Courier
from foreworn.loop.purchasing import Purchases
from foreworn.loop.replenishing import LARGER, Replenishing, demand_delivery
from foreworn.spares import PurchaseOrder, PurchaseState
from foreworn.storage.telemetry.memory import MemoryTelemetryStore
from foreworn.telemetry.signal import SignalCatalogue
from tests.unit.loop.repair_shop import DAY, NOW, PUMPS, WEEK, RepairShop


@pytest.fixture
def replenishing(shop: RepairShop) -> Replenishing:
    return Replenishing(shop.operations, shop.registry, shop.verdicts, shop.clock)


def purchases(shop: RepairShop, *states: PurchaseState) -> list[PurchaseOrder]:
    with shop.operations.reading() as tx:
        return list(tx.purchases.find(states=states or None))


def forecast(shop: RepairShop, probability: float) -> None:
    for pump in PUMPS:
        shop.say(pump, probability)


def test_a_calm_week_proposes_nothing(shop: RepairShop, replenishing: Replenishing) -> None:
    forecast(shop, 0.01)
    assert replenishing.replenish() == []


def test_what_is_needed_is_proposed_once_with_what_it_rests_on(shop: RepairShop, replenishing: Replenishing) -> None:
    forecast(shop, 0.6)
    [proposed] = replenishing.replenish()
    assert (proposed.part, proposed.place, proposed.state) == ("6204", "main", PurchaseState.PROPOSED)
    evidence = dict(proposed.evidence)
    assert (evidence["supply"], evidence["reserved"]) == (2, 0)
    # four bearings that last a week with a chance of .4 are all but sure to be needed within 15 days
    assert evidence["mean_demand"] == pytest.approx(4 * (1 - 0.4 ** (15 / 7)))
    assert evidence["reorder_point"] == proposed.quantity + 2 - 1
    [entry] = shop.trail(proposed.id)
    assert (entry.action, entry.actor, entry.detail["quantity"]) == ("purchase.proposed", "foreworn", proposed.quantity)


def test_a_second_review_proposes_nothing_new(shop: RepairShop, replenishing: Replenishing) -> None:
    forecast(shop, 0.6)
    [proposed] = replenishing.replenish()
    assert replenishing.replenish() == []
    shop.wait(timedelta(hours=1))
    assert replenishing.replenish() == []
    assert purchases(shop) == [proposed]


@pytest.mark.parametrize("state", [PurchaseState.APPROVED, PurchaseState.ORDERED, PurchaseState.RECEIVED])
def test_nor_does_one_after_it_was_approved_ordered_or_received(
    shop: RepairShop, replenishing: Replenishing, state: PurchaseState
) -> None:
    forecast(shop, 0.6)
    [bought] = replenishing.replenish()
    people = Purchases(shop.operations, shop.clock)
    for step in (people.approve, people.order, people.receive):
        bought = step(bought.id, actor="ines", seen=bought.version)
        assert replenishing.replenish() == []
        if bought.state is state:
            break
    assert bought.state is state


def test_a_larger_need_takes_the_place_of_the_proposal_that_waits(shop: RepairShop, replenishing: Replenishing) -> None:
    forecast(shop, 0.1)
    [small] = replenishing.replenish()
    forecast(shop, 0.9)
    [large] = replenishing.replenish()
    assert large.quantity > small.quantity
    assert purchases(shop, PurchaseState.PROPOSED) == [large]
    [before] = purchases(shop, PurchaseState.CANCELLED)
    assert (before.id, before.transitions[-1].reason) == (small.id, LARGER)
    # all that is needed is in the large one, not what the small one lacked
    assert dict(large.evidence)["supply"] == 2


def test_approving_work_does_not_buy_its_part_again(shop: RepairShop, replenishing: Replenishing) -> None:
    """What was bought because a failure was foreseen is what the order that prevents it takes."""
    for pump in PUMPS[1:]:
        shop.say(pump, 0.0)
    order = shop.proposed("p1", 0.95)
    shop.stock(-2)
    [bought] = replenishing.replenish()
    assert dict(bought.evidence)["mean_demand"] == pytest.approx(1, abs=0.01)
    shop.work_orders.approve(order.id, actor="ines", seen=order.version)
    assert replenishing.replenish() == []


def test_reserved_parts_are_bought_for_their_date_and_not_before(shop: RepairShop, replenishing: Replenishing) -> None:
    for pump in PUMPS:
        shop.say(pump, 0.0)
    for pump, days in (("p1", 60), ("p2", 10)):
        order = shop.proposed(pump, 0.6)
        order = shop.work_orders.approve(order.id, actor="ines", seen=order.version)
        shop.work_orders.schedule(order.id, actor="ines", seen=order.version, booking=shop.book(NOW + days * DAY))
    shop.stock(-2)
    [bought] = replenishing.replenish()
    assert (bought.quantity, dict(bought.evidence)["reserved"]) == (1, 1)
    assert "1 short" in bought.reason


def test_the_outlook_is_what_a_review_would_decide_by_and_changes_nothing(
    shop: RepairShop, replenishing: Replenishing
) -> None:
    forecast(shop, 0.6)
    [lead, week], policy = replenishing.outlook("6204", [15 * DAY, WEEK])
    assert lead == replenishing.demand("6204", 15 * DAY)
    assert week[-1].end == NOW + WEEK
    assert (purchases(shop), shop.told()) == ([], [])
    [proposed] = replenishing.replenish()
    assert dict(proposed.evidence)["reorder_point"] == policy.reorder_point
    with pytest.raises(NotFound):
        replenishing.outlook("no such part", [WEEK])


def test_the_demand_arrives_in_the_store_as_it_was_said_however_often_it_is_delivered(
    shop: RepairShop, replenishing: Replenishing
) -> None:
    forecast(shop, 0.6)
    said = [f for part in ("6204", "grease") for f in replenishing.demand(part)]
    replenishing.replenish()
    store = MemoryTelemetryStore(SignalCatalogue({}))
    deliver = demand_delivery(store)
    for message in shop.told():
        deliver(message)
    assert Courier(shop.operations, {"demand": deliver}, shop.clock).deliver_due() == 2
    assert store.demand(NOW, NOW + DAY) == demand_table(said)
    assert {f.source for f in said} > {DemandSource.PREDICTED, DemandSource.TOTAL}
