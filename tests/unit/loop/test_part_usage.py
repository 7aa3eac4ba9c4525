"""Every taking of a part is counted once, whichever of records and ledger tell of it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pyarrow as pa
import pytest

from foreworn.fleet.history import MAINTENANCE_SCHEMA
from foreworn.fleet.machine import Machine
from foreworn.loop.part_usage import part_usage
from foreworn.planning.findings import Action, Finding, Findings
from foreworn.planning.work_order import WorkOrder, WorkOrderKind
from foreworn.spares import MovementKind, PartUse, StockMovement
from models.demand import UsageRecord
from tests.unit.loop.repair_shop import DAY, HOUR, NOW, REPLACED, RepairShop


def usage(shop: RepairShop, part: str = "6204", machines: list[Machine] | None = None) -> list[UsageRecord]:
    """Return what was taken of a part since NOW."""
    with shop.operations.reading() as tx:
        found = part_usage(
            tx, machines or shop.registry.machines(), tx.parts.uses(), since=NOW, until=shop.clock.now() + HOUR
        )
    return found.get(part, [])


def job(
    shop: RepairShop,
    findings: Findings = REPLACED,
    *,
    waits: timedelta = DAY,
    kind: WorkOrderKind = WorkOrderKind.PREVENTIVE,
) -> WorkOrder:
    """Have the bearing of p1 worked on, `waits` after the order was approved."""
    order = shop.work_orders.create(
        machine="p1", component="bearing", kind=kind, task="look", labour=HOUR, due=None, actor="ines"
    )
    order = shop.work_orders.approve(order.id, actor="ines", seen=order.version)
    shop.wait(waits)
    order = shop.work_orders.start(order.id, actor="tom", seen=order.version)
    return shop.work_orders.complete(order.id, actor="tom", seen=order.version, findings=findings)


def issue(shop: RepairShop, quantity: int, reference: str, *, id: str = "by-hand", part: str = "6204") -> None:
    with shop.operations.transaction() as tx:
        now = shop.clock.now()
        tx.stock.move(StockMovement(id, now, part, "main", -quantity, MovementKind.ISSUE, reference, "ines"))


def test_a_replacement_that_is_on_record_and_in_the_ledger_is_one_usage(shop: RepairShop) -> None:
    order = job(shop)
    assert shop.level().on_hand == 1
    assert usage(shop) == [UsageRecord(order.last_changed, 1, "p1", "bearing", notice=DAY)]


def test_it_is_one_also_where_its_time_is_finer_than_the_records(shop: RepairShop) -> None:
    """Else its notice would be lost, and a planned job be expected to come without a plan too."""
    shop.wait(timedelta(microseconds=123_456))
    job(shop)
    assert [(record.quantity, record.notice) for record in usage(shop)] == [(1, DAY)]


@pytest.mark.parametrize(
    ("taken", "by_hand", "expected"),
    [
        pytest.param(1, 0, [1], id="the technician booked it"),
        pytest.param(0, 1, [1], id="the storekeeper booked it for the order"),
        pytest.param(1, 1, [1, 1], id="one broke, and a second was fetched for the order"),
        pytest.param(2, 0, [1, 1], id="the technician booked two"),
        pytest.param(0, 0, [1], id="nobody booked it"),
    ],
)
def test_what_was_taken_beyond_the_bill_comes_on_top(
    shop: RepairShop, taken: int, by_hand: int, expected: list[int]
) -> None:
    order = job(shop, replace(REPLACED, parts=(("6204", taken),) if taken else ()))
    if by_hand:
        issue(shop, by_hand, order.id)
    found = usage(shop)
    assert [record.quantity for record in found] == expected
    assert sum(bool(record.machine) for record in found) == 1


def test_what_was_taken_for_no_order_is_usage_that_belongs_to_no_machine(shop: RepairShop) -> None:
    issue(shop, 2, "cleaning week")
    assert usage(shop) == [UsageRecord(NOW, 2)]


def test_a_repair_without_a_replacement_takes_what_the_ledger_says(shop: RepairShop) -> None:
    job(shop, Findings(Finding.AS_PREDICTED, Action.REPAIRED), kind=WorkOrderKind.CORRECTIVE)
    assert usage(shop) == []
    job(shop, Findings(Finding.AS_PREDICTED, Action.ADJUSTED, parts=(("6204", 1),)))
    assert [(record.quantity, record.machine) for record in usage(shop)] == [(1, "")]


@pytest.mark.parametrize(
    ("action", "expected"), [("replaced", 1), ("Seal kit", 1), ("inspected", 0), ("Adjusted ", 0), ("repaired", 0)]
)
def test_what_an_import_told_counts_by_what_was_done(shop: RepairShop, action: str, expected: int) -> None:
    row = {"time": NOW, "machine": "p1", "component": "bearing", "action": action, "kind": "preventive"}
    shop.registry.record_maintenance(pa.Table.from_pylist([row], schema=MAINTENANCE_SCHEMA))
    assert len(usage(shop)) == expected


def test_a_job_takes_as_many_as_the_bill_says(shop: RepairShop) -> None:
    with shop.operations.transaction() as tx:
        tx.parts.put_use(PartUse("px", "bearing", "grease", 3))
    job(shop)
    assert [record.quantity for record in usage(shop, "grease")] == [3]


def test_what_went_into_a_machine_that_is_gone_says_nothing_of_the_others(shop: RepairShop) -> None:
    job(shop)
    still = [machine for machine in shop.registry.machines() if machine.id != "p1"]
    assert usage(shop, machines=still) == []


def test_only_the_time_that_was_asked_for_counts(shop: RepairShop) -> None:
    order = job(shop, replace(REPLACED, parts=(("6204", 2),)))

    def between(since: datetime, until: datetime) -> int:
        with shop.operations.reading() as tx:
            found = part_usage(tx, shop.registry.machines(), tx.parts.uses(), since=since, until=until)
        return sum(record.quantity for record in found.get("6204", []))

    done = order.last_changed
    assert (between(NOW, done), between(done, done + HOUR), between(done + HOUR, done + DAY)) == (0, 2, 0)
