from datetime import timedelta

import pytest

from foreworn.errors import Conflict
from foreworn.planning.work_order import WorkOrder, WorkOrderKind, WorkOrderState
from simulators.people import Planner
from tests.unit.simulators.people.small_plant import DAY, HOUR, START, SmallPlant

S = WorkOrderState


def windows(plant: SmallPlant) -> dict[str, tuple[int, int]]:
    """Return when who is visited, in hours since the start, by machine."""
    with plant.operations.reading() as tx:
        orders = tx.orders.find(states=(S.SCHEDULED,))
    bookings = {order.machine: order.booking for order in orders}
    return {m: ((b.start - START) // HOUR, (b.end - START) // HOUR) for m, b in bookings.items() if b is not None}


def test_what_is_proposed_is_approved_and_the_crew_is_never_in_two_places(plant: SmallPlant) -> None:
    for machine in plant.machines:
        plant.propose(machine)
    plant.planner.act(plant.now)
    first, second, third = plant.machines
    # a crew of one works from 8 to 16 and each job takes three hours
    assert windows(plant) == {first: (8, 11), second: (11, 14), third: (14, 24 + 9)}


def test_nobody_comes_before_the_part_and_the_team_can(plant: SmallPlant) -> None:
    plant.propose(plant.machines[0], act_at=START + 3 * DAY)
    plant.planner.act(plant.now)
    assert windows(plant)[plant.machines[0]] == (3 * 24 + 8, 3 * 24 + 11)


def test_a_proposal_stands_for_a_while_so_that_a_visitor_can_be_quicker(plant: SmallPlant) -> None:
    patient = Planner(plant.plant, plant.operations, plant.work_orders, patience=2 * HOUR)
    order = plant.propose(plant.machines[0])
    for expected in (S.PROPOSED, S.PROPOSED, S.SCHEDULED):
        patient.act(plant.now)
        assert plant.get(order.id).state is expected
        plant.wait(HOUR)


def test_repairs_and_what_a_visitor_proposes_are_left_to_others(plant: SmallPlant) -> None:
    for kind in (WorkOrderKind.CORRECTIVE, WorkOrderKind.PREVENTIVE):
        plant.work_orders.create(
            machine=plant.machines[0], component="bearing", kind=kind, task="x", labour=HOUR, due=None, actor="ines"
        )
    plant.planner.act(plant.now)
    assert len(plant.in_state(S.PROPOSED)) == 2


def test_the_hours_of_what_is_not_done_then_are_free_for_others(plant: SmallPlant) -> None:
    first, second, third = plant.machines
    cancelled, put_off = plant.propose(first), plant.propose(second)
    plant.planner.act(plant.now)
    order = plant.get(cancelled.id)
    plant.work_orders.cancel(order.id, actor="ines", seen=order.version, reason="it sounds well")
    order = plant.get(put_off.id)
    plant.work_orders.unschedule(order.id, actor="tom", seen=order.version, reason="no part")
    plant.propose(third)
    plant.planner.act(plant.now)
    assert windows(plant) == {second: (8, 11), third: (11, 14)}


def test_the_hours_of_what_is_being_done_are_not(plant: SmallPlant) -> None:
    """The simulated visit takes no time; the crew's day does."""
    first, second, _ = plant.machines
    plant.propose(first)
    plant.planner.act(plant.now)
    plant.wait(8 * HOUR)
    plant.technicians.act(plant.now, [])
    assert plant.in_state(S.CLOSED) == [first]
    plant.propose(second)
    plant.planner.act(plant.now)
    assert windows(plant) == {second: (11, 14)}


def test_a_visitor_who_was_quicker_is_no_accident(plant: SmallPlant, monkeypatch: pytest.MonkeyPatch) -> None:
    taken, other = plant.propose(plant.machines[0]), plant.propose(plant.machines[1])
    approve = plant.work_orders.approve

    def quicker(id: str, *, actor: str, seen: int, reason: str = "") -> WorkOrder:
        if id == taken.id:
            plant.work_orders.decline(id, actor="visitor", seen=seen, reason="no")
        return approve(id, actor=actor, seen=seen, reason=reason)

    monkeypatch.setattr(plant.work_orders, "approve", quicker)
    plant.planner.act(plant.now)
    assert (plant.get(taken.id).state, plant.get(other.id).state) == (S.DECLINED, S.SCHEDULED)


def test_a_booking_that_was_refused_keeps_no_hours(plant: SmallPlant, monkeypatch: pytest.MonkeyPatch) -> None:
    order = plant.propose(plant.machines[0])

    def too_late(*args: object, **kwargs: object) -> WorkOrder:
        raise Conflict("a visitor has just booked it")

    with monkeypatch.context() as patched:
        patched.setattr(plant.work_orders, "schedule", too_late)
        plant.planner.act(plant.now)
    plant.planner.act(plant.now + timedelta(0))
    assert plant.get(order.id).state is S.SCHEDULED
    assert windows(plant)[plant.machines[0]] == (8, 11)
