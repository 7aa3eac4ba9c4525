"""areas.csv, customers.csv and technicians.csv: whom and where machines run for, and who keeps them running."""

from datetime import timedelta
from pathlib import Path

from foreworn.fleet.site import Area, Customer
from foreworn.loop.day_one import Line
from foreworn.planning.technician import Technician
from foreworn.storage.day_one.forms import AREAS, CUSTOMERS, TECHNICIANS
from foreworn.storage.day_one.sheet import Sheet
from foreworn.storage.history.findings import Findings
from foreworn.storage.history.machines import split_list

_HOUR = timedelta(hours=1)


def read_areas(folder: Path, findings: Findings) -> tuple[Line[Area], ...] | None:
    """Read areas.csv; None where it has problems."""
    if (sheet := Sheet.open(folder, AREAS, findings)) is None:
        return None
    columns = sheet.ids("site"), sheet.ids("area"), sheet.texts("name")
    return sheet.lines(Area, lambda area: (area.site, area.id), *columns)


def read_customers(folder: Path, findings: Findings) -> tuple[Line[Customer], ...] | None:
    """Read customers.csv; None where it has problems."""
    if (sheet := Sheet.open(folder, CUSTOMERS, findings)) is None:
        return None
    return sheet.lines(Customer, lambda customer: customer.id, sheet.ids("customer"), sheet.texts("name"))


def read_technicians(folder: Path, findings: Findings) -> tuple[Line[Technician], ...] | None:
    """Read technicians.csv; None where it has problems."""
    if (sheet := Sheet.open(folder, TECHNICIANS, findings)) is None:
        return None
    skills = [tuple(split_list(text)) for text in sheet.optional_texts("skills")]
    columns = sheet.ids("technician"), sheet.texts("name"), sheet.spans("weekly_hours", _HOUR), skills
    return sheet.lines(Technician, lambda technician: technician.id, *columns)
