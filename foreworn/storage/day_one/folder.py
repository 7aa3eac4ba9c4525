"""A folder that tells the platform of a plant, read; `docs/howto/day-one.md` is its format."""

import difflib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from foreworn.clock import Clock, WallClock
from foreworn.errors import MalformedHistory
from foreworn.loop.day_one import DayOne, Line, check
from foreworn.loop.operations import Operations
from foreworn.storage.day_one import forms
from foreworn.storage.day_one.costs import read_costs
from foreworn.storage.day_one.forms import FORMS, Form
from foreworn.storage.day_one.organisation import read_areas, read_customers, read_technicians
from foreworn.storage.day_one.spares import read_bill_of_parts, read_parts, read_stock
from foreworn.storage.day_one.work import read_orders, read_plans
from foreworn.storage.history.devices import DEVICES_FILE, read_devices
from foreworn.storage.history.findings import EnoughFound, Findings
from foreworn.storage.history.folder import check_history, is_whole
from foreworn.storage.history.machines import MACHINES_FILE, Fleet, read_machines
from foreworn.storage.history.records import EVENTS, FAILURES, MAINTENANCE, RecordFile, read_records
from foreworn.storage.history.signals import SIGNALS_FILE, read_signals
from foreworn.storage.history.telemetry import TELEMETRY_CSV, TELEMETRY_PARQUET

Fields = dict[str, Any]

READERS: dict[str, tuple[Form, Callable[[Path, Findings], tuple[Line[Any], ...] | None]]] = {
    "areas": (forms.AREAS, read_areas),
    "customers": (forms.CUSTOMERS, read_customers),
    "technicians": (forms.TECHNICIANS, read_technicians),
    "parts": (forms.PARTS, read_parts),
    "uses": (forms.BILL_OF_PARTS, read_bill_of_parts),
    "counts": (forms.STOCK, read_stock),
    "plans": (forms.PLANS, read_plans),
    "orders": (forms.ORDERS, read_orders),
    "costs": (forms.COSTS, read_costs),
}
"""The fields of `DayOne` that have a file of their own."""
RECORDS: dict[str, RecordFile] = {"maintenance": MAINTENANCE, "failures": FAILURES}

READ_HERE = (MACHINES_FILE, DEVICES_FILE, SIGNALS_FILE, MAINTENANCE.name, FAILURES.name, *(form.name for form in FORMS))
"""Every file that is read here; a folder may hold any of them."""
_KNOWN = {*READ_HERE, EVENTS.name, TELEMETRY_CSV, TELEMETRY_PARQUET}
_NEARLY = 0.8


def read_day_one(folder: Path) -> DayOne:
    """Read what a folder tells of a plant; telemetry and events in it are left to `read_history`.

    Raises
    ------
    MalformedHistory
        The first problem there is in a file, naming file, row and column. Whether the files fit each other,
        and what is registered, `foreworn.loop.day_one.check` tells.
    """
    findings = Findings(limit=1)
    try:
        return _read(folder, findings)
    except EnoughFound:
        raise findings.problems[0] from None


def check_day_one(
    folder: Path, operations: Operations | None = None, *, clock: Clock | None = None, limit: int = 50
) -> list[MalformedHistory]:
    """Return what is wrong with a folder, up to `limit` problems; nothing is written.

    A fleet history in the folder is checked as well. Problems within files come first, then those of files
    that do not fit each other or what is registered.

    Parameters
    ----------
    folder
        The folder.
    operations
        What is registered; None: nothing is.
    clock
        What lies ahead of it cannot have happened; the wall's where None.
    limit
        So many problems are enough.

    Raises
    ------
    StoreUnavailable
        If the operations store cannot answer.
    """
    findings = Findings(limit)
    holds_history = any((folder / name).exists() for name in (TELEMETRY_CSV, TELEMETRY_PARQUET))
    problems = check_history(folder, limit=limit) if holds_history else []
    try:
        day_one = _read(folder, findings)
        now = (clock or WallClock()).now()
        for problem in check(day_one, operations, now=now):
            findings.add(problem)
    except EnoughFound:
        pass
    except MalformedHistory as problem:
        findings.problems.append(problem)
    said = {str(problem): problem for problem in [*problems, *findings.problems]}
    return list(said.values())[:limit]


def _read(folder: Path, findings: Findings) -> DayOne:
    if not is_whole(folder, findings):
        return DayOne()
    _check_names(folder, findings)
    fields: Fields = {}
    unread: set[str] = set()
    if (folder / SIGNALS_FILE).exists():
        fields["catalogue"] = read_signals(folder, findings)
    _read_fleet(folder, findings, fields, unread)
    for name, (form, read) in READERS.items():
        if (folder / form.name).exists():
            fields[name] = read(folder, findings)
    unread |= {name for name, value in fields.items() if value is None}
    given = {name: value for name, value in fields.items() if value is not None}
    return DayOne(**given, unread=frozenset(unread))


def _check_names(folder: Path, findings: Findings) -> None:
    """Report files that are probably meant to be read and are not, and a folder in which nothing is."""
    present = sorted(path.name for path in folder.iterdir() if path.is_file())
    for name in present:
        meant = difflib.get_close_matches(name.casefold(), sorted(_KNOWN), n=1, cutoff=_NEARLY)
        if name not in _KNOWN and meant and meant[0] not in present:
            findings.add(MalformedHistory(folder / name, f"is not read; call it {meant[0]} if it is meant to be"))
    if not _KNOWN & set(present):
        findings.add(MalformedHistory(folder, f"holds none of the files {', '.join(READ_HERE)}"))


def _read_fleet(folder: Path, findings: Findings, fields: Fields, unread: set[str]) -> None:
    """Read the machines, the devices on them and what was done to them."""
    records = {name: file for name, file in RECORDS.items() if (folder / file.name).exists()}
    if not records and not (folder / MACHINES_FILE).exists():
        fields["attachments"] = read_devices(folder, findings)
        return
    fleet = read_machines(folder, findings, complete=False)
    if fleet is None:
        unread |= {"machines", "attachments", "standings", *records}
        return
    tables = {name: read_records(folder, file, fleet, findings) for name, file in records.items()}
    fields |= tables
    unread |= {"machines"} if None in tables.values() else set()
    fields |= _fleet_fields(folder, fleet.with_components(table for table in tables.values() if table is not None))


def _fleet_fields(folder: Path, fleet: Fleet) -> Fields:
    file = str(folder / MACHINES_FILE)
    return {
        "machines": tuple(Line(machine, file, fleet.rows[machine.id]) for machine in fleet.machines),
        "attachments": fleet.seats,
        "standings": tuple(Line(standing, file, fleet.rows[standing.machine]) for standing in fleet.standings),
        "unspoken": fleet.unspoken,
    }
