"""What arrives broken in the golden history: values of good messages, and messages that are no good at all."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from foreworn.telemetry import wire
from foreworn.telemetry.sample import Event, LogLine, Sample
from simulators.golden.script import START

Entry = Sample | Event | LogLine


@dataclass(frozen=True, slots=True)
class BrokenValue:
    """One value of one sample that arrives as `spelled`, raw JSON, and is refused for `reason`."""

    device: str
    time: datetime
    signal: str
    spelled: str
    reason: str


@dataclass(frozen=True, slots=True)
class BrokenMessage:
    """One message that is refused whole for `reason`."""

    device: str
    received_at: datetime
    payload: bytes
    reason: str


def _at(day: int, hour: int) -> datetime:
    return START + timedelta(days=day, hours=hour)


BROKEN_VALUES = (
    BrokenValue("pump-1", _at(3, 7), "bearing_temperature", "850.0", "out_of_range"),
    BrokenValue("pump-1", _at(16, 20), "discharge_pressure", "19.0", "out_of_range"),
    BrokenValue("pump-2", _at(9, 4), "discharge_pressure", '"6.1 bar"', "wrong_type"),
    BrokenValue("pump-2", _at(18, 15), "run_state", '"idling"', "unknown_state"),
    BrokenValue("gateway-7", _at(5, 11), "vibration_rms", "NaN", "not_finite"),
    BrokenValue("gateway-7", _at(24, 2), "oil_level", "0.71", "unknown_signal"),
)
"""A pressure of 19 bar is refused from a cp-100 only: a cp-200 can reach it."""

_VALUES = '"values":{"vibration_rms":2.2}}'
BROKEN_MESSAGES = (
    BrokenMessage("pump-1", _at(2, 13), b'{"ts":1767790800000,"values":{"vibra', "unreadable"),
    BrokenMessage("gateway-7", _at(11, 8), b"\x00\xff\xfe\x9ctelemetry\x80", "unreadable"),
    BrokenMessage("pump-9", _at(6, 17), b'{"ts":1768150800000,"seq":1,' + _VALUES.encode(), "unknown_device"),
    BrokenMessage("pump-2", _at(12, 21), b'{"ts":1800000000000,' + _VALUES.encode(), "future_time"),
    BrokenMessage("pump-1", _at(20, 9), b'{"ts":"2026-01-25 09:00",' + _VALUES.encode(), "bad_time"),
    BrokenMessage("gateway-7", _at(26, 6), b"{" + _VALUES.encode(), "bad_time"),
)


def without_broken(sample: Sample) -> Sample:
    """Return what a reader gets from a sample: its values without the broken ones."""
    broken = {value.signal for value in _broken_in(sample)}
    return Sample(sample.device, sample.time, {n: v for n, v in sample.values.items() if n not in broken}, sample.seq)


def break_values(entry: Entry) -> bytes | None:
    """Return the payload of a sample with broken values, or None where nothing of the entry is broken."""
    broken = _broken_in(entry) if isinstance(entry, Sample) else ()
    if not broken or not isinstance(entry, Sample):
        return None
    good = wire.encode_sample(without_broken(entry)).decode()
    bad = ",".join(f'"{value.signal}":{value.spelled}' for value in broken)
    return f"{good.removesuffix('}}')},{bad}}}}}".encode()


def _broken_in(sample: Sample) -> tuple[BrokenValue, ...]:
    return tuple(v for v in BROKEN_VALUES if (v.device, v.time) == (sample.device, sample.time))


def broken_reasons() -> dict[str, int]:
    """Return how many refusals the golden history holds, by reason."""
    reasons = [broken.reason for broken in (*BROKEN_VALUES, *BROKEN_MESSAGES)]
    return {reason: reasons.count(reason) for reason in sorted(set(reasons))}
