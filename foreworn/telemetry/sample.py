"""What devices tell us: samples, events, log lines, status. Times are device time, aware UTC, to the ms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from foreworn.telemetry.signal import SignalValue

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def from_epoch_ms(ms: int) -> datetime:
    """Return the aware UTC time `ms` milliseconds after 1970, exactly.

    Examples
    --------
    >>> from_epoch_ms(1767225600001).isoformat()
    '2026-01-01T00:00:00.001000+00:00'
    """
    return EPOCH + timedelta(milliseconds=ms)


def to_epoch_ms(time: datetime) -> int:
    """Return the whole milliseconds from 1970 to `time`, exactly; parts of a millisecond are dropped."""
    return (time - EPOCH) // MILLISECOND


@dataclass(frozen=True, slots=True)
class Sample:
    """One value per signal of one device at one time.

    (device, time) is its identity: the same sample twice is one; where two differ, the later received
    wins, signal by signal.
    """

    device: str
    time: datetime
    values: Mapping[str, SignalValue]
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A fault message or a state change; (device, time, code) is its identity."""

    device: str
    time: datetime
    code: str
    severity: str = "info"
    message: str = ""
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a device's operation log; (device, time, logger, level, seq) is its identity."""

    device: str
    time: datetime
    level: str
    message: str
    logger: str = ""
    fields: Mapping[str, SignalValue | bool | None] = field(default_factory=dict)
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """What a device, or its last will, says about itself; a last will carries no time.

    `oldest` is the oldest number that the device has, the next one it will give where it has none: the platform
    waits for none before it.
    """

    device: str
    state: str
    time: datetime | None = None
    firmware: str = ""
    wants_ack: bool = False
    oldest: int | None = None


@dataclass(frozen=True, slots=True)
class TelemetryBatch:
    """What goes to the telemetry store in one write.

    `samples` is a tuple, or `SampleColumns` where they were read by column.
    """

    samples: Sequence[Sample] = ()
    events: tuple[Event, ...] = ()
    logs: tuple[LogLine, ...] = ()

    def __len__(self) -> int:
        return len(self.samples) + len(self.events) + len(self.logs)

    def halves(self) -> "tuple[TelemetryBatch, TelemetryBatch]":
        """Split in two, to find what a store refuses; needs at least two entries."""
        middle = len(self) // 2
        return self._between(0, middle), self._between(middle, len(self))

    def _between(self, start: int, end: int) -> "TelemetryBatch":
        """Return the entries from `start` to before `end`, counted over samples, then events, then logs."""
        events = len(self.samples)
        logs = events + len(self.events)
        return TelemetryBatch(
            self.samples[start:end],
            self.events[max(0, start - events) : max(0, end - events)],
            self.logs[max(0, start - logs) : max(0, end - logs)],
        )
