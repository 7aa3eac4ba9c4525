"""A fleet history written to disk, so that reading it gives the same history again."""

import csv
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from foreworn.fleet.history import RecordedFleet
from foreworn.fleet.machine import Attachment, Machine
from foreworn.storage.history.arrivals import ARRIVALS_FILE, write_arrivals
from foreworn.storage.history.machines import MACHINE_COLUMNS, MACHINES_FILE
from foreworn.storage.history.records import EVENTS, FAILURES, LOGS, MAINTENANCE
from foreworn.storage.history.signals import OPTIONAL_SIGNAL_COLUMNS, SIGNAL_COLUMNS, SIGNALS_FILE
from foreworn.storage.history.telemetry import TELEMETRY_PARQUET
from foreworn.storage.history.whole_folder import whole_folder
from foreworn.telemetry.signal import Signal


def write_history(fleet: RecordedFleet, folder: Path) -> None:
    """Write a recorded fleet; the folder appears whole or not at all.

    Raises
    ------
    Conflict
        If `folder` exists and is not an empty folder.
    ValueError
        If a machine has no device, several, or one only for a while: the format holds one for good.
    """
    history = fleet.history
    devices = _devices(history.machines, fleet.attachments)
    with whole_folder(folder) as growing:
        pq.write_table(history.telemetry, growing / TELEMETRY_PARQUET, compression="zstd")
        machines = (_machine_fields(machine, devices[machine.id]) for machine in history.machines)
        _write_csv(growing / MACHINES_FILE, (*MACHINE_COLUMNS, "device", "components"), machines)
        signals = (_signal_fields(model, signal) for model, signal in fleet.catalogue)
        _write_csv(growing / SIGNALS_FILE, (*SIGNAL_COLUMNS, *OPTIONAL_SIGNAL_COLUMNS), signals)
        for file, table in (
            (EVENTS, history.events),
            (MAINTENANCE, history.maintenance),
            (FAILURES, history.failures),
            (LOGS, history.logs),
        ):
            if file.needed or len(table):
                _write_csv(growing / file.name, file.schema.names, _record_fields(table))
        if fleet.arrivals is not None:
            write_arrivals(fleet.arrivals, growing / ARRIVALS_FILE)


def _devices(machines: Sequence[Machine], attachments: Sequence[Attachment]) -> dict[str, str]:
    devices: dict[str, str] = {}
    installed = {machine.id: machine.installed_at for machine in machines}
    for seat in attachments:
        if seat.machine in devices or seat.until is not None or seat.since != installed.get(seat.machine):
            raise ValueError(f"a history on disk holds one device for good per machine, not {seat}")
        devices[seat.machine] = seat.device
    if missing := sorted(installed.keys() - devices.keys()):
        raise ValueError(f"no device speaks for {', '.join(missing)}")
    return devices


def _machine_fields(machine: Machine, device: str) -> list[str]:
    installed = spell_time(machine.installed_at)
    return [machine.id, machine.model, machine.site, installed, device, ";".join(machine.components)]


def _signal_fields(model: str, signal: Signal) -> list[str]:
    limits = (signal.low, signal.high, signal.most_per_second)
    low, high, most_per_second = ("" if limit is None else repr(limit) for limit in limits)
    cadence = repr(signal.cadence.total_seconds()).removesuffix(".0")
    return [
        *(signal.name, signal.unit, signal.type),
        *(model, low, high, ";".join(signal.states), cadence, signal.label, signal.sent_unit, most_per_second),
    ]


def _record_fields(table: pa.Table) -> Iterable[list[str]]:
    for row in table.to_pylist():
        yield [spell_time(value) if isinstance(value, datetime) else value for value in row.values()]


def spell_time(time: datetime) -> str:
    """Return a time as histories spell it.

    Examples
    --------
    >>> spell_time(datetime(2026, 1, 5, 6, tzinfo=UTC)), spell_time(datetime(2026, 1, 5, 6, 0, 0, 1000, tzinfo=UTC))
    ('2026-01-05T06:00:00Z', '2026-01-05T06:00:00.001Z')
    """
    precision = "milliseconds" if time.microsecond else "seconds"
    return time.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
