from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from foreworn.planning.capacity import TeamHours, best_within, team_hours
from foreworn.planning.technician import Technician
from foreworn.planning.work_order import Booking, WorkOrder, WorkOrderKind, WorkOrderState

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ORDER = WorkOrder("WO-1", "p1", "bearing", WorkOrderKind.PREDICTIVE, NOW, WorkOrderState.APPROVED, labour=4 * HOUR)
Job = tuple[int, int]
"""(worth, hours)"""


def _best(jobs: list[Job], hours: int) -> list[Job]:
    return best_within(jobs, hours * HOUR, value=lambda job: job[0], labour=lambda job: job[1] * HOUR)


@given(st.lists(st.tuples(st.integers(1, 1_000), st.integers(0, 12)), max_size=8), st.integers(0, 30))
@settings(derandomize=True, max_examples=200)
def test_what_is_taken_fits_and_is_worth_at_least_half_of_the_best(jobs: list[Job], hours: int) -> None:
    taken = _best(jobs, hours)
    assert sum(h for _, h in taken) <= hours
    every = (some for size in range(len(jobs) + 1) for some in combinations(jobs, size))
    best = max(sum(w for w, _ in some) for some in every if sum(h for _, h in some) <= hours)
    assert 2 * sum(w for w, _ in taken) >= best


def test_many_small_jobs_go_before_a_large_one_that_is_worth_less() -> None:
    assert _best([(100, 10), (60, 4), (60, 4)], 10) == [(60, 4), (60, 4)]


def test_without_an_end_of_hours_everything_is_taken() -> None:
    assert best_within([3, 1], None, value=float, labour=lambda _: HOUR) == [3, 1]


@pytest.mark.parametrize(
    ("order", "planned"),
    [
        pytest.param(ORDER, 4, id="approved without a date: now"),
        pytest.param(replace(ORDER, due=NOW - 30 * DAY), 4, id="overdue: now"),
        pytest.param(replace(ORDER, due=NOW + 8 * DAY), 0, id="due next week: not this week"),
        pytest.param(
            replace(ORDER, due=NOW, booking=Booking("ada", NOW + 7 * DAY, NOW + 8 * DAY)), 0, id="booked for next week"
        ),
        pytest.param(replace(ORDER, state=WorkOrderState.PROPOSED), 0, id="only proposed: nobody has said yes"),
        pytest.param(replace(ORDER, state=WorkOrderState.COMPLETED), 0, id="done"),
        pytest.param(replace(ORDER, state=WorkOrderState.IN_PROGRESS, due=NOW + 9 * DAY), 4, id="going on"),
    ],
)
def test_an_order_takes_hours_of_the_week_in_which_it_is_done(order: WorkOrder, planned: int) -> None:
    assert team_hours([], [order], NOW).planned == planned * HOUR


def test_the_team_has_the_hours_of_those_who_can_be_given_jobs() -> None:
    team = [Technician("ada", "Ada", 38 * HOUR), Technician("bob", "Bob", 20 * HOUR, active=False)]
    assert team_hours(team, [ORDER], NOW).free == 34 * HOUR
    assert team_hours(team[1:], [], NOW).free == timedelta(0)


def test_nothing_is_capped_while_nobody_has_said_who_the_team_is() -> None:
    assert team_hours([], [ORDER], NOW).free is None


def test_a_team_with_too_much_to_do_has_no_hours_left_rather_than_fewer_than_none() -> None:
    assert TeamHours(4 * HOUR, 9 * HOUR).free == timedelta(0)
