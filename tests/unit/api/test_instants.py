"""Times in and out."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from api.instants import EARLIEST, LATEST, format_instant, parse_instant


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.timedeltas(timedelta(0), LATEST - EARLIEST))
def test_what_is_written_can_be_read_to_the_millisecond(after: timedelta) -> None:
    time = EARLIEST + after
    read = parse_instant(format_instant(time))
    assert timedelta(0) <= time - read < timedelta(milliseconds=1)


def test_any_zone_is_read_as_utc() -> None:
    assert parse_instant("2026-01-01t01:30:00.250-05:00") == datetime(2026, 1, 1, 6, 30, 0, 250_000, tzinfo=UTC)
