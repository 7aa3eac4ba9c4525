"""plans.csv and orders.csv: what is done by the calendar, and the jobs that are open already."""

import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from foreworn.loop.day_one import Line, OpenOrder
from foreworn.planning.maintenance_plan import MaintenancePlan
from foreworn.planning.work_order import WorkOrderKind
from foreworn.storage.day_one.forms import ORDERS, PLANS
from foreworn.storage.day_one.sheet import Sheet
from foreworn.storage.history.findings import Findings

_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_KINDS = (WorkOrderKind.PREVENTIVE, WorkOrderKind.CORRECTIVE)
_OURS = re.compile(r"WO-\d+", re.IGNORECASE)


def read_plans(folder: Path, findings: Findings) -> tuple[Line[MaintenancePlan], ...] | None:
    """Read plans.csv; None where it has problems."""
    if (sheet := Sheet.open(folder, PLANS, findings)) is None:
        return None
    columns = (
        sheet.ids("plan"),
        sheet.texts("machine"),
        sheet.texts("component"),
        sheet.texts("task"),
        sheet.spans_above_zero("every_days", _DAY),
        sheet.times("last_done"),
        sheet.spans("labour_h", _HOUR),
    )
    return sheet.lines(MaintenancePlan, lambda plan: plan.id, *columns)


def read_orders(folder: Path, findings: Findings) -> tuple[Line[OpenOrder], ...] | None:
    """Read orders.csv; None where it has problems."""
    if (sheet := Sheet.open(folder, ORDERS, findings)) is None:
        return None
    numbers = sheet.ids("order")
    _refuse_our_numbers(sheet, numbers)
    kinds = [WorkOrderKind(kind) if kind in _KINDS else _KINDS[0] for kind in sheet.choices("kind", _KINDS)]
    columns = (
        numbers,
        sheet.texts("machine"),
        sheet.texts("component"),
        kinds,
        sheet.texts("task"),
        sheet.spans("labour_h", _HOUR),
        sheet.optional_times("due"),
    )
    return sheet.lines(OpenOrder, lambda order: order.id, *columns)


def _refuse_our_numbers(sheet: Sheet, numbers: Sequence[str]) -> None:
    ours = [number is not None and _OURS.fullmatch(number) is not None for number in numbers]
    sheet.report(
        ours, "order", lambda i: f"{numbers[i]!r} is how Foreworn calls its own orders; write e.g. OLD-{numbers[i]}"
    )
