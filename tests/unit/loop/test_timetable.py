from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreworn.loop.jobs import Job
from foreworn.loop.timetable import Routine, enqueue_due, time_of
from tests.unit.loop.repair_shop import DAY, HOUR, NOW, RepairShop

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
LABEL = Routine("label", DAY, each=True)
PROPOSE = Routine("propose", 6 * HOUR)
REPLENISH = Routine("replenish", DAY, offset=5 * HOUR)


def put(shop: RepairShop, start: datetime, end: datetime) -> int:
    with shop.operations.transaction() as tx:
        return enqueue_due(tx, (LABEL, PROPOSE, REPLENISH), start, end)


def pending(shop: RepairShop) -> list[Job]:
    with shop.operations.reading() as tx:
        return tx.jobs.pending()


@pytest.mark.parametrize(
    ("routine", "start", "end", "expected"),
    [
        pytest.param(PROPOSE, 0, 6, [6], id="the end of the time belongs to it"),
        pytest.param(PROPOSE, 6, 6, [], id="no time, nothing due"),
        pytest.param(PROPOSE, 6, 11, [], id="what was due at the beginning is not due again"),
        pytest.param(PROPOSE, 1, 50, [48], id="of what was missed the latest stands for all"),
        pytest.param(LABEL, 1, 50, [24, 48], id="where each counts, each is made up for"),
        pytest.param(REPLENISH, 0, 30, [29], id="the offset of the second day"),
        pytest.param(REPLENISH, 5, 28, [], id="between two offsets"),
    ],
)
def test_what_is_due(routine: Routine, start: int, end: int, expected: list[int]) -> None:
    found = routine.due_in(MIDNIGHT + start * HOUR, MIDNIGHT + end * HOUR)
    assert found == [MIDNIGHT + hours * HOUR for hours in expected]


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 500), min_size=2, max_size=6).map(sorted), st.sampled_from([1, 5, 24]))
def test_however_often_one_looks_each_time_comes_once(looks: list[int], every: int) -> None:
    routine = Routine("label", every * HOUR, offset=HOUR / 2, each=True)
    times = [MIDNIGHT + look * HOUR for look in looks]
    by_looks = [t for start, end in pairwise(times) for t in routine.due_in(start, end)]
    assert by_looks == routine.due_in(times[0], times[-1])
    assert len(set(by_looks)) == len(by_looks)


def test_a_job_of_a_time_is_put_once_whoever_looks_and_from_wherever(shop: RepairShop) -> None:
    assert put(shop, MIDNIGHT - DAY, MIDNIGHT) == 3
    assert put(shop, MIDNIGHT - 2 * DAY, MIDNIGHT) == 1
    assert [(job.key, job.due) for job in pending(shop)] == [
        ("label:2026-03-01T00:00:00Z", MIDNIGHT - DAY),
        ("replenish:2026-03-01T05:00:00Z", MIDNIGHT - 19 * HOUR),
        ("label:2026-03-02T00:00:00Z", MIDNIGHT),
        ("propose:2026-03-02T00:00:00Z", MIDNIGHT),
    ]


def test_a_job_that_is_tried_again_stands_for_the_same_time(shop: RepairShop) -> None:
    """The labels of a day would be those of another otherwise, and the day's own never come."""
    put(shop, MIDNIGHT - HOUR, MIDNIGHT)
    with shop.operations.transaction() as tx:
        job = tx.jobs.lease("w1", now=NOW, until=NOW + HOUR, kinds=frozenset({"label"}))
        assert job is not None
        tx.jobs.fail(job.key, "w1", now=NOW, why="away", again=NOW + timedelta(minutes=2))
    [again] = [job for job in pending(shop) if job.kind == "label"]
    assert (again.due, time_of(again)) == (NOW + timedelta(minutes=2), MIDNIGHT)
