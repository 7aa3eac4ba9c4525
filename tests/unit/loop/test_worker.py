"""Jobs: leased by one at a time, done again by the next where a worker dies, tried again where they fail."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from foreworn.errors import NotFound, StoreUnavailable
from foreworn.loop.jobs import LEASE, Job, JobStanding
from foreworn.loop.outbox import Message
from foreworn.loop.worker import MOST_ATTEMPTS, Handler, Worker
from tests.unit.loop.repair_shop import DAY, HOUR, NOW, RepairShop

JOB = Job("propose:1", "propose", NOW, {"n": 1})


class PowerCut(BaseException):
    """The process ends here: no handler of errors runs."""


def put(shop: RepairShop, *jobs: Job) -> None:
    with shop.operations.transaction() as tx:
        for job in jobs:
            tx.jobs.put(job)


def standing(shop: RepairShop, key: str = JOB.key) -> JobStanding:
    with shop.operations.reading() as tx:
        found = tx.jobs.standing(key)
    assert found is not None
    return found


def worker(shop: RepairShop, handler: Handler, name: str = "w1") -> Worker:
    return Worker(shop.operations, {"propose": handler}, shop.clock, name=name)


def failing(error: Exception) -> Handler:
    def handle(job: Job) -> None:
        raise error

    return handle


def test_a_job_is_done_once_and_only_when_it_is_due(shop: RepairShop) -> None:
    done: list[Job] = []
    put(shop, JOB, Job("later", "propose", NOW + HOUR), Job("else", "somebody else's", NOW))
    own = worker(shop, done.append)
    assert (own.run_due(), own.run_due()) == (1, 0)
    assert [(job.key, job.payload) for job in done] == [(JOB.key, {"n": 1})]
    assert standing(shop).state == "done"
    shop.wait(HOUR)
    assert own.run_due() == 1
    assert (done[-1].key, standing(shop, "else").state) == ("later", "waiting")


def test_what_a_worker_that_died_had_begun_is_done_by_another_and_has_its_effect_once(shop: RepairShop) -> None:
    put(shop, JOB)
    begun: list[str] = []

    def propose(then: Callable[[], None]) -> Handler:
        def handle(job: Job) -> None:
            begun.append(job.key)
            with shop.operations.transaction() as tx:
                tx.outbox.put(Message(f"{job.key}:told", "test", {}, shop.clock.now()))
            then()

        return handle

    def dies() -> None:
        raise PowerCut

    with pytest.raises(PowerCut):
        worker(shop, propose(dies)).run_due()
    other = worker(shop, propose(lambda: None), "w2")
    shop.wait(LEASE - timedelta(milliseconds=1))
    assert other.run_due() == 0
    shop.wait(timedelta(milliseconds=1))
    assert other.run_due() == 1
    assert begun == [JOB.key, JOB.key]
    assert [message.key for message in shop.told()] == [f"{JOB.key}:told"]
    assert (standing(shop).state, standing(shop).job.attempts) == ("done", 2)


@pytest.mark.parametrize("error", [None, ValueError("no"), StoreUnavailable("telemetry", "away")])
def test_who_took_longer_than_the_lease_leaves_the_job_to_the_other(shop: RepairShop, error: Exception | None) -> None:
    """Whatever the slow one has to say of the job then, the other's word stands."""
    put(shop, JOB)
    others: list[int] = []

    def slow(job: Job) -> None:
        shop.wait(LEASE)
        with shop.operations.transaction() as tx:
            now = shop.clock.now()
            taken = tx.jobs.lease("w2", now=now, until=now + LEASE)
            others.append(taken is not None)
        if error is not None:
            raise error

    assert worker(shop, slow).run_due() == 0
    assert (others, standing(shop).state) == ([True], "waiting")
    with shop.operations.transaction() as tx:
        tx.jobs.finish(JOB.key, "w2", now=shop.clock.now())
    assert standing(shop).state == "done"


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(NotFound("model", "v1"), id="what the house raises"),
        pytest.param(ZeroDivisionError("division by zero"), id="a mistake in arithmetic"),
        pytest.param(AttributeError("no such thing"), id="a mistake nobody thought of"),
    ],
)
def test_a_job_that_fails_is_tried_later_and_later_and_stands_as_failed_at_last(
    shop: RepairShop, error: Exception
) -> None:
    put(shop, JOB)
    own, pauses = worker(shop, failing(error)), list[timedelta]()
    for _ in range(MOST_ATTEMPTS - 1):
        assert own.run_due() == 0
        due = standing(shop).job.due
        pauses.append(due - shop.clock.now())
        shop.wait(due - shop.clock.now())
    assert pauses == sorted(set(pauses))
    assert pauses[0] > timedelta(0)
    own.run_due()
    with shop.operations.reading() as tx:
        assert [(job.key, why) for job, why in tx.jobs.failed()] == [(JOB.key, f"{type(error).__name__}: {error}")]
    shop.wait(DAY)
    assert own.run_due() == 0


def test_a_job_that_fails_does_not_keep_the_next_from_being_done(shop: RepairShop) -> None:
    done: list[str] = []

    def handle(job: Job) -> None:
        if job.key == JOB.key:
            raise RuntimeError("broken")
        done.append(job.key)

    put(shop, JOB, Job("propose:2", "propose", NOW + timedelta(seconds=1)))
    shop.wait(HOUR)
    assert worker(shop, handle).run_due() == 1
    assert done == ["propose:2"]


def test_a_store_that_is_away_is_never_the_jobs_fault(shop: RepairShop) -> None:
    """However often it was away: the first mistake of the job's own is tried again like any first one."""
    put(shop, JOB)
    away = worker(shop, failing(StoreUnavailable("telemetry", "away", retry_after=timedelta(minutes=1))))
    for _ in range(3 * MOST_ATTEMPTS):
        assert away.run_due() == 0
        assert (standing(shop).state, standing(shop).job.due) == ("waiting", shop.clock.now() + timedelta(minutes=1))
        shop.wait(timedelta(minutes=1))
    worker(shop, failing(ValueError("its own"))).run_due()
    assert (standing(shop).state, standing(shop).job.attempts) == ("waiting", 1)


def test_jobs_that_take_long_to_fail_are_each_tried_once_and_the_rest_of_the_day_goes_on(shop: RepairShop) -> None:
    """Else two jobs that wait for a store would hand each other the worker for as long as it is away."""
    tried: list[str] = []

    def handle(job: Job) -> None:
        tried.append(job.key)
        shop.wait(timedelta(seconds=30))
        raise StoreUnavailable("telemetry", "away", retry_after=timedelta(0))

    put(shop, JOB, Job("propose:2", "propose", NOW))
    assert worker(shop, handle).run_due() == 0
    assert tried == ["propose:1", "propose:2"]


def test_where_the_operations_store_is_away_the_worker_says_so(
    shop: RepairShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> datetime:
        raise StoreUnavailable("operations", "away")

    put(shop, JOB)
    monkeypatch.setattr(shop.operations, "transaction", away)
    with pytest.raises(StoreUnavailable):
        worker(shop, failing(ValueError())).run_due()
