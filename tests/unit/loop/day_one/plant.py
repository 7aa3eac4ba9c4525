"""A small plant as somebody tells of it, for tests: every statement stands in row 2 of its file."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import pyarrow as pa

from foreworn.economics.cost_table import ComponentCost
from foreworn.fleet.history import FAILURE_SCHEMA, MAINTENANCE_SCHEMA
from foreworn.fleet.machine import Attachment, Machine
from foreworn.fleet.site import Area, Customer, Standing
from foreworn.loop.day_one import CostLine, Count, DayOne, Line, OpenOrder
from foreworn.planning.maintenance_plan import MaintenancePlan
from foreworn.planning.technician import Technician
from foreworn.planning.work_order import WorkOrderKind
from foreworn.spares import Part, PartUse
from foreworn.telemetry.signal import Signal, SignalCatalogue
from tests.unit.loop.repair_shop import COST, DAY, HOUR, NOW

T = TypeVar("T")

BORN = NOW - 500 * DAY
MACHINE = Machine("q1", "qx", "east", BORN, ("coupling", "seal"))
SEAT = Attachment("q1", "q1", BORN)
PART = Part("seal-40", "shaft seal 40 mm", 60.0, lead_time=21 * DAY)
COUNT = Count("seal-40", "main", 3, NOW - DAY)
PLAN = MaintenancePlan("check-q1", "q1", "seal", "Look at the seal", 90 * DAY, NOW - 30 * DAY, HOUR)
ORDER = OpenOrder("OLD-7", "q1", "seal", WorkOrderKind.PREVENTIVE, "Replace the seal", 3 * HOUR, NOW + 9 * DAY)
COSTS = CostLine("qx", "seal", COST, "EUR")
FAILED = {"time": NOW - 40 * DAY, "machine": "q1", "component": "seal", "mode": "leak"}
REPAIRED = {
    "time": NOW - 39 * DAY,
    "machine": "q1",
    "component": "seal",
    "action": "replaced",
    "kind": "corrective",
}


def told(*statements: T, file: str = "file.csv") -> tuple[Line[T], ...]:
    """Return statements as rows of a file, from row 2 on."""
    return tuple(Line(says, file, row) for row, says in enumerate(statements, start=2))


def plant(**other: Any) -> DayOne:
    """Everything that can be told, or some of it otherwise."""
    whole = DayOne(
        catalogue=SignalCatalogue({"qx": [Signal("pressure", "bar")]}),
        machines=told(MACHINE, file="machines.csv"),
        attachments=told(SEAT, file="machines.csv"),
        standings=told(Standing("q1", "hall-1", "waterworks"), file="machines.csv"),
        areas=told(Area("east", "hall-1", "Hall 1"), file="areas.csv"),
        customers=told(Customer("waterworks", "Waterworks East"), file="customers.csv"),
        maintenance=pa.Table.from_pylist([REPAIRED], schema=MAINTENANCE_SCHEMA),
        failures=pa.Table.from_pylist([FAILED], schema=FAILURE_SCHEMA),
        technicians=told(Technician("eva", "Eva", 30 * HOUR), file="technicians.csv"),
        plans=told(PLAN, file="plans.csv"),
        orders=told(ORDER, file="orders.csv"),
        parts=told(PART, file="parts.csv"),
        uses=told(PartUse("qx", "seal", "seal-40", 2), file="bill_of_parts.csv"),
        counts=told(COUNT, file="stock.csv"),
        costs=told(COSTS, file="costs.csv"),
    )
    return replace(whole, **other)


def dearer(cost: ComponentCost = COST) -> ComponentCost:
    return replace(cost, failure=2 * cost.failure, planned_downtime=cost.planned_downtime + timedelta(hours=1))
