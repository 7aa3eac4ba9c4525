"""Plans come due: one order per plan and date, and the work done moves the plan on."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from foreworn.loop.planned_work import PlannedWork
from foreworn.planning.findings import Action, Finding, Findings
from foreworn.planning.maintenance_plan import MaintenancePlan
from foreworn.planning.work_order import WorkOrder, WorkOrderKind, WorkOrderState
from tests.unit.loop.repair_shop import DAY, HOUR, LOOKED, NOW, WEEK, RepairShop

GREASE = MaintenancePlan(
    "grease-p1", "p1", "bearing", "Grease the bearing", every=30 * DAY, last_done=NOW - 25 * DAY, labour=HOUR
)
GREASED = Findings(Finding.NOTHING, Action.ADJUSTED)


def planned(shop: RepairShop, *plans: MaintenancePlan) -> PlannedWork:
    with shop.operations.transaction() as tx:
        for plan in plans or (GREASE,):
            tx.plans.put(plan)
    return PlannedWork(shop.operations, shop.clock)


def last_done(shop: RepairShop, id: str = GREASE.id) -> datetime:
    with shop.operations.reading() as tx:
        return next(plan.last_done for plan in tx.plans.all() if plan.id == id)


def finish(shop: RepairShop, order: WorkOrder) -> None:
    order = shop.work_orders.approve(order.id, actor="ines", seen=order.version)
    order = shop.work_orders.start(order.id, actor="tom", seen=order.version)
    shop.work_orders.complete(order.id, actor="tom", seen=order.version, findings=GREASED)


def test_a_plan_that_comes_due_becomes_a_proposed_order_that_says_why(shop: RepairShop) -> None:
    [order] = planned(shop).propose_due(WEEK)

    assert (order.state, order.kind) == (WorkOrderState.PROPOSED, WorkOrderKind.PREVENTIVE)
    assert (order.machine, order.component, order.task) == ("p1", "bearing", "Grease the bearing")
    assert (order.due, order.labour) == (NOW + 5 * DAY, HOUR)
    assert shop.get(order.id) == order
    [entry] = shop.trail(order.id)
    assert (entry.actor, entry.action, entry.detail["plan"]) == ("foreworn", "work_order.proposed", "grease-p1")
    assert entry.detail["reason"] == "plan grease-p1: every 30 days, last done 2026-02-05"


@pytest.mark.parametrize(
    ("ahead", "orders"),
    [
        pytest.param(5 * DAY, 1, id="due at the very end of the time ahead"),
        pytest.param(5 * DAY - timedelta(milliseconds=1), 0, id="due just after it"),
    ],
)
def test_only_what_is_due_within_the_time_ahead_is_proposed(shop: RepairShop, ahead: timedelta, orders: int) -> None:
    assert len(planned(shop).propose_due(ahead)) == orders


def test_a_date_is_proposed_once_whoever_asks_and_how_often(shop: RepairShop) -> None:
    first, second = planned(shop), PlannedWork(shop.operations, shop.clock)

    assert [len(first.propose_due(WEEK)), len(second.propose_due(WEEK))] == [1, 0]
    shop.wait(60 * DAY)
    assert first.propose_due(WEEK) == [], "the order is still to be done, so the next date has to wait"


def test_completing_the_order_moves_the_plan_on_from_when_it_was_done(shop: RepairShop) -> None:
    work = planned(shop)
    [order] = work.propose_due(WEEK)
    done = shop.wait(8 * DAY)
    finish(shop, order)

    assert last_done(shop) == done
    assert [entry.action for entry in shop.trail("grease-p1")] == ["plan.done"]
    assert work.propose_due(29 * DAY) == []
    assert [order.due for order in work.propose_due(30 * DAY)] == [done + 30 * DAY]


def test_other_work_on_the_component_does_not_move_the_plan(shop: RepairShop) -> None:
    planned(shop).propose_due(WEEK)
    other = shop.work_orders.create(
        machine="p1",
        component="bearing",
        kind=WorkOrderKind.PREVENTIVE,
        task="Grease the bearing",
        labour=HOUR,
        due=NOW + 5 * DAY,
        actor="ines",
    )
    finish(shop, other)

    assert last_done(shop) == GREASE.last_done


def test_a_declined_date_is_left_out_and_those_that_passed_meanwhile_with_it(shop: RepairShop) -> None:
    work = planned(shop, replace(GREASE, last_done=NOW - 365 * DAY))
    [order] = work.propose_due(WEEK)
    assert order.due == NOW - 335 * DAY
    shop.work_orders.decline(order.id, actor="ines", seen=order.version, reason="the pump stands still")

    assert [order.due for order in work.propose_due(30 * DAY)] == [NOW + 25 * DAY]


def test_plans_of_machines_that_are_gone_or_changed_rest(shop: RepairShop, caplog: pytest.LogCaptureFixture) -> None:
    work = planned(shop, replace(GREASE, machine="p2"), replace(GREASE, id="coupling-p1", component="coupling"))
    shop.work_orders.remove_machine("p2", actor="ines")

    assert work.propose_due(WEEK) == []
    assert "coupling-p1" in caplog.text
    assert "grease-p1" not in caplog.text, "a machine out of service needs no care, and no warning"


def test_an_inspection_by_plan_moves_it_as_well(shop: RepairShop) -> None:
    [order] = planned(shop).propose_due(WEEK)
    order = shop.work_orders.approve(order.id, actor="ines", seen=order.version)
    order = shop.work_orders.start(order.id, actor="tom", seen=order.version)
    shop.work_orders.complete(order.id, actor="tom", seen=order.version, findings=LOOKED)

    assert last_done(shop) == NOW


def test_a_negative_time_ahead_is_refused(shop: RepairShop) -> None:
    with pytest.raises(ValueError, match="at least 0"):
        planned(shop).propose_due(-DAY)
