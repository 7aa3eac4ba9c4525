"""How rows look in Arrow, the same for every adapter."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from foreworn.health.forecast import Forecast, forecast_table
from foreworn.telemetry.sample import EPOCH, MILLISECOND, Event, LogLine, to_epoch_ms
from foreworn.telemetry.signal import Signal, SignalType, SignalValue
from foreworn.telemetry.store import EVENT_SCHEMA, LOG_SCHEMA, TIME

ARROW_TYPES = {
    SignalType.FLOAT: pa.float64(),
    SignalType.INTEGER: pa.int64(),
    SignalType.COUNTER: pa.int64(),
    SignalType.STATE: pa.string(),
}
SampleRow = tuple[str, int, dict[str, SignalValue]]
"""Device, epoch ms, values."""
EVENT_KEYS = ("device", "time", "code")
LOG_KEYS = ("device", "time", "seq", "level", "logger")
FORECAST_KEYS = ("machine", "component", "horizon_h", "time", "model_version", "revision")
WINDOW_KEYS = ("device", "signal", "time")
# What InfluxDB's nanoseconds since 1970 in 64 bits can hold, in whole milliseconds: the years 1677 to 2262.
LARGEST_TIME_MS = 9_223_372_036_853
_LARGEST_NUMBER = 2**62


def sample_schema(signals: Sequence[Signal]) -> pa.Schema:
    """Return the columns of a read of samples: `time`, `device`, and one per signal in this order."""
    return pa.schema(
        [("time", TIME), ("device", pa.string()), *((s.name, ARROW_TYPES[s.type]) for s in signals)],
    )


def range_ms(start: datetime, end: datetime) -> tuple[int, int]:
    """Return [start, end) in whole epoch milliseconds, cut to what every store can hold.

    Both ends are rounded up: a whole millisecond is at or after `start` when it is at or after the next
    whole one, and the same for being before `end`.

    Examples
    --------
    >>> second = EPOCH + timedelta(seconds=1)
    >>> range_ms(second, second + timedelta(microseconds=1500))
    (1000, 1002)
    """
    return max(_rounded_up_ms(start), -LARGEST_TIME_MS), min(_rounded_up_ms(end), LARGEST_TIME_MS + 1)


def _rounded_up_ms(time: datetime) -> int:
    return -((EPOCH - time) // MILLISECOND)


def in_order(table: pa.Table, keys: Iterable[str]) -> pa.Table:
    """Return the rows sorted by the keys, nulls last; text by code point."""
    return table.sort_by([(key, "ascending") for key in keys])


def log_fields(line: LogLine) -> str:
    """Return a log line's fields as JSON text, keys sorted, so that every store keeps the same text.

    Raises
    ------
    ValueError
        If a value is NaN or infinite, which JSON cannot say.
    TypeError
        If a value is none of text, number, truth value or null.
    """
    return json.dumps(dict(line.fields), sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def hours(span: timedelta) -> float:
    """Return the span in hours."""
    return span / timedelta(hours=1)


def one_by_one(samples: pa.Table) -> list[SampleRow]:
    """Return the rows of a table of samples in their order."""
    times, devices = samples["time"].cast(pa.int64()).to_pylist(), samples["device"].to_pylist()
    names = samples.column_names[2:]
    columns = [samples[name].to_pylist() for name in names]
    return [
        (device, time, {name: value for name, value in zip(names, values, strict=True) if value is not None})
        for device, time, *values in zip(devices, times, *columns, strict=True)
    ]


def sample_rows(samples: Iterable[SampleRow], signals: Sequence[Signal]) -> pa.Table:
    """Return samples (device, epoch ms, values) as a table, one row per (device, time): later values win."""
    merged: dict[tuple[str, int], dict[str, SignalValue]] = {}
    for device, time, values in samples:
        merged.setdefault((device, time), {}).update(values)
    columns = [
        [time for _, time in merged],
        [device for device, _ in merged],
        *([values.get(s.name) for values in merged.values()] for s in signals),
    ]
    schema = sample_schema(signals)
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema=schema)


def event_rows(events: Iterable[Event]) -> pa.Table:
    """Return events as `EVENT_SCHEMA` and `seq`, one per identity: of two with the same, the later one."""
    rows = {(e.device, to_epoch_ms(e.time), e.code): e for e in events}
    columns = {
        "time": [time for _, time, _ in rows],
        "device": [device for device, _, _ in rows],
        "code": [code for _, _, code in rows],
        "severity": [e.severity for e in rows.values()],
        "message": [e.message for e in rows.values()],
        "count": [1] * len(rows),
        "seq": [e.seq for e in rows.values()],
    }
    return pa.table(columns, schema=EVENT_SCHEMA.append(pa.field("seq", pa.int64())))


def log_rows(lines: Iterable[LogLine]) -> pa.Table:
    """Return log lines as `LOG_SCHEMA`, one per identity: of two with the same, the later one."""
    rows = {(x.device, to_epoch_ms(x.time), x.level, x.logger, x.seq): x for x in lines}
    columns = {
        "time": [key[1] for key in rows],
        "device": [key[0] for key in rows],
        "level": [key[2] for key in rows],
        "logger": [key[3] for key in rows],
        "message": [x.message for x in rows.values()],
        "fields": [log_fields(x) for x in rows.values()],
        "seq": [key[4] for key in rows],
    }
    return pa.table(columns, schema=LOG_SCHEMA)


def forecast_rows(forecasts: Sequence[Forecast]) -> pa.Table:
    """Return forecasts as `FORECAST_SCHEMA`, one per identity: of two with the same, the later one."""
    rows = {(f.machine, f.component, f.horizon, to_epoch_ms(f.time), f.model_version, f.revision): f for f in forecasts}
    return forecast_table(list(rows.values()))


def one_row_per_forecast(table: pa.Table) -> pa.Table:
    """Return a table of `FORECAST_SCHEMA` with one row per identity: of two with the same, the later one."""
    if _ascend(table.select(["machine", "time", "component"])) or _are_distinct(table.select(FORECAST_KEYS)):
        return table
    grouped = table.group_by(list(FORECAST_KEYS), use_threads=False)
    values = [name for name in table.column_names if name not in FORECAST_KEYS]
    newest = grouped.aggregate([(name, "last") for name in values])
    return newest.rename_columns([*FORECAST_KEYS, *values]).select(table.column_names)


def _ascend(rows: pa.Table) -> bool:
    """Tell whether each row is greater than the one before, by the last column first: then none is there twice."""
    greater: pa.ChunkedArray | bool = False
    for column in rows.columns:
        before, after = column[:-1], column[1:]
        greater = pc.or_(pc.less(before, after), pc.and_(pc.equal(before, after), greater))
    return bool(pc.all(greater, min_count=0).as_py())


def _are_distinct(rows: pa.Table) -> bool:
    """Tell whether no row is there twice: by one number for each, which is much faster than by its words."""
    number, values = np.zeros(len(rows), np.int64), 1
    for name in rows.column_names:
        coded = rows[name].combine_chunks().dictionary_encode()
        values *= max(len(coded.dictionary), 1)
        if values > _LARGEST_NUMBER:
            return len(rows.group_by(rows.column_names).aggregate([])) == len(rows)
        number = number * len(coded.dictionary) + coded.indices.to_numpy()
    return bool(pc.count_distinct(pa.array(number)).as_py() == len(rows))


def one_row_per_sample(table: pa.Table) -> pa.Table:
    """Merge rows of the same (device, time): of two values of a signal the later row's wins, null is no value."""
    signals = [c for c in table.column_names if c not in ("time", "device")]
    newest = pc.ScalarAggregateOptions(skip_nulls=True, min_count=0)
    grouped = table.group_by(["device", "time"], use_threads=False)
    if len(grouped.aggregate([])) == len(table):
        return table
    merged = grouped.aggregate([(name, "last", newest) for name in signals])
    return merged.rename_columns(["device", "time", *signals]).select(["time", "device", *signals])
