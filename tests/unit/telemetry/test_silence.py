"""When a device counts as silent."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from foreworn.telemetry.intake import DeviceProgress
from foreworn.telemetry.signal import Signal
from foreworn.telemetry.silence import Silence, cadence_of, silence_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PUMP = DeviceProgress("pump-7", last_spoke_at=NOW - 40 * MINUTE, state="online", state_since=NOW - 90 * MINUTE)


@pytest.mark.parametrize(
    ("usual", "cadence", "patience"),
    [
        pytest.param(10 * MINUTE, MINUTE, 30 * MINUTE, id="three times its usual gap"),
        pytest.param(10 * MINUTE, 35 * MINUTE, 35 * MINUTE, id="at least the cadence of the catalogue"),
        pytest.param(None, 12 * MINUTE, 36 * MINUTE, id="three cadences while its gap is not known"),
        pytest.param(2 * MINUTE / 120, MINUTE / 60, MINUTE, id="at least a minute"),
    ],
)
def test_a_device_that_stays_away_for_longer_than_it_ever_does_is_silent(
    usual: timedelta | None, cadence: timedelta, patience: timedelta
) -> None:
    pump = replace(PUMP, usual_gap=usual)
    assert silence_of(pump, cadence, NOW) == Silence(NOW - 40 * MINUTE, False, usual, patience)
    on_time = replace(pump, last_spoke_at=NOW - patience)
    assert silence_of(on_time, cadence, NOW) is None


def test_one_that_said_it_is_gone_is_silent_at_once_until_it_speaks_again() -> None:
    gone = replace(PUMP, state="offline", state_since=NOW - MINUTE)
    told = silence_of(gone, 60 * MINUTE, NOW)
    assert told is not None
    assert (told.since, told.said_goodbye) == (NOW - MINUTE, True)
    assert silence_of(replace(gone, last_spoke_at=NOW), 60 * MINUTE, NOW) is None


def test_one_that_never_spoke_is_not_silent() -> None:
    assert silence_of(replace(PUMP, last_spoke_at=None, state="offline"), MINUTE, NOW) is None


def test_a_device_is_heard_as_often_as_its_quickest_signal() -> None:
    assert cadence_of([Signal("a", cadence=10 * MINUTE), Signal("b", cadence=MINUTE)]) == MINUTE
    assert cadence_of([]) == 60 * MINUTE
