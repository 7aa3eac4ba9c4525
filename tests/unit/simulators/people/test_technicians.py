"""Technicians look, replace what is worn, repair what has failed, and it costs what it costs."""

from datetime import timedelta

import pytest

from foreworn.errors import Conflict
from foreworn.health.label import Outcome
from foreworn.planning.findings import Action, Finding, Findings
from foreworn.planning.work_order import WorkOrder, WorkOrderState
from foreworn.spares import MovementKind, StockMovement
from tests.unit.simulators.people.small_plant import DAY, HOUR, START, SmallPlant

BREAKDOWN = 2_000 + 12 * 40
PLANNED = 300 + 2 * 40
WORN, SOUND = 0.95, 0.1


def scheduled(plant: SmallPlant, machine: str) -> WorkOrder:
    """Have a visit approved and booked, and let its time come."""
    order = plant.propose(machine)
    plant.planner.act(plant.now)
    booking = plant.get(order.id).booking
    assert booking is not None
    plant.wait(booking.start - plant.now)
    return plant.get(order.id)


def empty_shelf(plant: SmallPlant) -> None:
    with plant.operations.transaction() as tx:
        tx.stock.move(StockMovement("gone", plant.now, "6204", "main", -1, MovementKind.COUNT, "", "ines"))


def deliver(plant: SmallPlant, quantity: int = 1) -> None:
    with plant.operations.transaction() as tx:
        move = StockMovement(f"came:{plant.now}", plant.now, "6204", "main", quantity, MovementKind.RECEIPT, "", "ines")
        tx.stock.move(move)


def test_what_is_worn_is_replaced_with_the_part_that_was_reserved(plant: SmallPlant) -> None:
    [machine, *_] = plant.machines
    plant.wear(machine, WORN)
    order = scheduled(plant, machine)
    assert plant.plant.condition(machine, "bearing").worn
    plant.technicians.act(plant.now, [])
    order = plant.get(order.id)
    assert (order.state, order.outcome) == (WorkOrderState.CLOSED, Outcome.FOUND)
    assert plant.plant.condition(machine, "bearing").damage == 0
    assert (plant.level().on_hand, plant.level().reserved) == (0, 0)
    assert (plant.accounts.cost, plant.accounts.counts) == (PLANNED, {"replacements": 1})
    [visit] = plant.accounts.visits
    assert visit.replaced
    assert visit.had_left is not None
    assert timedelta(0) < visit.had_left < 30 * DAY


def test_what_is_sound_stays_in_and_its_part_on_the_shelf(plant: SmallPlant) -> None:
    [machine, *_] = plant.machines
    order = scheduled(plant, machine)
    before = plant.plant.condition(machine, "bearing")
    plant.technicians.act(plant.now, [])
    order = plant.get(order.id)
    assert order.findings is not None
    assert (order.findings.finding, order.findings.action) == (Finding.NOTHING, Action.NONE)
    assert plant.plant.condition(machine, "bearing") == before
    assert plant.plant.installed_at(machine, "bearing") < START
    assert (plant.level().on_hand, plant.level().reserved) == (1, 0)
    assert (plant.accounts.cost, plant.accounts.counts) == (50, {"inspections": 1})


def test_nobody_comes_before_the_window(plant: SmallPlant) -> None:
    [machine, *_] = plant.machines
    plant.wear(machine, WORN)
    order = plant.propose(machine)
    plant.planner.act(plant.now)
    plant.wait(HOUR)
    plant.technicians.act(plant.now, [])
    assert plant.get(order.id).state is WorkOrderState.SCHEDULED


def test_a_failure_is_repaired_from_when_it_happened_and_costs_a_breakdown(plant: SmallPlant) -> None:
    [machine, *_] = plant.machines
    failure = plant.fail(machine)
    plant.technicians.act(plant.now, [failure])
    [repair] = plant.corrective()
    assert (repair.state, repair.due) == (WorkOrderState.IN_PROGRESS, failure.time)
    assert not plant.plant.condition(machine, "bearing").failed
    plant.wait(11 * HOUR)
    plant.technicians.act(plant.now, [])
    assert plant.get(repair.id).state is WorkOrderState.IN_PROGRESS
    plant.wait(HOUR)
    plant.technicians.act(plant.now, [])
    assert plant.get(repair.id).state is WorkOrderState.CLOSED
    assert plant.level().on_hand == 0
    assert (plant.accounts.cost, plant.accounts.counts) == (BREAKDOWN, {"failures": 1})
    maintenance = plant.registry.maintenance(START, plant.now + DAY).to_pylist()
    assert [(row["machine"], row["kind"], row["action"]) for row in maintenance] == [
        (machine, "corrective", "replaced")
    ]


def test_waiting_for_a_part_is_counted_once_and_the_standstill_costs(plant: SmallPlant) -> None:
    [machine, *_] = plant.machines
    empty_shelf(plant)
    failure = plant.fail(machine)
    plant.technicians.act(plant.now, [failure])
    for _ in range(5):
        plant.wait(6 * HOUR)
        plant.technicians.act(plant.now, [])
    assert plant.plant.condition(machine, "bearing").failed
    assert (plant.accounts.cost, plant.accounts.counts) == (BREAKDOWN, {"failures": 1, "stockouts": 1})
    deliver(plant)
    plant.technicians.act(plant.now, [])
    assert not plant.plant.condition(machine, "bearing").failed
    assert plant.accounts.cost == pytest.approx(BREAKDOWN + 40 * ((plant.now - failure.time) / HOUR))
    plant.wait(12 * HOUR)
    plant.technicians.act(plant.now, [])
    assert [repair.state for repair in plant.corrective()] == [WorkOrderState.CLOSED]
    assert plant.accounts.counts == {"failures": 1, "stockouts": 1}


def test_a_visit_whose_part_is_missing_is_put_off_until_it_has_come_and_counted_once(plant: SmallPlant) -> None:
    [machine, *_] = plant.machines
    plant.wear(machine, 0.85)
    order = scheduled(plant, machine)
    empty_shelf(plant)
    for _ in range(8):
        plant.technicians.act(plant.now, [])
        assert plant.get(order.id).state is not WorkOrderState.IN_PROGRESS
        plant.planner.act(plant.now)
        plant.wait(6 * HOUR)
    assert plant.accounts.counts == {"stockouts": 1}
    deliver(plant)
    for _ in range(4):
        plant.technicians.act(plant.now, [])
        plant.planner.act(plant.now)
        plant.wait(6 * HOUR)
    assert plant.get(order.id).state is WorkOrderState.CLOSED
    assert plant.accounts.counts == {"stockouts": 1, "replacements": 1}
    assert plant.accounts.cost == PLANNED


def test_the_last_part_goes_into_one_machine_only(plant: SmallPlant) -> None:
    """A repair that is under way has its part in hand, although the books take it off only at the end."""
    broken, worn, _ = plant.machines
    plant.wear(worn, 0.7)
    visit = scheduled(plant, worn)
    failure = plant.fail(broken)
    plant.technicians.act(plant.now, [failure])
    assert plant.get(visit.id).state is WorkOrderState.APPROVED
    plant.wait(12 * HOUR)
    plant.technicians.act(plant.now, [])
    assert [repair.state for repair in plant.corrective()] == [WorkOrderState.CLOSED]
    assert plant.accounts.counts == {"failures": 1, "stockouts": 1}
    assert plant.level().on_hand == 0


def test_a_failure_before_the_visit_takes_the_order_with_it(plant: SmallPlant) -> None:
    [machine, *_] = plant.machines
    order = scheduled(plant, machine)
    failure = plant.fail(machine)
    plant.technicians.act(plant.now, [failure])
    assert plant.get(order.id).state is WorkOrderState.SUPERSEDED
    [repair] = plant.corrective()
    assert repair.follows == order.id
    assert plant.accounts.visits == []
    assert plant.accounts.counts == {"failures": 1}


def test_a_visitor_who_was_quicker_is_no_accident(plant: SmallPlant, monkeypatch: pytest.MonkeyPatch) -> None:
    [machine, *_] = plant.machines
    plant.wear(machine, WORN)
    order = scheduled(plant, machine)

    def too_late(*args: object, **kwargs: object) -> WorkOrder:
        raise Conflict("a visitor has just begun it")

    with monkeypatch.context() as patched:
        patched.setattr(plant.work_orders, "start", too_late)
        plant.technicians.act(plant.now, [])
    assert plant.plant.condition(machine, "bearing").worn
    assert (plant.accounts.cost, plant.accounts.visits) == (0, [])
    plant.technicians.act(plant.now, [])
    assert plant.get(order.id).state is WorkOrderState.CLOSED


@pytest.mark.parametrize("by_hand", ["cancelled", "completed"])
def test_a_failure_whose_order_a_visitor_dealt_with_is_repaired_all_the_same(plant: SmallPlant, by_hand: str) -> None:
    [machine, *_] = plant.machines
    empty_shelf(plant)
    plant.technicians.act(plant.now, [plant.fail(machine)])
    [repair] = plant.corrective()
    people = plant.work_orders
    if by_hand == "cancelled":
        people.cancel(repair.id, actor="visitor", seen=repair.version, reason="let me see")
    else:
        begun = people.start(repair.id, actor="visitor", seen=repair.version)
        done = Findings(Finding.AS_PREDICTED, Action.REPAIRED)
        people.complete(repair.id, actor="visitor", seen=begun.version, findings=done)
    plant.technicians.act(plant.now, [])
    assert not plant.plant.condition(machine, "bearing").failed
    plant.wait(DAY)
    plant.technicians.act(plant.now, [])
    assert plant.accounts.counts == {"failures": 1, "stockouts": 1}


def test_what_a_visitor_replaces_in_the_console_is_replaced_in_the_plant_once(plant: SmallPlant) -> None:
    [machine, *_] = plant.machines
    plant.wear(machine, WORN)
    order = scheduled(plant, machine)
    order = plant.work_orders.start(order.id, actor="visitor", seen=order.version)
    found = Findings(Finding.AS_PREDICTED, Action.REPLACED, parts=(("6204", 1),))
    plant.work_orders.complete(order.id, actor="visitor", seen=order.version, findings=found)
    plant.technicians.act(plant.now, [])
    plant.technicians.act(plant.now, [])
    assert plant.plant.condition(machine, "bearing").damage == 0
    assert plant.accounts.counts == {"replacements": 1}
