"""The port to the telemetry store: samples, events, logs and forecasts in, Arrow out."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

import pyarrow as pa

from foreworn.telemetry.sample import TelemetryBatch

TIME = pa.timestamp("ms", tz="UTC")
EVENT_SCHEMA = pa.schema(
    [
        ("time", TIME),
        ("device", pa.string()),
        ("code", pa.string()),
        ("severity", pa.string()),
        ("message", pa.string()),
        ("count", pa.int64()),
    ]
)
LOG_SCHEMA = pa.schema(
    [
        ("time", TIME),
        ("device", pa.string()),
        ("level", pa.string()),
        ("logger", pa.string()),
        ("message", pa.string()),
        ("fields", pa.string()),
        ("seq", pa.int64()),
    ]
)
WINDOW_SCHEMA = pa.schema(
    [
        ("time", TIME),
        ("device", pa.string()),
        ("signal", pa.string()),
        ("min", pa.float64()),
        ("max", pa.float64()),
        ("mean", pa.float64()),
        ("sd", pa.float64()),
        ("count", pa.int64()),
        ("first", pa.float64()),
        ("last", pa.float64()),
    ]
)

# From here on a deviation's square may be beyond a double.
LARGEST_SQUARED = 1e150


class TelemetryStore(Protocol):
    """Keeps telemetry by device and time.

    All ranges are half-open, [start, end), in device time. `devices=None` means all of them; an empty
    sequence means none. Methods raise `StoreUnavailable` when the store cannot answer now.
    """

    def write(self, batch: TelemetryBatch) -> None:
        """Store the batch durably; writing it again changes nothing.

        A signal that a later write of the same (device, time) does not name keeps its value.

        Raises
        ------
        StoreRejected
            If the store would refuse this batch every time; nothing may be assumed stored.
        """
        ...

    def write_table(self, samples: pa.Table) -> None:
        """Store many samples at once, durably; the way to bring in a history.

        Columns are `time` (with a zone), `device`, and one per signal, null where a sample has no such value;
        rows in any order. Of two rows of one (device, time) the later wins, signal by signal, as in `write`.
        What arrives is stored in parts: after an error some of it may be, and writing it again is harmless.

        Raises
        ------
        StoreRejected
            If a column that holds values is unknown or of another type, or a value cannot be kept; then nothing is
            stored.
        """
        ...

    def samples(
        self,
        start: datetime,
        end: datetime,
        *,
        devices: Sequence[str] | None = None,
        signals: Sequence[str] | None = None,
    ) -> pa.Table:
        """Return one row per sample, sorted by device, then time.

        Columns are `time` (ms, UTC), `device`, and one per asked signal in the order asked (the catalogue's
        names where None): float64 for floats, int64 for integers and counters, string for states; null
        where a sample has no such value. A sample with none of the asked signals is left out.
        """
        ...

    def events(self, start: datetime, end: datetime, *, devices: Sequence[str] | None = None) -> pa.Table:
        """Return events as `EVENT_SCHEMA`, sorted by device, time, code."""
        ...

    def logs(self, start: datetime, end: datetime, *, devices: Sequence[str] | None = None) -> pa.Table:
        """Return log lines as `LOG_SCHEMA`, sorted by device, time, seq."""
        ...

    def last(self, *, devices: Sequence[str] | None = None) -> pa.Table:
        """Return the newest value of every signal, columns as `samples`, one row per device.

        `time` is the device's newest sample; a signal missing there has its last known value.
        """
        ...

    def windows(
        self,
        start: datetime,
        end: datetime,
        every: timedelta,
        *,
        devices: Sequence[str] | None = None,
        signals: Sequence[str] | None = None,
    ) -> pa.Table:
        """Return aggregates of numeric signals as `WINDOW_SCHEMA`, sorted by device, signal, time.

        `time` is the start of the window, windows start at multiples of `every` since 1970, `sd` is the
        sample standard deviation (null for one value, and where a value's square is beyond a double); empty
        windows are left out.
        """
        ...

    def count_samples(self, start: datetime, end: datetime) -> int:
        """Return how many samples (device, time) lie in the range."""
        ...

    def close(self) -> None:
        """Release what the store holds; a closed store is not used again."""
        ...
