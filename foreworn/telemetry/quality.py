"""How good what devices send is: what is counted of each hour, and the score of each signal over a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from foreworn.telemetry.sample import EPOCH

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ALLOWED_DELAY = timedelta(minutes=5)
"""What comes later than this after its own time is late; or than twice the device's usual gap, where that is longer."""

PARTS = ("completeness", "timeliness", "validity", "uniqueness")


class LastRejection(msgspec.Struct, frozen=True, array_like=True):
    """The newest refusal of a device.

    Parameters
    ----------
    time
        When the message came, platform time.
    reason, detail, signal
        As in `Rejection`.
    beginning
        How the payload begins.
    """

    time: datetime
    reason: str
    detail: str
    signal: str | None
    beginning: bytes


class HourTally(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What came from one device in one hour of platform time.

    Parameters
    ----------
    hour
        Hours since 1970.
    entries
        Samples, events and log lines, repeats included.
    late, repeated
        How many of them came late, and how many had come before.
    rejected
        Messages and values refused.
    offset_ms
        The least of receive time less device time; None where nothing came that has a time. [ms]
    refused
        Values refused, by signal; None where none were.
    """

    hour: int
    entries: int = 0
    late: int = 0
    repeated: int = 0
    rejected: int = 0
    offset_ms: int | None = None
    refused: dict[str, int] | None = None

    @property
    def time(self) -> datetime:
        """When the hour begins."""
        return EPOCH + self.hour * HOUR


def least_offset(hours: Sequence[HourTally]) -> int | None:
    """Return the least of receive time less device time [ms], in the newest hour and the one before it."""
    offsets = [t.offset_ms for t in hours[-2:] if t.offset_ms is not None and t.hour >= hours[-1].hour - 1]
    return min(offsets, default=None)


@dataclass(frozen=True, slots=True)
class SignalQuality:
    """How good one signal of one device was over the day before `time`.

    Each part lies in [0, 1], 1 is good; None where nothing is known.

    Parameters
    ----------
    device, signal
        Whose.
    time
        The end of the day that is judged.
    completeness
        Readings that came, of those the signal's cadence promises while the device sat on a machine.
    timeliness
        Share of what the device sent that came within the allowed delay.
    validity
        Share of the signal's values that were good.
    uniqueness
        Share of what the device sent that had not come before.

    Examples
    --------
    >>> quality = SignalQuality("pump-7", "vibration", EPOCH, 0.875, 1.0, None, 0.99)
    >>> quality.score, quality.weakest
    (0.875, 'completeness')
    """

    device: str
    signal: str
    time: datetime
    completeness: float | None = None
    timeliness: float | None = None
    validity: float | None = None
    uniqueness: float | None = None

    @property
    def score(self) -> float | None:
        """The least of the known parts: no good part makes up for a bad one; None where none is known."""
        parts = (self.completeness, self.timeliness, self.validity, self.uniqueness)
        return min((part for part in parts if part is not None), default=None)

    @property
    def weakest(self) -> str | None:
        """The part the score comes from, the first where several are as low; None where no part is known."""
        score = self.score
        return None if score is None else next(part for part in PARTS if getattr(self, part) == score)


class QualityBook(Protocol):
    """Keeps the last judgement of each day, by device and signal."""

    def put(self, judged: Sequence[SignalQuality]) -> None:
        """Keep judgements; a later one of the same device, signal and day of `time` takes the other's place.

        Raises
        ------
        ValueError
            If a part is not within [0, 1].
        """
        ...

    def latest(self, *, devices: Sequence[str] | None = None) -> list[SignalQuality]:
        """Return the newest judgement of each device and signal, sorted by both; of all devices where None."""
        ...

    def history(self, device: str, since: datetime) -> list[SignalQuality]:
        """Return one device's judgements at or after `since`, one a day, sorted by signal, time."""
        ...

    def forget(self, before: datetime) -> None:
        """Let go of judgements of days before the one that `before` lies on."""
        ...
