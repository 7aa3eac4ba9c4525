"""The telemetry store in memory: for tests, and for a history that is replayed and thrown away."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa

from foreworn.storage.telemetry.admission import Admission
from foreworn.storage.telemetry.arrow_rows import (
    EVENT_KEYS,
    LOG_KEYS,
    WINDOW_KEYS,
    SampleRow,
    event_rows,
    in_order,
    log_rows,
    one_by_one,
    range_ms,
    sample_rows,
)
from foreworn.storage.telemetry.memory_lives import MemoryLives
from foreworn.telemetry.sample import MILLISECOND, Event, LogLine, TelemetryBatch, to_epoch_ms
from foreworn.telemetry.signal import Signal, SignalCatalogue, SignalType, SignalValue
from foreworn.telemetry.store import EVENT_SCHEMA, LARGEST_SQUARED, WINDOW_SCHEMA


@dataclass(slots=True)
class _Series:
    """One device's samples: the values by time, the times in order, and each signal's newest value with its time."""

    values: dict[int, dict[str, SignalValue]] = field(default_factory=dict)
    times: list[int] = field(default_factory=list)
    newest: dict[str, tuple[int, SignalValue]] = field(default_factory=dict)

    def put(self, time: int, values: dict[str, SignalValue]) -> None:
        if time in self.values:
            self.values[time].update(values)
        else:
            self.values[time] = dict(values)
            insort(self.times, time)
        for name, value in values.items():
            if name not in self.newest or self.newest[name][0] <= time:
                self.newest[name] = (time, value)

    def between(self, start: int, end: int) -> list[int]:
        return self.times[bisect_left(self.times, start) : bisect_left(self.times, end)]


class MemoryTelemetryStore(MemoryLives):
    """A store of telemetry and of what models say of it that forgets everything when its process ends.

    Parameters
    ----------
    catalogue
        The signals and their types.
    """

    def __init__(self, catalogue: SignalCatalogue) -> None:
        super().__init__(Admission("memory", catalogue))
        self._series: dict[str, _Series] = {}
        self._events: dict[tuple[str, int, str], Event] = {}
        self._logs: dict[tuple[str, int, int | None, str, str], LogLine] = {}

    def use(self, catalogue: SignalCatalogue) -> None:
        """Go by this catalogue from now on."""
        self._admission.use(catalogue)

    def write(self, batch: TelemetryBatch) -> None:
        """Keep the batch; see `TelemetryStore.write`."""
        rows = self._admission.rows(batch)
        with self._lock:
            self._put(rows)
            for e in batch.events:
                self._events[e.device, to_epoch_ms(e.time), e.code] = e
            for line in batch.logs:
                self._logs[line.device, to_epoch_ms(line.time), line.seq, line.level, line.logger] = line

    def write_table(self, samples: pa.Table) -> None:
        """Keep many samples; see `TelemetryStore.write_table`."""
        rows = one_by_one(self._admission.table(samples))
        with self._lock:
            self._put(rows)

    def samples(
        self,
        start: datetime,
        end: datetime,
        *,
        devices: Sequence[str] | None = None,
        signals: Sequence[str] | None = None,
    ) -> pa.Table:
        """Return one row per sample; see `TelemetryStore.samples`."""
        asked = self._admission.asked(signals)
        with self._lock:
            return _sample_table(self._rows(range_ms(start, end), devices), asked)

    def events(self, start: datetime, end: datetime, *, devices: Sequence[str] | None = None) -> pa.Table:
        """Return events; see `TelemetryStore.events`."""
        first, last = range_ms(start, end)
        with self._lock:
            kept = [
                event
                for (device, ms, _), event in self._events.items()
                if first <= ms < last and (devices is None or device in devices)
            ]
        return in_order(event_rows(kept).select(EVENT_SCHEMA.names), EVENT_KEYS)

    def logs(self, start: datetime, end: datetime, *, devices: Sequence[str] | None = None) -> pa.Table:
        """Return log lines; see `TelemetryStore.logs`."""
        first, last = range_ms(start, end)
        with self._lock:
            kept = [
                line
                for (device, ms, *_), line in self._logs.items()
                if first <= ms < last and (devices is None or device in devices)
            ]
        return in_order(log_rows(kept), LOG_KEYS)

    def last(self, *, devices: Sequence[str] | None = None) -> pa.Table:
        """Return the newest value of every signal; see `TelemetryStore.last`."""
        with self._lock:
            rows = [
                (device, series.times[-1], {name: value for name, (_, value) in series.newest.items()})
                for device, series in self._chosen(devices)
            ]
        return _sample_table(rows, self._admission.asked(None))

    def windows(
        self,
        start: datetime,
        end: datetime,
        every: timedelta,
        *,
        devices: Sequence[str] | None = None,
        signals: Sequence[str] | None = None,
    ) -> pa.Table:
        """Return aggregates of numeric signals; see `TelemetryStore.windows`."""
        asked = [s for s in self._admission.asked(signals) if s.type is not SignalType.STATE]
        step = every // MILLISECOND
        panes: dict[tuple[str, str, int], list[float]] = {}
        with self._lock:
            for device, time, values in self._rows(range_ms(start, end), devices):
                for name in (s.name for s in asked if s.name in values):
                    panes.setdefault((device, name, time // step * step), []).append(float(values[name]))
        rows = [_window(*key, np.array(pane)) for key, pane in panes.items()]
        return in_order(pa.Table.from_pylist(rows, schema=WINDOW_SCHEMA), WINDOW_KEYS)

    def count_samples(self, start: datetime, end: datetime) -> int:
        """Return how many samples lie in the range."""
        with self._lock:
            return sum(len(series.between(*range_ms(start, end))) for series in self._series.values())

    def close(self) -> None:
        """Forget everything."""
        super().close()
        with self._lock:
            for kept in (self._series, self._events, self._logs):
                kept.clear()

    def _put(self, rows: Iterable[SampleRow]) -> None:
        for device, time, values in rows:
            self._series.setdefault(device, _Series()).put(time, values)

    def _chosen(self, devices: Sequence[str] | None) -> Iterator[tuple[str, _Series]]:
        for device in sorted(self._series if devices is None else self._series.keys() & set(devices)):
            yield device, self._series[device]

    def _rows(self, between: tuple[int, int], devices: Sequence[str] | None) -> Iterator[SampleRow]:
        for device, series in self._chosen(devices):
            for time in series.between(*between):
                yield device, time, series.values[time]


def _sample_table(rows: Iterable[SampleRow], signals: Sequence[Signal]) -> pa.Table:
    kept = (row for row in rows if any(s.name in row[2] for s in signals))
    return sample_rows(kept, signals)


@np.errstate(over="ignore")
def _window(device: str, signal: str, time: int, values: np.ndarray) -> dict[str, object]:
    return {
        **{"time": time, "device": device, "signal": signal, "count": len(values)},
        **{"min": values.min(), "max": values.max(), "mean": values.mean()},
        **{"sd": _spread(values), "first": values[0], "last": values[-1]},
    }


def _spread(values: np.ndarray) -> float | None:
    measurable = len(values) > 1 and np.abs(values).max() < LARGEST_SQUARED
    return float(values.std(ddof=1)) if measurable else None
