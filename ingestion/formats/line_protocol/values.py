"""What the values, names and times of a line mean to the platform."""

import math
import re
from datetime import datetime

from foreworn.errors import Rejected
from foreworn.telemetry.sample import from_epoch_ms
from foreworn.telemetry.signal import SignalValue
from ingestion.formats.line_protocol.line import Text
from ingestion.formats.native_json.members import has_control
from ingestion.formats.values import shown

TELEMETRY = "telemetry"
"""The measurement whose fields are signals as they stand."""

LONGEST_NAME = 128
LEAST_NS = 365 * 24 * 3600 * 10**9  # 1971: what lies before is a time in another unit, or a clock that was never set
MOST_NS = 2**63 - 1
_NS_PER_MS = 1_000_000
_NUMBER = re.compile(r"-?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?", re.ASCII)
_WHOLE = re.compile(r"(-?[0-9]++)i|([0-9]++)u", re.ASCII)
_BOOLEANS = frozenset({"t", "T", "true", "True", "TRUE", "f", "F", "false", "False", "FALSE"})
_NOT_FINITE = re.compile(r"[+-]?(?:nan|inf|infinity)", re.IGNORECASE | re.ASCII)
_REMEDY = "give nanoseconds since 1970, such as 1767225600000000000"
_LONGEST_NUMBER = 400  # a double has no more digits than that to tell it from its neighbours


def signal_name(measurement: str, field: str) -> str:
    """Return the signal that a field of a measurement is.

    Examples
    --------
    >>> signal_name("telemetry", "vibration"), signal_name("vibration", "value"), signal_name("pump", "flow")
    ('vibration', 'vibration', 'pump_flow')
    """
    if measurement == TELEMETRY:
        return field
    return measurement if field == "value" else f"{measurement}_{field}"


def is_name(name: str) -> bool:
    """Tell whether a signal may be called so."""
    return 0 < len(name) <= LONGEST_NAME and not has_control(name)


def check_name(name: str) -> None:
    """Hold a signal's name to what names may be.

    Raises
    ------
    Rejected
        As `unknown_signal`.
    """
    if not is_name(name):
        raise Rejected(
            "unknown_signal",
            f"signal {shown(name)}: a name has 1 to {LONGEST_NAME} characters, none a control character",
        )


def read_value(name: str, value: Text | str) -> SignalValue:
    """Return a field's value.

    Raises
    ------
    Rejected
        As `wrong_type` or `not_finite` if it is a value that no signal has; as `unreadable` if it is none.
    """
    if isinstance(value, Text):
        return value.content
    if whole := _WHOLE.fullmatch(value):
        return _whole(name, value, whole)
    if _NUMBER.fullmatch(value):
        return _float(name, value)
    if value in _BOOLEANS:
        raise Rejected("wrong_type", f"signal {shown(name)} is {value}: a value is a number or a text")
    if _NOT_FINITE.fullmatch(value):
        raise _not_finite(name, value)
    raise Rejected(
        "unreadable",
        f"the value of {shown(name)} is {shown(value)}: it must be a number, a whole number that ends in i or u, "
        'or a text in "quotes"',
    )


def _whole(name: str, value: str, found: "re.Match[str]") -> int:
    digits = found[1] or found[2]
    least, most = (-(2**63), 2**63 - 1) if found[1] else (0, 2**64 - 1)
    number = int(digits) if len(digits.lstrip("-0")) <= 20 else most + 1  # int() refuses thousands of digits
    if not least <= number <= most:
        raise Rejected("wrong_type", f"signal {shown(name)} is {shown(value)}: 2^63-1 is the largest i, 2^64-1 u")
    return number


def _float(name: str, value: str) -> float:
    if len(value) > _LONGEST_NUMBER:
        raise Rejected("wrong_type", f"signal {shown(name)} is a number of {len(value)} characters")
    number = float(value)
    if not math.isfinite(number):
        raise _not_finite(name, value)
    return number


def _not_finite(name: str, value: str) -> Rejected:
    return Rejected("not_finite", f"signal {shown(name)} is {shown(value)}: leave out a signal that has no reading")


def read_time(text: str) -> datetime:
    """Return a line's time, cut to the millisecond.

    Raises
    ------
    Rejected
        As `bad_time`.
    """
    if not text:
        raise Rejected("bad_time", f"the line has no time: {_REMEDY}")
    ns = int(text) if text.isascii() and text.isdigit() and len(text) <= 19 else -1
    if not LEAST_NS <= ns <= MOST_NS:
        raise Rejected("bad_time", f"the time is {shown(text)}: {_REMEDY}")
    return from_epoch_ms(ns // _NS_PER_MS)
