from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreworn.planning.work_order import Booking
from simulators.people.crew_calendar import HOUR, CrewCalendar
from simulators.plant.supplies import CrewSpec

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def crew(people: int = 1, *, weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)) -> CrewSpec:
    return CrewSpec(id="one", people=people, from_hour=8, to_hour=16, weekdays=weekdays)


def booked(calendar: CrewCalendar, earliest: datetime, labour: timedelta) -> Booking:
    booking = calendar.book(earliest, labour)
    assert booking is not None
    return booking


@pytest.mark.parametrize(
    ("earliest", "labour", "start", "end"),
    [
        pytest.param(0, 3, 8, 11, id="not before the day begins"),
        pytest.param(9.5, 1, 10, 11, id="from the next full hour on"),
        pytest.param(14, 3, 14, 24 + 9, id="what outlasts the day goes on the next morning"),
        pytest.param(4 * 24 + 15, 2, 4 * 24 + 15, 7 * 24 + 9, id="and over the weekend"),
        pytest.param(5 * 24, 1, 7 * 24 + 8, 7 * 24 + 9, id="nobody works on Saturday"),
        pytest.param(8, 1.25, 8, 10, id="hours are booked whole"),
        pytest.param(8, 0, 8, 9, id="no job takes no time"),
    ],
)
def test_the_first_window_in_working_hours_is_promised(earliest: float, labour: float, start: int, end: int) -> None:
    booking = booked(CrewCalendar(crew(), timedelta(0)), MONDAY + earliest * HOUR, labour * HOUR)
    assert (booking.technician, booking.start, booking.end) == ("one", MONDAY + start * HOUR, MONDAY + end * HOUR)


def test_working_hours_are_local() -> None:
    assert booked(CrewCalendar(crew(), 10 * HOUR), MONDAY, HOUR).start == MONDAY
    assert booked(CrewCalendar(crew(), -3 * HOUR), MONDAY, HOUR).start == MONDAY + 11 * HOUR


JOBS = st.lists(st.tuples(st.integers(0, 100), st.integers(0, 12)), max_size=25)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(JOBS, st.integers(1, 3))
def test_nobody_is_ever_in_two_places(jobs: list[tuple[int, int]], people: int) -> None:
    """Each hour holds as many jobs as there are people at most, and none is left idle that could have been used."""
    calendar = CrewCalendar(crew(people), timedelta(0))
    bookings = [(booked(calendar, MONDAY + at * HOUR, labour * HOUR), at, labour) for at, labour in jobs]
    taken: Counter[datetime] = Counter()
    for booking, at, labour in bookings:
        hour, left = MONDAY + at * HOUR, max(labour, 1)
        used = []
        while left:
            if hour.weekday() < 5 and 8 <= hour.hour < 16 and taken[hour] < people:
                used.append(hour)
                left -= 1
            hour += HOUR
        taken.update(used)
        assert (booking.start, booking.end) == (used[0], used[-1] + HOUR)
    assert all(count <= people for count in taken.values())


def test_what_is_released_can_be_promised_again_and_nothing_else() -> None:
    calendar = CrewCalendar(crew(), timedelta(0))
    first, second = booked(calendar, MONDAY, 3 * HOUR), booked(calendar, MONDAY, 2 * HOUR)
    calendar.release(first)
    assert booked(calendar, MONDAY, 4 * HOUR).end == second.end + HOUR
    with pytest.raises(IndexError):
        calendar.release(first)


def test_a_crew_without_free_hours_promises_nothing_and_takes_none() -> None:
    calendar = CrewCalendar(crew(weekdays=(0,)), timedelta(0))
    assert calendar.book(MONDAY, 100 * HOUR) is None
    assert booked(calendar, MONDAY, HOUR).start == MONDAY + 8 * HOUR
