"""Units are converted exactly where they can be, and refused where they cannot."""

import numpy as np
import pytest

from foreworn.errors import ConfigurationError
from foreworn.telemetry.signal import Signal, SignalCatalogue, SignalType
from foreworn.telemetry.units import check_units, conversion_of


@pytest.mark.parametrize(
    ("sent", "kept", "value", "expected"),
    [
        pytest.param("degF", "degC", 212.0, 100.0, id="boiling water, to the last bit"),
        pytest.param("°F", "°C", -40.0, -40.0, id="where the two scales cross"),
        pytest.param("K", "degC", 273.15, 0.0, id="an offset alone"),
        pytest.param("degC", "degF", 37.0, 98.6, id="the other way"),
        pytest.param("in/s", "mm/s", 1.0, 25.4, id="a factor"),
        pytest.param("psi", "kPa", 1.0, 6.894757293168361, id="a long factor"),
        pytest.param("l/min", "m^3/h", 1000.0, 60.0, id="a power"),
        pytest.param("rpm", "rad/s", 60.0, pytest.approx(2 * np.pi, rel=1e-15), id="revolutions are angles"),
        pytest.param("%", "1", 50.0, 0.5, id="a share"),
    ],
)
def test_a_value_is_converted(sent: str, kept: str, value: float, expected: float) -> None:
    conversion = conversion_of(Signal("x", kept, sent_unit=sent))
    assert conversion is not None
    assert conversion.convert(value) == expected
    assert conversion.convert(np.array([value]))[0] == expected
    assert conversion.inverse().convert(conversion.convert(value)) == pytest.approx(value, rel=1e-15)


def test_a_signal_sent_in_its_own_unit_is_left_alone() -> None:
    assert conversion_of(Signal("x", "mm/s")) is None
    assert conversion_of(Signal("x", "no unit at all", sent_unit="no unit at all")) is None


@pytest.mark.parametrize(
    ("sent", "kept", "why"),
    [
        pytest.param("degF", "bar", "units of different quantities", id="different quantities"),
        pytest.param("rpm", "1/min", "units of different quantities", id="a revolution is not 1, or it would be 6.28"),
        pytest.param("C", "degC", "units of different quantities", id="coulombs"),
        pytest.param("furlongz", "m", "'furlongz' is not defined", id="an unknown unit"),
        pytest.param("dBm", "mW", "more than a factor and an offset", id="a logarithm"),
        pytest.param("9**9**9", "1", "does not read as a unit", id="a sum that would never end"),
        pytest.param("mm/s", "", "does not read as a unit", id="no unit to convert to"),
    ],
)
def test_what_cannot_be_converted_is_a_mistake_in_the_configuration(sent: str, kept: str, why: str) -> None:
    with pytest.raises(ConfigurationError, match="signal 'x'") as refused:
        check_units(SignalCatalogue({"px": [Signal("x", kept, sent_unit=sent)]}))
    assert why in str(refused.value)


@pytest.mark.parametrize("kind", [SignalType.INTEGER, SignalType.COUNTER, SignalType.STATE])
def test_only_floats_are_converted(kind: SignalType) -> None:
    with pytest.raises(ConfigurationError, match="make it a float"):
        conversion_of(Signal("x", "s", kind, sent_unit="h"))
