"""The port between the wire and the platform: what was taken in is durable before it is acknowledged."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from foreworn.telemetry.quarantine import Rejection
from foreworn.telemetry.sample import Status, TelemetryBatch


@dataclass(frozen=True, slots=True)
class IntakeBatch:
    """Everything one turn of the collector took in: what is good, and what was refused."""

    telemetry: TelemetryBatch = field(default_factory=TelemetryBatch)
    statuses: tuple[Status, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    received_at: datetime | None = None

    def __len__(self) -> int:
        return len(self.telemetry) + len(self.statuses) + len(self.rejections)


class Intake(Protocol):
    """Takes batches in; the caller acknowledges only after `commit` has returned."""

    def commit(self, batch: IntakeBatch) -> None:
        """Make the batch durable, all of it or nothing.

        Raises
        ------
        SpoolFailed
            If it could not be made durable. Nothing of the batch may be acknowledged.
        """
        ...


class Spool(Intake, Protocol):
    """An intake that keeps batches, in order, until they were forwarded."""

    def pending(self, limit: int = 100) -> Sequence[tuple[int, IntakeBatch]]:
        """Return the oldest batches and their numbers, oldest first."""
        ...

    def discard(self, through: int) -> None:
        """Forget all batches up to and including number `through`: they are stored."""
        ...

    def depth(self) -> int:
        """Return how many batches wait."""
        ...


@dataclass(frozen=True, slots=True)
class DeviceProgress:
    """How far a device has come, as the platform knows it.

    `watermark` is the newest device time that was stored, `last_received_at` platform time;
    `samples`, `events`, `logs` count what was stored (repeats included), `rejected` what was refused.
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


class DeviceProgressLog(Protocol):
    """Remembers how far every device has come."""

    def observe(self, batch: IntakeBatch) -> None:
        """Add a batch to the devices' progress; the forwarder calls it once per batch."""
        ...

    def all(self) -> list[DeviceProgress]:
        """Return every device ever heard of, sorted by id."""
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
