"""Holds what was decoded against the fleet: known devices, known signals, possible values, believable times."""

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from foreworn.clock import Clock
from foreworn.errors import Rejected
from foreworn.settings import IngestionSettings, UnknownDevices
from foreworn.telemetry.quarantine import Rejection
from foreworn.telemetry.sample import Event, LogLine, Sample, Status, to_epoch_ms
from foreworn.telemetry.signal import LARGEST_INTEGER, Signal, SignalType, SignalValue
from foreworn.telemetry.units import conversion_of
from foreworn.telemetry.wire import parse_topic
from ingestion.formats.message import MOST_REFUSALS, Contents, Message, condense
from ingestion.formats.values import shown, whole
from ingestion.reception.directory import DeviceDirectory, Stay
from ingestion.reception.rates import RatesOfChange


class Validator:
    """Checks the contents of messages, entry by entry and value by value.

    What an unknown device sends is quarantined, or let go, counted only; or, where the settings allow, it is
    registered as a machine of its own (see `RegistryDirectory.register`) as soon as it sends an entry that can
    be read. Numbers that are let go are not acknowledged to the device: they are not durable.

    Parameters
    ----------
    directory
        Devices and signals.
    clock
        The platform's clock: "far in the future" is judged by it.
    settings
        What the collector accepts.
    """

    def __init__(self, directory: DeviceDirectory, clock: Clock, settings: IngestionSettings) -> None:
        self.directory = directory
        self.settings = settings
        self.rates = RatesOfChange()
        self._clock = clock

    def validate(self, contents: Contents, message: Message) -> Contents:
        """Return the contents without what is refused; its rejections are those of the decoder and ours, condensed.

        Raises
        ------
        StoreUnavailable
            If the registry has to be asked and cannot answer; the same call may succeed later.
        """
        rejections = list(contents.rejections)
        device = contents.device
        if device is not None and self._is_let_go(device):
            return Contents(device=device, refused=1)
        if device is not None and _has_entries(contents) and not self._is_known(contents, message):
            rejections.append(message.reject("unknown_device", _unknown(device), device=device))
            return replace(contents, samples=(), events=(), logs=(), statuses=(), rejections=condense(rejections))
        now = self._clock.now()
        check = _EntryCheck(self.directory, self.rates, now, now + self.settings.future_tolerance, message, rejections)
        checked = replace(
            contents,
            samples=tuple(s for s in map(check.sample, contents.samples) if s is not None),
            events=tuple(e for e in contents.events if check.is_placed(e)),
            logs=tuple(line for line in contents.logs if check.is_placed(line)),
            statuses=tuple(s for s in contents.statuses if check.is_status_good(s)),
        )
        rejections += check.rest()
        return replace(checked, rejections=condense(rejections), seqs=check.heard(contents.seqs))

    def _is_let_go(self, device: str) -> bool:
        return self.settings.unknown_devices is UnknownDevices.REFUSE and not self.directory.knows(device)

    def _is_known(self, contents: Contents, message: Message) -> bool:
        device = contents.device or ""
        if self.directory.knows(device):
            return True
        if self.settings.unknown_devices is not UnknownDevices.REGISTER:
            return False
        stamped: list[Sample | Event | LogLine] = [*contents.samples, *contents.events, *contents.logs]
        first_heard = min([*(entry.time for entry in stamped), message.received_at])
        self.directory.register(device, parse_topic(message.topic).site, first_heard)
        return True


FIRST_BELIEVED = datetime(1971, 1, 1, tzinfo=UTC)


def _in_epoch_year(time: datetime) -> Rejected:
    """Return the refusal of a time that no living device can mean: seconds for milliseconds, or a clock never set."""
    return Rejected("bad_time", f"{time:%Y-%m-%d %H:%M:%S} UTC: is 'ts' in seconds? Send milliseconds since 1970")


class _EntryCheck:
    """Checks the entries of one message."""

    def __init__(
        self,
        directory: DeviceDirectory,
        rates: RatesOfChange,
        now: datetime,
        latest: datetime,
        message: Message,
        rejections: list[Rejection],
    ) -> None:
        self._directory = directory
        self._rates = rates
        self._now = now
        self._latest = latest
        self._message = message
        self._rejections = rejections
        self._most = len(rejections) + MOST_REFUSALS
        self._left: list[Sample | Event | LogLine | Status] = []
        self._values_left = 0

    @property
    def _is_full(self) -> bool:
        return len(self._rejections) >= self._most

    def rest(self) -> tuple[Rejection, ...]:
        """Return the quarantine entry of what was not looked into, if anything was not."""
        if not self._left and not self._values_left:
            return ()
        parts = [
            f"the last {self._values_left:,} signals of an entry" if self._values_left else "",
            f"the last {len(self._left):,} of the entries that can be read" if self._left else "",
        ]
        rest = ", ".join(filter(None, parts))
        return (self._message.leave(rest, device=parse_topic(self._message.topic).device),)

    def heard(self, seqs: tuple[int, ...]) -> tuple[int, ...]:
        """Return the numbers without those of entries that were not looked into."""
        left = {entry.seq for entry in self._left if not isinstance(entry, Status)}
        return tuple(seq for seq in seqs if seq not in left) if left else seqs

    def sample(self, sample: Sample) -> Sample | None:
        if self._is_left(sample):
            return None
        stay = self._stay(sample)
        if stay is None:
            return None
        good: dict[str, SignalValue] = {}
        for place, (name, value) in enumerate(sample.values.items()):
            if self._is_full:
                self._values_left = len(sample.values) - place
                break
            try:
                good[name] = self._value(stay, sample, name, value)
            except Rejected as refused:
                self._reject(refused, sample.device, signal=name)
        return Sample(sample.device, sample.time, good, sample.seq) if good else None

    def is_placed(self, entry: Event | LogLine) -> bool:
        return not self._is_left(entry) and self._stay(entry) is not None

    def is_status_good(self, status: Status) -> bool:
        if self._is_left(status):
            return False
        if status.time is None or status.time <= self._latest:
            return True
        self._reject(self._future(status.time), status.device)
        return False

    def _is_left(self, entry: Sample | Event | LogLine | Status) -> bool:
        if self._is_full:
            self._left.append(entry)
        return self._is_full

    def _stay(self, entry: Sample | Event | LogLine) -> Stay | None:
        if entry.time > self._latest:
            self._reject(self._future(entry.time), entry.device)
            return None
        if entry.time < FIRST_BELIEVED:
            self._reject(_in_epoch_year(entry.time), entry.device)
            return None
        stay = self._directory.stay_of(entry.device, entry.time)
        if stay is None:
            detail = f"device {entry.device!r} was attached to no machine at {entry.time.isoformat()}"
            self._reject(Rejected("unknown_device", detail), entry.device)
        return stay

    def _value(self, stay: Stay, sample: Sample, name: str, value: SignalValue) -> SignalValue:
        signal = self._directory.signal(stay.model, name)
        if signal is None:
            raise Rejected(
                "unknown_signal", f"machine model {stay.model!r} has no signal {name!r}: add it to the signal catalogue"
            )
        good = _CHECKS[signal.type](signal, value)
        if signal.most_per_second is not None and not isinstance(good, str):
            self._rates.take(signal, sample.device, stay.first_ms, to_epoch_ms(sample.time), good)
        return good

    def _future(self, time: datetime) -> Rejected:
        return Rejected(
            "future_time",
            f"the time {time.isoformat()} lies {_about(time - self._now)} ahead of the platform's clock, past the "
            f"tolerance FOREWORN_INGESTION__FUTURE_TOLERANCE of {_about(self._latest - self._now)}: set the device's "
            "clock",
        )

    def _reject(self, refused: Rejected, device: str, signal: str | None = None) -> None:
        self._rejections.append(self._message.reject(refused.code, refused.detail, device=device, signal=signal))


def _about(span: timedelta) -> str:
    """Return a span in the unit that a person would say it in."""
    for name, unit in (("days", timedelta(days=1)), ("h", timedelta(hours=1)), ("min", timedelta(minutes=1))):
        if span >= 2 * unit:
            return f"{round(span / unit, 1):,g} {name}" if span < 1000 * unit else f"{span / unit:,.0f} {name}"
    return f"{span.total_seconds():g} s"


def _has_entries(contents: Contents) -> bool:
    return bool(contents.samples or contents.events or contents.logs or contents.statuses)


def _unknown(device: str) -> str:
    return (
        f"device {device!r} is not in the registry: attach it to a machine, or set "
        "FOREWORN_INGESTION__UNKNOWN_DEVICES=register"
    )


def _float(signal: Signal, value: SignalValue) -> float:
    if isinstance(value, str):
        raise _wrong_type(signal, value, "a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    conversion = conversion_of(signal)
    if conversion is None:
        _check_range(signal, number)
        return number
    converted = conversion.convert(number)
    _check_range(signal, converted, f"{shown(value)} {signal.sent_unit}, ")
    return converted


def _integer(signal: Signal, value: SignalValue) -> int:
    number = whole(value)
    if number is None or not -LARGEST_INTEGER - 1 <= number <= LARGEST_INTEGER:
        raise _wrong_type(signal, value, "a whole number from -2^63 to 2^63-1")
    _check_range(signal, number)
    return number


def _state(signal: Signal, value: SignalValue) -> str:
    if not isinstance(value, str):
        raise _wrong_type(signal, value, "a text")
    if signal.states and value not in signal.states:
        raise Rejected(
            "unknown_state", f"signal {signal.name!r} is {shown(value)}: it must be one of {', '.join(signal.states)}"
        )
    return value


def _wrong_type(signal: Signal, value: SignalValue, wanted: str) -> Rejected:
    return Rejected("wrong_type", f"signal {signal.name!r} is {shown(value)}: a {signal.type} signal must be {wanted}")


def _check_range(signal: Signal, value: float, sent: str = "") -> None:
    too_low = signal.low is not None and value < signal.low
    too_high = signal.high is not None and value > signal.high
    if too_low or too_high or math.isinf(value):
        low = "-inf" if signal.low is None else f"{signal.low:g}"
        high = "inf" if signal.high is None else f"{signal.high:g}"
        unit = f" {signal.unit}" if signal.unit else ""
        raise Rejected(
            "out_of_range", f"signal {signal.name!r} is {sent}{shown(value)}{unit}: possible is {low} to {high}{unit}"
        )


_CHECKS: dict[SignalType, Callable[[Signal, SignalValue], SignalValue]] = {
    SignalType.FLOAT: _float,
    SignalType.INTEGER: _integer,
    SignalType.STATE: _state,
    SignalType.COUNTER: _integer,
}
