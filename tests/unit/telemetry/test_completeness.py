"""How complete a signal is: what was promised, and what may slip into the next hour."""

from datetime import timedelta

import pytest

from foreworn.telemetry.completeness import completeness

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.mark.parametrize(
    ("counts", "cadence", "expected"),
    [
        pytest.param([60] * 24, MINUTE, 1.0, id="all of it"),
        pytest.param([60] * 23 + [0], MINUTE, 23 / 24, id="an hour is missing"),
        pytest.param([0] * 24, MINUTE, 0.0, id="nothing came"),
        pytest.param([600] * 12 + [0] * 12, MINUTE, 0.5 + 1 / 1440, id="many in one hour do not make up for another"),
        pytest.param([59, 61, 60], MINUTE, 1.0, id="one slips into the next hour"),
        pytest.param([61, 59, 60], MINUTE, 1.0, id="one comes an hour early"),
        pytest.param([58, 62], MINUTE, 119 / 120, id="two do not slip"),
        pytest.param([8, 9, 8], 7 * MINUTE, 1.0, id="a cadence that divides no hour"),
        pytest.param([1, 0, 0, 1, 0, 0], 3 * HOUR, 1.0, id="three hours"),
        pytest.param([5, 1, 0, 0, 0, 0, 0], 3 * HOUR, 0.5, id="whole stretches end with the last hour"),
        pytest.param([0] * 23 + [1], 24 * HOUR, 1.0, id="once a day"),
        pytest.param([9, 9], 3 * HOUR, None, id="too short a time for its cadence"),
        pytest.param([1] * 24, 48 * HOUR, None, id="a day promises none"),
        pytest.param([], MINUTE, None, id="it sat on no machine"),
    ],
)
def test_readings_are_held_against_the_cadence(counts: list[int], cadence: timedelta, expected: float | None) -> None:
    assert completeness(counts, cadence) == (None if expected is None else pytest.approx(expected, abs=1e-12))
