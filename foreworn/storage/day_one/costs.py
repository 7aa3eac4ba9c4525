"""costs.csv: what maintaining and what failing costs."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from foreworn.economics.cost_table import ANY, ComponentCost, CostTable
from foreworn.errors import MalformedHistory
from foreworn.loop.day_one import CostLine, Line
from foreworn.storage.day_one.forms import COSTS, Form
from foreworn.storage.day_one.sheet import Sheet
from foreworn.storage.history.findings import EnoughFound, Findings

_HOUR = timedelta(hours=1)
_CURRENCY = re.compile(r"[A-Z]{3}")


def read_cost_table(file: Path) -> CostTable:
    """Read a file of the form of costs.csv, whatever its name, as a cost table.

    Raises
    ------
    MalformedHistory
        The first problem there is, naming file, row and column.
    """
    findings = Findings(limit=1)
    try:
        lines = read_costs(file.parent, findings, form=replace(COSTS, name=file.name))
    except EnoughFound:
        raise findings.problems[0] from None
    rows = [line.says for line in lines or ()]
    currencies = sorted({row.currency for row in rows})
    if len(currencies) > 1:
        raise MalformedHistory(file, f"money is in {' and '.join(currencies)}: write it all in one", column="currency")
    return CostTable({row.key: row.cost for row in rows}, *currencies)


def read_costs(folder: Path, findings: Findings, *, form: Form = COSTS) -> tuple[Line[CostLine], ...] | None:
    """Read costs.csv; None where it has problems."""
    if (sheet := Sheet.open(folder, form, findings)) is None:
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
