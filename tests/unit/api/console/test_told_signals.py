"""Signals told in words."""

from api.console.told_signals import newest_facts, state_changes
from api.reading.signals import Point, SignalSeries
from foreworn.telemetry.signal import Signal, SignalType, SignalValue
from tests.unit.api.seeded_fleet import HOUR, NOW

STATE = Signal("run_state", type=SignalType.STATE, states=("running", "standby"), label="Run state")
COUNTER = Signal("hours_run", "h", type=SignalType.COUNTER, label="Hours run")


def _series(signal: Signal, *values: SignalValue) -> SignalSeries:
    return SignalSeries(signal, "d", None, tuple(Point(NOW + HOUR * n, value) for n, value in enumerate(values)))


def test_only_changes_of_a_state_are_told_the_newest_first() -> None:
    (told,) = state_changes([_series(STATE, "running", "running", "standby", "standby", "running")])
    assert told.name == "Run state"
    assert told.newest == ((NOW + 4 * HOUR, "running"), (NOW + 2 * HOUR, "standby"))


def test_a_state_that_never_changed_has_no_table() -> None:
    assert state_changes([_series(STATE, "running", "running"), _series(COUNTER, 1.0, 2.0)]) == []


def test_a_long_row_of_changes_is_cut_to_the_newest() -> None:
    (told,) = state_changes([_series(STATE, *("running", "standby") * 20)])
    assert len(told.newest) == 8
    assert told.newest[0] == (NOW + 39 * HOUR, "standby")


def test_states_and_counters_say_where_they_stand() -> None:
    series = [_series(COUNTER, 18_203.0, 18_204.0), _series(STATE, "standby"), _series(Signal("vibration"), 3.0)]
    assert newest_facts(series) == ["Hours run 18,204 h", "Run state standby"]
