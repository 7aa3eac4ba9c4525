"""The port between the wire and the platform: what was taken in is durable before it is acknowledged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from foreworn.telemetry.quality import HOUR, HourTally, LastRejection, least_offset
from foreworn.telemetry.quarantine import Rejection
from foreworn.telemetry.sample import EPOCH, Status, TelemetryBatch

_RATE_HOURS = 3


@dataclass(frozen=True, slots=True)
class IntakeBatch:
    """Everything one turn of the collector took in: what is good, and what was refused.

    `rejections` are kept; `refused` is only how many messages of unknown devices were let go. One that
    `fills` is a replay of what was refused before: what the store has already stays as it is.
    """

    telemetry: TelemetryBatch = field(default_factory=TelemetryBatch)
    statuses: tuple[Status, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    received_at: datetime | None = None
    refused: int = 0
    fills: bool = False

    def __len__(self) -> int:
        return len(self.telemetry) + len(self.statuses) + len(self.rejections)


class Intake(Protocol):
    """Takes batches in; the caller acknowledges only after `commit` has returned."""

    def commit(self, batch: IntakeBatch, through: Mapping[str, int] | None = None) -> None:
        """Make the batch durable, all of it or nothing.

        Parameters
        ----------
        batch
            What was taken in; it may be empty.
        through
            Up to which number each of these devices may be told that all is durable. It is remembered in the
            same step as the batch, so that neither is there without the other.

        Raises
        ------
        SpoolFailed
            If it could not be made durable. Nothing of the batch may be acknowledged.
        """
        ...

    def through(self) -> dict[str, int]:
        """Return up to which number each device may be told that all is durable, as last committed."""
        ...


class Spool(Intake, Protocol):
    """An intake that keeps batches, in order, until they were forwarded."""

    def pending(self, limit: int = 1000, *, entries: int | None = None) -> Sequence[tuple[int, IntakeBatch]]:
        """Return the oldest batches and their numbers, oldest first: at least one, where any waits.

        Parameters
        ----------
        limit
            Most batches.
        entries
            Most entries that several batches may hold together; None: no limit. A spool may return fewer, so
            that what it holds of them in memory stays bounded.
        """
        ...

    def discard(self, through: int) -> None:
        """Forget all batches up to and including number `through`: they are stored."""
        ...

    def depth(self) -> int:
        """Return how many batches wait."""
        ...


@dataclass(frozen=True, slots=True)
class DeviceProgress:
    """How far a device has come, as the platform knows it, and how well.

    What a turn of the forwarder repeats after a crash is counted again, as repeated.

    Parameters
    ----------
    device
        Its id.
    watermark
        The newest device time that was stored.
    last_received_at, last_spoke_at
        When anything came from it last, and when anything but a status did; platform time.
    last_seq
        The highest of its numbers; where it began to count anew, since then.
    state, state_since, firmware, wants_ack
        What it, or its last will, said last, and since when it says the state; platform time.
    samples, events, logs, rejected
        What was stored, repeats included, and what was refused.
    gaps, missing
        How often numbers were skipped, and how many were and have not come since. A refused message has come. Numbers
        that change places within what is counted together, about a second, skip nothing.
    duplicates
        Entries whose number had come before; where a sample has no number, whose time and signals had, among the
        newest. What is replayed from quarantine has come before.
    late
        Entries that came more than an allowed delay after their own time; see `foreworn.telemetry.quality`.
    out_of_order
        Entries older than one that came before them.
    usual_gap
        The median time between its last visits, which may bring many entries each; None before there were a few.
    last_rejection
        Its newest refusal; it stays known when quarantine has let go of it.
    hours
        What came in its newest hours, oldest first.
    """

    device: str
    watermark: datetime | None = None
    last_received_at: datetime | None = None
    last_seq: int | None = None
    state: str = "unknown"
    firmware: str = ""
    wants_ack: bool = False
    samples: int = 0
    events: int = 0
    logs: int = 0
    rejected: int = 0
    last_spoke_at: datetime | None = None
    state_since: datetime | None = None
    gaps: int = 0
    missing: int = 0
    duplicates: int = 0
    late: int = 0
    out_of_order: int = 0
    usual_gap: timedelta | None = None
    last_rejection: LastRejection | None = None
    hours: tuple[HourTally, ...] = ()

    @property
    def skew(self) -> timedelta | None:
        """How far its clock is behind the platform's, negative where it is ahead; None while nothing is known.

        The least of receive time less device time, over the newest hour it was heard in and the one before.
        No message travels in less than no time, so that difference is never less than what the clock is behind,
        and what was sent late, or waited in a buffer, does not matter as long as anything came at once.
        *Ahead* is therefore sure, and at least as much as said. *Behind* is at most as much as said: it cannot be
        told from a device that always waits that long before it sends, or that stamps the beginning of what it
        averages. A clock that was set right is believed up to two hours later.
        """
        offset = least_offset(self.hours)
        return None if offset is None else timedelta(milliseconds=offset)

    def hourly_rate(self, now: datetime) -> float:
        """Return how many entries came lately, per hour: in this hour and the three before."""
        start = (now - EPOCH) // HOUR - _RATE_HOURS
        entries = sum(tally.entries for tally in self.hours if tally.hour >= start)
        return entries / ((now - EPOCH) / HOUR - start)


class DeviceProgressLog(Protocol):
    """Remembers how far every device has come."""

    def observe(self, batch: IntakeBatch) -> None:
        """Add a batch to the devices' progress; the forwarder calls it once per batch.

        It is durable when this returns. What only reads the tables behind it may see it about a second later, or,
        where counting so often would cost too much, some seconds later.
        """
        ...

    def stored(self, newest: Mapping[str, datetime]) -> None:
        """Note how far what is stored of devices reaches that came otherwise than from them, such as from files.

        A device's watermark moves there unless it is further; it was not heard by that.
        """
        ...

    def all(self) -> list[DeviceProgress]:
        """Return every device ever heard of, or of which something is stored, with all that was observed until now.

        Sorted by id.
        """
        ...


@dataclass(frozen=True, slots=True)
class DirtyWindow:
    """A stretch of one device's time, [start, end], whose scores rest on data that has changed since."""

    device: str
    start: datetime
    end: datetime


class DirtyWindows(Protocol):
    """Late data marks windows here before it is forwarded; scoring them again clears them.

    `generation` grows with every mark, so a mark that arrives while windows are being scored is not
    cleared with them.
    """

    def mark(self, windows: Sequence[DirtyWindow]) -> None:
        """Add windows."""
        ...

    def pending(self) -> tuple[int, list[DirtyWindow]]:
        """Return the present generation and the windows marked up to it."""
        ...

    def clear(self, generation: int) -> None:
        """Forget the windows marked up to `generation`."""
        ...
