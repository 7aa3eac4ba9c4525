"""What is remembered of one device between turns, and how it reads as progress."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from foreworn.storage.operations.heard_turn import Refusal, Said
from foreworn.telemetry.counter import added
from foreworn.telemetry.intake import DeviceProgress
from foreworn.telemetry.quality import ALLOWED_DELAY, HourTally, LastRejection, least_offset
from foreworn.telemetry.sample import MILLISECOND, from_epoch_ms
from foreworn.telemetry.sequence import SequenceLedger

MOST_HOURS = 26
_HOUR_MS = 3_600_000
_ALLOWED_MS = ALLOWED_DELAY // MILLISECOND
_VISIT_MS = 1000
"""What is heard within this after the last counts as the same visit."""
_VISITS = 15
_LEAST_VISITS = 3
_MARKS = 64
_MOST_SIGNALS = 64
_OTHER_SIGNALS = ""


class DeviceMemory(msgspec.Struct, array_like=True):
    """One device. Times are ms since 1970, spans ms.

    Stores keep it: fields are only ever added, at the end and with a default.

    Parameters
    ----------
    visits
        The newest times between two visits of the device, oldest first.
    marks
        What the newest unnumbered samples are known by, oldest first: what comes again later than that is not noticed.
    hours
        The newest hours in which it was heard, oldest first.
    """

    device: str
    watermark: int | None = None
    last_received: int | None = None
    last_spoke: int | None = None
    state: str = "unknown"
    state_since: int | None = None
    firmware: str = ""
    wants_ack: bool = False
    samples: int = 0
    events: int = 0
    logs: int = 0
    rejected: int = 0
    duplicates: int = 0
    late: int = 0
    out_of_order: int = 0
    sequence: SequenceLedger = msgspec.field(default_factory=SequenceLedger)
    visits: list[int] = []
    marks: list[int] = []
    hours: tuple[HourTally, ...] = ()
    last_rejection: LastRejection | None = None

    @property
    def usual_gap(self) -> int | None:
        """The median time between its visits; None before there were a few."""
        return sorted(self.visits)[len(self.visits) // 2] if len(self.visits) >= _LEAST_VISITS else None

    @property
    def offset(self) -> int | None:
        """The least of receive time less device time, of its two newest hours; None before any."""
        return least_offset(self.hours)

    @property
    def allowed_delay(self) -> int:
        """How much after its own time an entry may come without being late."""
        return max(_ALLOWED_MS, 2 * (self.usual_gap or 0))

    def reach(self, time: int) -> None:
        """Note that what is stored of it reaches to this device time."""
        self.watermark = time if self.watermark is None else max(self.watermark, time)

    def hear(self, received: int, *, speaks: bool) -> None:
        """Note that something came; whether it speaks, or its status alone came, which a broker keeps for it."""
        self.last_received = received if self.last_received is None else max(self.last_received, received)
        if speaks:
            gap = None if self.last_spoke is None else received - self.last_spoke
            if gap is not None and gap >= _VISIT_MS:
                self.visits = [*self.visits[1 - _VISITS :], gap]
            if gap is None or gap > 0:
                self.last_spoke = received

    def obey(self, said: Said, received: int | None) -> None:
        """Take a status.

        A last will, which carries no time, only says that the device is gone; and a status without a firmware
        does not make the firmware unknown.
        """
        if said.state != self.state or self.state_since is None:
            self.state_since = received
        self.state = said.state
        if said.timed:
            self.wants_ack = said.wants_ack
            self.firmware = said.firmware or self.firmware

    def refuse(self, refusal: Refusal, hour: int | None) -> None:
        """Count a refusal."""
        self.rejected = added(self.rejected, 1)
        if self.last_rejection is None or from_epoch_ms(refusal.time) >= self.last_rejection.time:
            self.last_rejection = LastRejection(
                from_epoch_ms(refusal.time), refusal.reason, refusal.detail, refusal.signal, refusal.beginning
            )
        if hour is not None:
            self.tally(HourTally(hour, rejected=1, refused={refusal.signal: 1} if refusal.signal else None))

    def repeated_marks(self, marks: Sequence[int]) -> int:
        """Take the marks of unnumbered samples, and return how many had come before."""
        known = dict.fromkeys(self.marks)
        before = len(known)
        known |= dict.fromkeys(marks)
        self.marks = list(known)[-_MARKS:]
        return len(marks) - (len(known) - before)

    def tally(self, more: HourTally) -> None:
        """Add to the tally of an hour."""
        for place in reversed(range(len(self.hours))):
            if self.hours[place].hour == more.hour:
                joined = _joined(self.hours[place], more)
                self.hours = (*self.hours[:place], joined, *self.hours[place + 1 :])
                return
        self.hours = tuple(sorted((*self.hours, more), key=lambda tally: tally.hour)[-MOST_HOURS:])

    def progress(self) -> DeviceProgress:
        """Return it as the platform speaks of it."""
        usual_gap = self.usual_gap
        return DeviceProgress(
            self.device,
            watermark=_time(self.watermark),
            last_received_at=_time(self.last_received),
            last_spoke_at=_time(self.last_spoke),
            last_seq=self.sequence.last,
            state=self.state,
            firmware=self.firmware,
            wants_ack=self.wants_ack,
            samples=self.samples,
            events=self.events,
            logs=self.logs,
            rejected=self.rejected,
            state_since=_time(self.state_since),
            gaps=self.sequence.gaps,
            missing=self.sequence.missing,
            duplicates=self.duplicates,
            late=self.late,
            out_of_order=self.out_of_order,
            usual_gap=None if usual_gap is None else timedelta(milliseconds=usual_gap),
            last_rejection=self.last_rejection,
            hours=self.hours,
        )


def hour_of(received: int) -> int:
    """Return the hours since 1970 of a time in ms."""
    return received // _HOUR_MS


def _joined(one: HourTally, other: HourTally) -> HourTally:
    offsets = [offset for offset in (one.offset_ms, other.offset_ms) if offset is not None]
    return HourTally(
        one.hour,
        added(one.entries, other.entries),
        added(one.late, other.late),
        added(one.repeated, other.repeated),
        added(one.rejected, other.rejected),
        min(offsets, default=None),
        _added(one.refused or {}, other.refused) if other.refused else one.refused,
    )


def _added(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    """Add up; a device that makes up ever new names gets no room for them."""
    total = dict(one)
    for signal, count in other.items():
        name = signal if signal in total or len(total) < _MOST_SIGNALS else _OTHER_SIGNALS
        total[name] = added(total.get(name, 0), count)
    return total


def _time(ms: int | None) -> datetime | None:
    return None if ms is None else from_epoch_ms(ms)
