"""events.csv, logs.csv, maintenance.csv and failures.csv: what machines said in words, and what happened to them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from foreworn.fleet.history import EVENT_SCHEMA, FAILURE_SCHEMA, LOG_SCHEMA, MAINTENANCE_SCHEMA
from foreworn.storage.history.columns import known_column, text_column, time_column
from foreworn.storage.history.findings import Findings
from foreworn.storage.history.machines import MACHINES_FILE, Fleet
from foreworn.storage.history.repeats import sorted_and_distinct
from foreworn.storage.history.rows import Rows, read_rows

MAINTENANCE_KINDS = ("preventive", "corrective")


@dataclass(frozen=True, slots=True)
class RecordFile:
    """The format of one file of records.

    Parameters
    ----------
    name
        The file's name.
    schema
        Its columns.
    key
        What identifies a record, in sorting order.
    defaults
        What an empty field means, by column; all other fields must be filled in.
    longest
        How long a text may be, by column, as on the wire; it then holds no control characters either.
    since_installed
        Whether a record before the machine's installation is a mistake.
    needed
        Whether a history without the file is a mistake, or has no such records.
    """

    name: str
    schema: pa.Schema
    key: tuple[str, ...]
    defaults: Mapping[str, str] = field(default_factory=dict)
    longest: Mapping[str, int] = field(default_factory=dict)
    since_installed: bool = True
    needed: bool = True


EVENTS = RecordFile(
    "events.csv",
    EVENT_SCHEMA,
    ("machine", "time", "code"),
    {"severity": "info", "message": ""},
    {"code": 128, "severity": 32},
)
LOGS = RecordFile(
    "logs.csv",
    LOG_SCHEMA,
    ("machine", "time", "level", "logger", "message"),
    {"level": "info", "logger": "", "message": ""},
    {"level": 32, "logger": 128},
    needed=False,
)
# parts are replaced while a machine is built or overhauled, before it is installed
MAINTENANCE = RecordFile("maintenance.csv", MAINTENANCE_SCHEMA, ("machine", "time", "component"), since_installed=False)
FAILURES = RecordFile("failures.csv", FAILURE_SCHEMA, ("machine", "time", "component"), {"mode": ""})


def read_records(folder: Path, file: RecordFile, fleet: Fleet, findings: Findings) -> pa.Table | None:
    """Read one file of records, sorted; None where it has problems."""
    if not file.needed and not (folder / file.name).exists():
        return file.schema.empty_table()
    before = len(findings)
    rows = read_rows(folder / file.name, file.schema.names, (), findings, may_be_empty=True)
    if rows is None:
        return None
    columns = {name: _column(rows, name, file, fleet) for name in file.schema.names}
    if file.since_installed:
        fleet.check_installed(rows, columns["machine"], columns["time"])
    if "component" in columns:
        _check_components(rows, columns["machine"], columns["component"], fleet)
    if not findings.clean_since(before):
        return None
    table = sorted_and_distinct(pa.table(columns, schema=file.schema), file.key, rows)
    return table if findings.clean_since(before) else None


def _column(rows: Rows, name: str, file: RecordFile, fleet: Fleet) -> pa.ChunkedArray:
    if name == "time":
        return time_column(rows, name)
    if name == "machine":
        return fleet.machine_column(rows)
    if name == "kind":
        return known_column(rows, name, MAINTENANCE_KINDS, f"write {' or '.join(MAINTENANCE_KINDS)}")
    column = text_column(rows, name, default=file.defaults.get(name))
    if name in file.longest:
        _check_short(rows, name, column, file.longest[name])
    return column


def _check_short(rows: Rows, name: str, column: pa.ChunkedArray, longest: int) -> None:
    bad = pc.or_(pc.greater(pc.utf8_length(column), longest), pc.match_substring_regex(column, r"\p{Cc}"))
    rows.report(bad, name, lambda _: f"the text may have up to {longest} characters, none a control character")


def _check_components(rows: Rows, machine: pa.ChunkedArray, component: pa.ChunkedArray, fleet: Fleet) -> None:
    declared = {m.id: m.components for m in fleet.machines if m.components}
    if not declared:
        return
    pairs = list(zip(machine.to_pylist(), component.to_pylist(), strict=True))
    strange = [m in declared and c is not None and c not in declared[m] for m, c in pairs]

    def problem(index: int) -> str:
        owner, name = pairs[index]
        has = ", ".join(declared[owner])
        return f"machine {owner!r} has no component {name!r}, only {has}; correct it or add it in {MACHINES_FILE}"

    rows.report(pa.chunked_array([strange], pa.bool_()), "component", problem)
