"""What of a batch a store does not have yet: a replay fills what is missing, and never writes over a reading."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from foreworn.telemetry.sample import EPOCH, MILLISECOND, Event, LogLine, Sample, TelemetryBatch
from foreworn.telemetry.store import TIME, TelemetryStore

_AT_ONCE = timedelta(days=1)
"""How much of one device's time is asked for at once."""

Stamped = TypeVar("Stamped", Sample, Event, LogLine)


def missing_from(store: TelemetryStore, batch: TelemetryBatch) -> TelemetryBatch:
    """Return the batch without the values, events and log lines that the store has in any form already.

    Raises
    ------
    StoreUnavailable
        If the store cannot answer now.
    """
    return TelemetryBatch(
        samples=tuple(_missing_samples(store, batch.samples)),
        events=tuple(_missing_events(store, batch.events)),
        logs=tuple(_missing_logs(store, batch.logs)),
    )


def _missing_samples(store: TelemetryStore, samples: Sequence[Sample]) -> Iterable[Sample]:
    known = set(store.samples(EPOCH, EPOCH + MILLISECOND, devices=()).column_names[2:])
    for group in _by_device_and_day(samples):
        names = sorted({name for sample in group for name in sample.values} & known)
        start, end, devices = _reach(group)
        table = store.samples(start, end, devices=devices, signals=names)
        stored = {
            row["time"]: {name for name in names if row[name] is not None}
            for row in _at_times(table, group).to_pylist()
        }
        for sample in group:
            missing = {k: v for k, v in sample.values.items() if k not in stored.get(sample.time, ())}
            if missing:
                yield replace(sample, values=missing)


def _missing_events(store: TelemetryStore, events: Sequence[Event]) -> Iterable[Event]:
    for group in _by_device_and_day(events):
        start, end, devices = _reach(group)
        rows = _at_times(store.events(start, end, devices=devices), group).to_pylist()
        stored = {(row["time"], row["code"]) for row in rows}
        yield from (event for event in group if (event.time, event.code) not in stored)


def _missing_logs(store: TelemetryStore, lines: Sequence[LogLine]) -> Iterable[LogLine]:
    for group in _by_device_and_day(lines):
        start, end, devices = _reach(group)
        rows = _at_times(store.logs(start, end, devices=devices), group).to_pylist()
        stored = {(row["time"], row["logger"], row["level"], row["seq"]) for row in rows}
        yield from (line for line in group if (line.time, line.logger, line.level, line.seq) not in stored)


def _by_device_and_day(entries: Iterable[Stamped]) -> Iterable[list[Stamped]]:
    groups: defaultdict[tuple[str, int], list[Stamped]] = defaultdict(list)
    for entry in entries:
        groups[entry.device, (entry.time - EPOCH) // _AT_ONCE].append(entry)
    return groups.values()


def _reach(group: Sequence[Stamped]) -> tuple[datetime, datetime, list[str]]:
    times = [entry.time for entry in group]
    return min(times), max(times) + MILLISECOND, [group[0].device]


def _at_times(table: pa.Table, group: Sequence[Stamped]) -> pa.Table:
    wanted = pa.array(sorted({entry.time for entry in group}), TIME)
    return table.filter(pc.is_in(table["time"], wanted))
