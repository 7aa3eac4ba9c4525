"""Converts what devices send into the catalogue's units."""

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from math import lcm
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from foreworn.errors import ConfigurationError
from foreworn.telemetry.signal import Signal, SignalCatalogue, SignalType

# Narrower than what pint reads: it would also work out 9^9^9.
_FACTOR = r"(?:1|%|°?[A-Za-zµμΩ_][A-Za-z0-9µμΩ_]*)(?:(?:\^|\*\*)-?[1-9]|[²³])?"
_UNIT = re.compile(rf"{_FACTOR}(?:\s*[*/·. ]\s*{_FACTOR})*")

if TYPE_CHECKING:
    import pint

Number = TypeVar("Number", float, NDArray[np.float64])


@dataclass(frozen=True, slots=True)
class Conversion:
    """An affine change of unit, `(slope * value + shift) / divisor`.

    The three are whole numbers where the units allow, so that 212 degF is exactly 100 degC.
    """

    slope: float
    shift: float
    divisor: float

    def convert(self, value: Number) -> Number:
        """Return `value` in the other unit; too large for a double is infinite."""
        return (self.slope * value + self.shift) / self.divisor

    def inverse(self) -> "Conversion":
        """Return the way back; there and back may differ from the value in its last bit."""
        return Conversion(self.divisor, -self.shift, self.slope)


def conversion_of(signal: Signal) -> Conversion | None:
    """Return how to convert what devices send of `signal`, or None where they send its own unit.

    Raises
    ------
    ConfigurationError
        If the unit it is sent in cannot be converted to its own, or it is no float.

    Examples
    --------
    >>> conversion_of(Signal("oil_temperature", "degC", sent_unit="degF")).convert(212.0)
    100.0
    >>> conversion_of(Signal("vibration_rms", "mm/s", sent_unit="in/s")).convert(1.0)
    25.4
    """
    if not signal.sent_unit or signal.sent_unit == signal.unit:
        return None
    if signal.type is not SignalType.FLOAT:
        raise ConfigurationError(
            f"signal {signal.name!r} is sent in {signal.sent_unit!r} and kept in {signal.unit!r}, but only a float can "
            f"be converted, and it is of type {signal.type}: make it a float, or leave its sent unit empty"
        )
    try:
        return _conversion(signal.sent_unit, signal.unit)
    except _NotConvertible as error:
        raise ConfigurationError(
            f"signal {signal.name!r} is sent in {signal.sent_unit!r}, which cannot be converted to its unit "
            f"{signal.unit!r} ({error}): mend the two in the signal catalogue"
        ) from error


def check_units(catalogue: SignalCatalogue) -> None:
    """Check that every signal that is sent in another unit than its own can be converted.

    Raises
    ------
    ConfigurationError
        If one cannot.
    """
    for _, signal in catalogue:
        conversion_of(signal)


class _NotConvertible(Exception):
    pass


@lru_cache(maxsize=1024)
def _conversion(sent: str, kept: str) -> Conversion:
    import pint

    for text in (sent, kept):
        if not _UNIT.fullmatch(text):
            raise _NotConvertible(f"{text!r} does not read as a unit such as mm/s, m^3/h or degC")
    try:
        at = _converted(_registry(), sent, kept)
    except pint.UndefinedUnitError as error:
        raise _NotConvertible(str(error)) from error
    except (pint.PintError, TypeError) as error:  # TypeError: a logarithm, which no fraction has
        raise _NotConvertible("it takes more than a factor and an offset") from error
    slope, shift = at[1] - at[0], at[0]
    divisor = lcm(slope.denominator, shift.denominator)
    return Conversion(float(slope * divisor), float(shift * divisor), float(divisor))


def _converted(units: "pint.UnitRegistry[Fraction]", sent: str, kept: str) -> list[Fraction]:
    """Return what 0 and 1 of the one are of the other, exactly."""
    source, target = units.Unit(sent), units.Unit(kept)
    # The radian counts as a part: were it just 1, 1 rpm would in silence be 6.28 per minute.
    root, other = (set(units.Quantity(Fraction(1), unit).to_root_units().unit_items()) for unit in (source, target))
    if root != other:
        raise _NotConvertible("they are units of different quantities")
    return [Fraction(units.Quantity(Fraction(value), source).to(target).magnitude) for value in (0, 1)]


@cache
def _registry() -> "pint.UnitRegistry[Fraction]":
    import pint  # only here and above: it takes long to load, and few fleets need it

    return pint.UnitRegistry(non_int_type=Fraction)
