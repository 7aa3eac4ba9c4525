"""Put a recorded past into the stores, as if the platform had been there."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from foreworn.fleet.history import FleetHistory
from foreworn.fleet.machine import Attachment
from foreworn.fleet.registry import FleetRegistry
from foreworn.telemetry.sample import Event, LogLine, TelemetryBatch
from foreworn.telemetry.store import TIME, TelemetryStore

ENTRIES_A_WRITE = 5_000


def record_work(registry: FleetRegistry, history: FleetHistory) -> None:
    """Put a history's maintenance and failures on record; what is there already stays one."""
    if len(history.maintenance):
        registry.record_maintenance(history.maintenance)
    if len(history.failures):
        registry.record_failures(history.failures)


def backfill(store: TelemetryStore, history: FleetHistory, attachments: Sequence[Attachment]) -> int:
    """Write a history's telemetry, events and log lines to the store, and return how many samples that were.

    What a machine said is written for the device that sat on it at that time; where none did, it has no
    device to belong to and is left out.
    """
    samples = of_devices(history.telemetry, attachments)
    store.write_table(samples)
    for events in of_devices(history.events, attachments).to_batches(max_chunksize=ENTRIES_A_WRITE):
        store.write(TelemetryBatch(events=tuple(map(_event, events.to_pylist()))))
    for lines in _numbered(of_devices(history.logs, attachments)).to_batches(max_chunksize=ENTRIES_A_WRITE):
        store.write(TelemetryBatch(logs=tuple(map(_line, lines.to_pylist()))))
    return len(samples)


def _event(row: dict[str, object]) -> Event:
    return Event(
        device=str(row["device"]),
        time=row["time"],  # type: ignore[arg-type]
        code=str(row["code"]),
        severity=str(row["severity"] or "info"),
        message=str(row["message"] or ""),
    )


def _line(row: dict[str, object]) -> LogLine:
    return LogLine(
        device=str(row["device"]),
        time=row["time"],  # type: ignore[arg-type]
        level=str(row["level"] or "info"),
        message=str(row["message"] or ""),
        logger=str(row["logger"] or ""),
        seq=row["seq"],  # type: ignore[arg-type]
    )


def _numbered(lines: pa.Table) -> pa.Table:
    """Return the lines with their number in their moment: two of one logger and level would else be one to the store.

    Parameters
    ----------
    lines
        Sorted by device, then time.
    """
    device, time = lines["device"], lines["time"]
    begins = pc.or_(pc.not_equal(device[1:], device[:-1]), pc.not_equal(time[1:], time[:-1])).to_numpy()
    firsts = np.flatnonzero(np.append(True, begins))[: len(lines)]
    numbers = np.arange(len(lines)) - np.repeat(firsts, np.diff(np.append(firsts, len(lines))))
    return lines.append_column("seq", pa.array(numbers, pa.int64()))


def of_devices(table: pa.Table, attachments: Sequence[Attachment]) -> pa.Table:
    """Replace `machine` by the `device` that sat on it at the row's time; sorted by device, then time.

    Of several devices on one machine the first, by id, takes the row: who said it was not recorded.
    """
    seats = sorted(attachments, key=lambda seat: (seat.machine, seat.device, seat.since))
    rest, parts = table, []
    for seat in seats:
        mine = pc.and_(
            pc.equal(rest["machine"], seat.machine), pc.greater_equal(rest["time"], pa.scalar(seat.since, TIME))
        )
        if seat.until is not None:
            mine = pc.and_(mine, pc.less(rest["time"], pa.scalar(seat.until, TIME)))
        taken = rest.filter(mine)
        if len(taken):
            parts.append(taken.append_column("device", pa.array([seat.device] * len(taken), pa.string())))
            rest = rest.filter(pc.invert(mine))
    columns = ["time", "device", *(n for n in table.column_names if n not in ("time", "machine"))]
    empty = table.slice(0, 0).append_column("device", pa.array([], pa.string()))
    found = pa.concat_tables([empty, *parts]).select(columns)
    return found.sort_by([("device", "ascending"), ("time", "ascending")])
