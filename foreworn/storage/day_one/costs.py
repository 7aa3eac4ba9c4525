"""costs.csv: what maintaining and what failing costs."""

import re
from datetime import timedelta
from pathlib import Path

from foreworn.economics.cost_table import ANY, ComponentCost
from foreworn.loop.day_one import CostLine, Line
from foreworn.storage.day_one.forms import COSTS
from foreworn.storage.day_one.sheet import Sheet
from foreworn.storage.history.findings import Findings

_HOUR = timedelta(hours=1)
_CURRENCY = re.compile(r"[A-Z]{3}")


def read_costs(folder: Path, findings: Findings) -> tuple[Line[CostLine], ...] | None:
    """Read costs.csv; None where it has problems."""
    if (sheet := Sheet.open(folder, COSTS, findings)) is None:
        return None
    currencies = sheet.texts("currency")
    strange = [code is not None and not _CURRENCY.fullmatch(code) for code in currencies]
    sheet.report(strange, "currency", lambda i: f"{currencies[i]!r} is no ISO 4217 code; write e.g. EUR")
    return sheet.lines(
        _cost_line,
        lambda line: line.key,
        sheet.texts("model", default=ANY),
        sheet.texts("component", default=ANY),
        currencies,
        *(sheet.numbers(name) for name in ("preventive", "failure", "inspection", "downtime_per_hour")),
        *(sheet.spans(name, _HOUR) for name in ("planned_downtime_h", "unplanned_downtime_h", "labour_h")),
    )


def _cost_line(model: str, component: str, currency: str, *amounts: object) -> CostLine:
    return CostLine(model, component, ComponentCost(*amounts), currency)  # type: ignore[arg-type]
