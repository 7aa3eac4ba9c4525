from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreworn.clock import ManualClock, ReplayClock, WallClock, grid_times

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_wall_time_is_aware_and_in_utc() -> None:
    assert WallClock().now().utcoffset() == timedelta(0)


def test_the_wall_clock_knows_nothing_finer_than_the_records_do() -> None:
    assert {WallClock().now().microsecond % 1000 for _ in range(50)} == {0}


def test_a_replay_stands_at_its_start_until_a_device_speaks() -> None:
    assert ReplayClock(START).now() == START


def test_the_slowest_device_tells_the_time() -> None:
    clock = ReplayClock(START)
    clock.observe("fast", START + 90 * timedelta(minutes=1))
    clock.observe("slow", START + HOUR)
    assert clock.now() == START + 90 * timedelta(minutes=1)  # the fast one was alone until then
    clock.observe("fast", START + 3 * HOUR)
    clock.observe("slow", START + 2 * HOUR)
    assert clock.now() == START + 2 * HOUR


def test_a_silent_device_holds_time_back_no_longer_than_the_idle_timeout() -> None:
    clock = ReplayClock(START, idle_timeout=2 * HOUR)
    clock.observe("silent", START + HOUR)
    clock.observe("talks", START + 9 * HOUR)
    assert clock.now() == START + 7 * HOUR


def test_time_lags_by_the_allowed_lateness() -> None:
    clock = ReplayClock(START, allowed_lateness=HOUR)
    clock.observe("pump", START + 3 * HOUR)
    assert clock.now() == START + 2 * HOUR


def test_the_end_of_a_replay_is_reached_whoever_is_silent() -> None:
    clock = ReplayClock(START)
    clock.observe("pump", START + HOUR)
    clock.end(START + 5 * HOUR)
    assert clock.now() == START + 5 * HOUR
    clock.end(START + 2 * HOUR)
    assert clock.now() == START + 5 * HOUR


@settings(derandomize=True, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(0, 5000)), max_size=40))
def test_replayed_time_never_goes_back(spoken: list[tuple[str, int]]) -> None:
    clock, before = ReplayClock(START, allowed_lateness=timedelta(minutes=7)), START
    for device, minutes in spoken:
        clock.observe(device, START + timedelta(minutes=minutes))
        assert before <= clock.now()
        before = clock.now()


def test_a_manual_clock_stands_where_it_is_put_and_never_goes_back() -> None:
    clock = ManualClock(START)
    clock.set(START + HOUR)
    clock.set(START + HOUR)
    assert clock.now() == START + HOUR
    with pytest.raises(ValueError, match="cannot go back"):
        clock.set(START)
    assert clock.now() == START + HOUR


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        pytest.param(START, START + 2 * HOUR, [1, 2], id="the start is out and the end is in"),
        pytest.param(START - timedelta(milliseconds=1), START + HOUR, [0, 1], id="just before a grid point"),
        pytest.param(START, START + HOUR / 2, [], id="no grid point within"),
        pytest.param(START, START, [], id="nothing"),
        pytest.param(START + HOUR, START, [], id="backwards"),
    ],
)
def test_grid_times_lie_after_the_start_up_to_the_end(start: datetime, end: datetime, hours: list[int]) -> None:
    assert grid_times(start, end, HOUR) == [START + h * HOUR for h in hours]


def test_the_grid_hangs_on_the_epoch_and_not_on_the_start() -> None:
    found = grid_times(START + HOUR, START + 25 * HOUR, timedelta(hours=12))
    assert [time.hour for time in found] == [12, 0]
