from datetime import UTC, datetime, time, timedelta

import pytest

from foreworn.planning.working_week import WorkingWeek

WEEKDAYS = WorkingWeek(opens=time(7), closes=time(15, 30), days=(0, 1, 2, 3, 4))
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        pytest.param(MONDAY + 5 * HOUR, MONDAY + 7 * HOUR, id="before work: when it opens"),
        pytest.param(MONDAY + 9.5 * HOUR, MONDAY + 9.5 * HOUR, id="at work: at once"),
        pytest.param(MONDAY + 15.5 * HOUR, MONDAY + 31 * HOUR, id="at closing time: tomorrow"),
        pytest.param(MONDAY + timedelta(days=5, hours=9), MONDAY + timedelta(days=7, hours=7), id="Saturday: Monday"),
    ],
)
def test_work_begins_at_the_next_opening(moment: datetime, opening: datetime) -> None:
    assert WEEKDAYS.next_opening(moment) == opening


def test_the_hours_that_come_next_end_on_their_own_day() -> None:
    assert WEEKDAYS.next_closing(MONDAY + timedelta(days=4, hours=20)) == MONDAY + timedelta(days=7, hours=15.5)


def test_without_a_word_the_team_works_every_day() -> None:
    sunday_noon = MONDAY - 12 * HOUR
    assert WorkingWeek().next_opening(sunday_noon) == sunday_noon


@pytest.mark.parametrize(
    "wrong", [{"opens": time(9), "closes": time(9)}, {"days": ()}, {"days": (0, 7)}], ids=["no hours", "no days", "8th"]
)
def test_a_week_in_which_nobody_works_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="working day"):
        WorkingWeek(**wrong)  # type: ignore[arg-type]
