"""parts.csv, bill_of_parts.csv and stock.csv: what is bought, which job takes it, and how much lies where."""

from datetime import timedelta
from pathlib import Path

from foreworn.loop.day_one import Count, Line
from foreworn.loop.day_one.registered import use_key
from foreworn.loop.work_orders import MAIN_PLACE
from foreworn.spares import Part, PartUse
from foreworn.spares.part import ANY_MODEL
from foreworn.storage.day_one.forms import BILL_OF_PARTS, PARTS, STOCK
from foreworn.storage.day_one.sheet import Sheet
from foreworn.storage.history.findings import Findings

_DAY = timedelta(days=1)
_USUAL = Part("any", "", 0.0, lead_time=_DAY)


def read_parts(folder: Path, findings: Findings) -> tuple[Line[Part], ...] | None:
    """Read parts.csv; None where it has problems."""
    if (sheet := Sheet.open(folder, PARTS, findings)) is None:
        return None
    columns = (
        sheet.ids("part"),
        sheet.texts("description"),
        sheet.numbers("price"),
        sheet.spans_above_zero("lead_time_days", _DAY),
        sheet.spans("lead_time_sd_days", _DAY, default=0.0),
        sheet.texts("unit", default=_USUAL.unit),
        sheet.texts("supplier", default=""),
        sheet.whole_numbers("pack_size", default=_USUAL.pack_size, least=1),
        sheet.numbers("holding_rate", default=_USUAL.holding_rate),
        sheet.numbers("service_level", default=_USUAL.service_level),
        sheet.numbers("order_cost", default=0.0),
        sheet.optional_numbers("stockout_cost"),
    )
    return sheet.lines(Part, lambda part: part.id, *columns)


def read_bill_of_parts(folder: Path, findings: Findings) -> tuple[Line[PartUse], ...] | None:
    """Read bill_of_parts.csv; None where it has problems."""
    if (sheet := Sheet.open(folder, BILL_OF_PARTS, findings)) is None:
        return None
    models, quantities = sheet.texts("model", default=ANY_MODEL), sheet.whole_numbers("quantity", default=1, least=1)
    return sheet.lines(PartUse, use_key, models, sheet.texts("component"), sheet.ids("part"), quantities)


def read_stock(folder: Path, findings: Findings) -> tuple[Line[Count], ...] | None:
    """Read stock.csv; None where it has problems."""
    if (sheet := Sheet.open(folder, STOCK, findings)) is None:
        return None
    columns = (
        sheet.ids("part"),
        sheet.ids("place", default=MAIN_PLACE),
        sheet.whole_numbers("on_hand"),
        sheet.times("counted_at"),
    )
    return sheet.lines(Count, lambda count: (count.part, count.place, count.counted_at), *columns)
