"""What comes due is put in the queue, done and told, in one go; what could not be done stays due."""

from datetime import datetime

import pytest

from foreworn.errors import StoreUnavailable
from foreworn.loop.courier import Courier
from foreworn.loop.jobs import Job
from foreworn.loop.outbox import Message
from foreworn.loop.timetable import Routine
from foreworn.loop.worker import Worker
from foreworn.loop.working_day import WorkingDay
from tests.unit.loop.repair_shop import DAY, HOUR, NOW, RepairShop


class Day:
    """A day of one routine that tells of what it does."""

    def __init__(self, shop: RepairShop, *, each: bool = False, start: datetime = NOW) -> None:
        self.done: list[str] = []
        self.told: list[str] = []
        self._shop = shop
        routine = Routine("look", HOUR, each=each)
        worker = Worker(shop.operations, {"look": self._look}, shop.clock, name="w1")
        courier = Courier(shop.operations, {"test": lambda message: self.told.append(message.key)}, shop.clock)
        self.working_day = WorkingDay(shop.operations, (routine,), worker, courier, shop.clock, start=start)

    def _look(self, job: Job) -> None:
        self.done.append(job.key.removeprefix("look:2026-03-"))
        with self._shop.operations.transaction() as tx:
            tx.outbox.put(Message(job.key, "test", {}, self._shop.clock.now()))


def test_what_comes_due_is_done_and_told_once(shop: RepairShop) -> None:
    day = Day(shop)
    assert day.working_day.work_due() == 0
    shop.wait(HOUR)
    assert (day.working_day.work_due(), day.working_day.work_due()) == (1, 0)
    assert (day.done, day.told) == (["02T09:00:00Z"], ["look:2026-03-02T09:00:00Z"])


@pytest.mark.parametrize(
    ("each", "expected"), [(False, ["02T13:00:00Z"]), (True, [f"02T{h:02}:00:00Z" for h in range(9, 14)])]
)
def test_after_an_absence_the_latest_stands_for_all_unless_each_counts(
    shop: RepairShop, each: bool, expected: list[str]
) -> None:
    day = Day(shop, each=each)
    shop.wait(5 * HOUR)
    day.working_day.work_due()
    assert day.done == expected


def test_a_second_process_and_one_that_started_again_do_nothing_twice(shop: RepairShop) -> None:
    first, second = Day(shop, each=True), Day(shop, each=True, start=NOW - DAY)
    shop.wait(2 * HOUR)
    first.working_day.work_due()
    second.working_day.work_due()
    assert first.done == ["02T09:00:00Z", "02T10:00:00Z"]
    assert not set(second.done) & set(first.done)
    assert second.done[-1] == "02T08:00:00Z"


def test_what_could_not_be_put_in_the_queue_stays_due(shop: RepairShop, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> datetime:
        raise StoreUnavailable("operations", "away")

    day = Day(shop)
    shop.wait(HOUR)
    with monkeypatch.context() as patched:
        patched.setattr(shop.operations, "transaction", away)
        with pytest.raises(StoreUnavailable):
            day.working_day.work_due()
    assert day.working_day.work_due() == 1
    assert day.done == ["02T09:00:00Z"]
