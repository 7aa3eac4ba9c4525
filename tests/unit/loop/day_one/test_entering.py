"""What was told is written whole and once, every change with its actor; what the plant did since is not undone."""

from dataclasses import replace

import pytest

from foreworn.errors import MalformedHistory
from foreworn.fleet.machine import Attachment, Machine
from foreworn.fleet.site import Area, Customer, Standing
from foreworn.loop.day_one import DayOne, Entered, check, enter
from foreworn.planning.findings import Action, Finding, Findings
from foreworn.planning.technician import Technician
from foreworn.planning.work_order import WorkOrder, WorkOrderState
from foreworn.spares import MovementKind, StockMovement
from tests.unit.loop.day_one.plant import BORN, COSTS, COUNT, MACHINE, ORDER, PART, PLAN, SEAT, dearer, plant, told
from tests.unit.loop.repair_shop import DAY, HOUR, NOW, WEEK, RepairShop


def entered(shop: RepairShop, day_one: DayOne | None = None) -> Entered:
    return enter(day_one or plant(), shop.operations, shop.clock, actor="anna")


def newest(shop: RepairShop) -> int:
    """Return the number of the newest entry of the audit trail."""
    with shop.operations.reading() as tx:
        return tx.audit.find(limit=1)[0][0] if tx.audit.find(limit=1) else 0


def test_everything_told_is_registered(shop: RepairShop) -> None:
    entered(shop)

    with shop.operations.reading() as tx:
        assert MACHINE in tx.registry.machines()
        assert SEAT in tx.registry.attachments()
        assert ("qx", "pressure") in [(model, signal.name) for model, signal in tx.registry.catalogue()]
        assert tx.registry.failures(NOW - 41 * DAY, NOW)["machine"].to_pylist().count("q1") == 1
        assert tx.sites.areas() == [Area("east", "hall-1", "Hall 1")]
        assert tx.sites.customers() == [Customer("waterworks", "Waterworks East")]
        assert tx.sites.standings() == [Standing("q1", "hall-1", "waterworks")]
        assert Technician("eva", "Eva", 30 * HOUR) in tx.team.all()
        assert tx.plans.all() == [PLAN]
        assert tx.parts.get("seal-40") == PART
        assert tx.costs.table().of("qx", "seal") == COSTS.cost
    assert shop.level("seal-40").on_hand == 3


def test_an_open_order_is_approved_under_its_own_number_and_has_its_parts_reserved(shop: RepairShop) -> None:
    entered(shop)

    order = shop.get("OLD-7")
    assert (order.state, order.task, order.due) == (WorkOrderState.APPROVED, ORDER.task, ORDER.due)
    [promised] = shop.reservations("OLD-7")
    assert (promised.part, promised.quantity, promised.due) == ("seal-40", 2, ORDER.due)
    assert shop.told() == [], "who agreed on it knows of it"


def test_every_change_is_in_the_audit_trail_under_its_actor(shop: RepairShop) -> None:
    result = entered(shop)

    with shop.operations.reading() as tx:
        trail = [entry for _, entry in tx.audit.find()]
    assert {entry.actor for entry in trail} == {"anna"}
    assert {entry.action for entry in trail} == {
        *("signal.added", "machine.added", "attachment.added", "area.added", "customer.added", "standing.added"),
        *("maintenance.recorded", "failure.recorded", "technician.added", "plan.added", "part.added"),
        *("part_use.added", "stock.moved", "costs.put", "work_order.taken_over"),
    }
    assert sum(result.changed.values()) == len(trail) == 15


def test_entering_twice_changes_nothing_and_leaves_no_trace(shop: RepairShop) -> None:
    entered(shop)
    before = newest(shop)
    shop.wait(DAY)

    assert entered(shop).changed == {}
    assert newest(shop) == before


def test_what_the_plant_did_since_is_not_undone_by_entering_again(shop: RepairShop) -> None:
    entered(shop)
    done = shop.wait(DAY)
    with shop.operations.transaction() as tx:
        tx.stock.move(StockMovement("job", done, "seal-40", "main", -1, MovementKind.ISSUE, "", "tom"))
        tx.plans.put(replace(PLAN, last_done=done))
        tx.team.put(Technician("eva", "Eva", 30 * HOUR, active=False))
    order = shop.work_orders.start("OLD-7", actor="tom", seen=shop.get("OLD-7").version)
    findings = Findings(Finding.NOTHING, Action.NONE)
    shop.work_orders.complete("OLD-7", actor="tom", seen=order.version, findings=findings)

    assert entered(shop).changed == {}
    with shop.operations.reading() as tx:
        assert tx.plans.all() == [replace(PLAN, last_done=done)]
        assert [technician.active for technician in tx.team.all() if technician.id == "eva"] == [False]
    assert shop.level("seal-40").on_hand == 2
    assert shop.get("OLD-7").state is WorkOrderState.COMPLETED


def test_a_machine_that_was_removed_stays_removed_and_its_device_off_it(shop: RepairShop) -> None:
    fleet = DayOne(machines=told(MACHINE), attachments=told(SEAT))
    entered(shop, fleet)
    gone = shop.wait(DAY)
    shop.work_orders.remove_machine("q1", actor="ines")

    assert entered(shop, fleet).changed == {}
    with shop.operations.reading() as tx:
        assert replace(MACHINE, retired_at=gone) in tx.registry.machines()
        assert replace(SEAT, until=gone) in tx.registry.attachments()


def test_what_nobody_speaks_of_stays(shop: RepairShop) -> None:
    entered(shop)
    silent = Machine("q1", "qx", "east", BORN)
    result = entered(
        shop,
        DayOne(
            machines=told(silent),
            attachments=told(Attachment("q1", "q1", BORN - DAY)),
            unspoken=frozenset({"q1"}),
            standings=told(Standing("q1", customer="mill")),
        ),
    )

    assert result.changed == {"customer": 1, "standing": 1}
    with shop.operations.reading() as tx:
        assert MACHINE in tx.registry.machines()
        assert [seat for seat in tx.registry.attachments() if seat.machine == "q1"] == [SEAT]
        assert tx.sites.standings() == [Standing("q1", "hall-1", "mill")]


def test_a_machine_that_moves_to_another_site_leaves_its_area_behind(shop: RepairShop) -> None:
    entered(shop)
    entered(
        shop, DayOne(machines=told(replace(MACHINE, site="south")), standings=told(Standing("q1", customer="mill")))
    )

    with shop.operations.reading() as tx:
        assert tx.sites.standings() == [Standing("q1", None, "mill")]
        assert [(area.site, area.id) for area in tx.sites.areas()] == [("east", "hall-1")]


def test_a_change_says_from_what_to_what(shop: RepairShop) -> None:
    entered(shop)
    changed = plant(
        parts=told(replace(PART, price=75.0, lead_time=14 * DAY)),
        counts=told(replace(COUNT, on_hand=4, counted_at=NOW)),
        costs=told(replace(COSTS, cost=dearer())),
    )
    result = entered(shop, changed)

    assert result.changed == {"cost": 1, "part": 1, "stock": 1}
    part = shop.trail("seal-40")[-2]
    assert part.detail == {"price": [60.0, 75.0], "lead_time": ["21 days, 0:00:00", "14 days, 0:00:00"]}
    assert shop.level("seal-40").on_hand == 4
    assert shop.trail("costs")[-1].detail == {"rows": ["qx/seal"], "currency": "EUR"}


def test_one_problem_anywhere_and_nothing_is_written(shop: RepairShop) -> None:
    before = newest(shop)
    wrong = plant(orders=told(ORDER, replace(ORDER, id="OLD-8", component="rotor"), file="orders.csv"))

    with pytest.raises(MalformedHistory, match=r"orders\.csv, row 3, column 'component'"):
        entered(shop, wrong)

    assert newest(shop) == before
    assert check(plant(), shop.operations, now=NOW) == []


def test_a_failure_while_writing_leaves_nothing_behind(shop: RepairShop, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("foreworn.loop.day_one.entering.reserve_parts", interrupted)
    with pytest.raises(KeyboardInterrupt):
        entered(shop)

    with shop.operations.reading() as tx:
        assert MACHINE not in tx.registry.machines()
        assert tx.audit.find() == []
    assert [order.id for order in shop.orders()] == []


def test_it_tells_which_components_run_on_assumed_costs(shop: RepairShop) -> None:
    assert entered(shop).assumed_costs == (("px", "seal"), ("qx", "coupling"))


@pytest.mark.parametrize(
    ("day_one", "actor", "said"),
    [
        pytest.param(plant(), " ", "name of its actor", id="nobody tells it"),
        pytest.param(plant(unread=frozenset({"costs"})), "anna", "costs", id="a file could not be read"),
    ],
)
def test_what_may_not_be_entered_is_refused(shop: RepairShop, day_one: DayOne, actor: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        enter(day_one, shop.operations, shop.clock, actor=actor)


def test_reserved_parts_of_an_overdue_order_are_needed_now(shop: RepairShop) -> None:
    entered(shop, plant(orders=told(replace(ORDER, due=NOW - WEEK))))

    order: WorkOrder = shop.get("OLD-7")
    assert order.due == NOW - WEEK
    assert [promised.due for promised in shop.reservations("OLD-7")] == [NOW]
