"""devices.csv: the devices that sat on machines over time, where one for good is not the whole story."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from foreworn.fleet.history import TIME
from foreworn.fleet.machine import Attachment
from foreworn.loop.day_one import Line
from foreworn.storage.history.columns import optional_time_column, text_column, time_column
from foreworn.storage.history.findings import Findings
from foreworn.storage.history.rows import Rows, read_rows
from foreworn.telemetry.wire import is_identity

DEVICES_FILE = "devices.csv"
DEVICE_COLUMNS = ("device", "machine", "since")
OPTIONAL_DEVICE_COLUMNS = ("until",)


def read_devices(folder: Path, findings: Findings) -> tuple[Line[Attachment], ...] | None:
    """Read devices.csv, in the order of the file; nothing where there is none, None where it has problems."""
    path = folder / DEVICES_FILE
    if not path.exists():
        return ()
    before = len(findings)
    rows = read_rows(path, DEVICE_COLUMNS, OPTIONAL_DEVICE_COLUMNS, findings, may_be_empty=True)
    if rows is None:
        return None
    devices, machines = text_column(rows, "device"), text_column(rows, "machine")
    _check_identities(rows, devices)
    since = time_column(rows, "since")
    until = _until(rows)
    rows.report(
        pc.less_equal(until, since), "until", lambda _: "the device would leave before it comes; correct since or until"
    )
    if not findings.clean_since(before):
        return None
    columns = zip(*(column.to_pylist() for column in (devices, machines, since, until)), strict=True)
    return tuple(Line(Attachment(*seat), str(path), rows.row(index)) for index, seat in enumerate(columns))


def _until(rows: Rows) -> pa.ChunkedArray:
    if "until" in rows.table.column_names:
        return optional_time_column(rows, "until")
    return pa.chunked_array([pa.nulls(rows.table.num_rows, TIME)])


def _check_identities(rows: Rows, devices: pa.ChunkedArray) -> None:
    values = devices.to_pylist()
    rows.report(
        pa.chunked_array([[value is not None and not is_identity(value) for value in values]], pa.bool_()),
        "device",
        lambda index: f"{values[index]!r} must have 1 to 128 characters, none of + # / $ or a control character",
    )
