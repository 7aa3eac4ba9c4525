from datetime import timedelta

import pytest

from foreworn.spares import Part, PurchaseOrder, PurchaseState
from simulators.people import Storekeeper
from simulators.plant import Plant, PlantFile
from tests.unit.simulators.people.small_plant import DAY, HOUR, START, SmallPlant


def get(plant: SmallPlant, id: str) -> PurchaseOrder:
    with plant.operations.reading() as tx:
        return tx.purchases.get(id)


def arrival(plant: SmallPlant, keeper: Storekeeper, id: str) -> timedelta:
    """Return how long a purchase takes from its order to the shelf."""
    keeper.act(plant.now)
    ordered_at = get(plant, id).ordered_at
    assert ordered_at is not None
    while get(plant, id).state is PurchaseState.ORDERED:
        plant.clock.set(plant.now + HOUR)
        keeper.act(plant.now)
        assert plant.now < START + 60 * DAY
    return plant.now - ordered_at


def test_what_is_proposed_is_ordered_at_once_and_on_the_shelf_after_its_lead_time_once(plant: SmallPlant) -> None:
    purchase = plant.buy(3)
    plant.storekeeper.act(plant.now)
    assert (get(plant, purchase.id).state, plant.level().on_order) == (PurchaseState.ORDERED, 3)
    plant.clock.set(START + 4 * DAY - HOUR)
    plant.storekeeper.act(plant.now)
    assert plant.level().on_hand == 1
    plant.clock.set(START + 4 * DAY)
    for _ in range(3):
        plant.storekeeper.act(plant.now)
    assert (plant.level().on_hand, plant.level().on_order) == (4, 0)
    assert {step.actor for step in get(plant, purchase.id).transitions} == {"storekeeper"}


def test_a_lead_time_that_varies_is_drawn_once_per_purchase(file: PlantFile, plant: SmallPlant) -> None:
    spread = file.model_copy(update={"parts": (file.parts[0].model_copy(update={"lead_time_spread_days": 2.0}),)})
    times = []
    for _ in range(4):
        purchase = plant.buy(1)
        # asked by another storekeeper of the same plant, who draws the same
        keepers = [Storekeeper(Plant(spread, START), plant.operations, plant.purchases) for _ in range(2)]
        keepers[0].act(plant.now)
        times.append(arrival(plant, keepers[1], purchase.id))
    assert len(set(times)) == 4
    assert all(time >= DAY for time in times)


def test_a_part_that_only_a_visitor_knows_comes_when_it_is_expected(plant: SmallPlant) -> None:
    with plant.operations.transaction() as tx:
        tx.parts.put(Part("gasket", "gasket", 2.0, lead_time=2 * DAY))
    purchase = plant.buy(5, "gasket")
    assert arrival(plant, plant.storekeeper, purchase.id) == 2 * DAY


@pytest.mark.parametrize("step", ["approve", "order", "receive"])
def test_a_visitor_who_was_quicker_is_no_accident(
    plant: SmallPlant, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    taken = plant.buy(1)
    with plant.operations.transaction() as tx:
        tx.parts.put(Part("gasket", "gasket", 2.0, lead_time=2 * DAY))
    other = plant.buy(1, "gasket")
    original = getattr(plant.purchases, step)

    def quicker(id: str, *, actor: str, seen: int, reason: str = "") -> PurchaseOrder:
        if id == taken.id:
            plant.purchases.cancel(id, actor="visitor", seen=seen)
        done: PurchaseOrder = original(id, actor=actor, seen=seen, reason=reason)
        return done

    monkeypatch.setattr(plant.purchases, step, quicker)
    plant.storekeeper.act(plant.now)
    plant.clock.set(START + 5 * DAY)
    plant.storekeeper.act(plant.now)
    assert (get(plant, taken.id).state, get(plant, other.id).state) == (
        PurchaseState.CANCELLED,
        PurchaseState.RECEIVED,
    )
    assert plant.level().on_hand == 1
