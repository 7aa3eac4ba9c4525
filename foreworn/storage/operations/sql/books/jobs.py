"""The job queue in SQL."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from foreworn.errors import Conflict
from foreworn.loop.jobs import Job, JobStanding
from foreworn.storage.operations.sql.tables import JOBS, JobState
from foreworn.storage.operations.sql.transactions import by_code_point, insert_new


class SqlJobQueue:
    """Keeps the jobs; of any number of workers in any number of processes, one holds a job at a time."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def put(self, job: Job) -> bool:
        """Add a job, and tell whether it is new."""
        row = {"key": job.key, "kind": job.kind, "due": job.due, "payload": dict(job.payload)}
        state = {"attempts": job.attempts, "state": JobState.WAITING.value}
        return insert_new(self._connection, JOBS, row | state)

    def lease(self, worker: str, *, now: datetime, until: datetime, kinds: frozenset[str] | None = None) -> Job | None:
        """Take the job that has been due longest and that nobody holds; see `JobQueue.lease`.

        A row that another worker is about to take is passed over, not waited for; SQLite lets one write at a
        time, so there is none.
        """
        of = JOBS.c
        free = sa.or_(of.leased_until.is_(None), of.leased_until <= now)
        query = sa.select(JOBS).where(of.state == JobState.WAITING, of.due <= now, free)
        if kinds is not None:
            query = query.where(of.kind.in_(sorted(kinds)))
        query = query.order_by(*self._in_order()).limit(1).with_for_update(skip_locked=True)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            return None
        taken = {"worker": worker, "leased_until": until, "attempts": row.attempts + 1}
        self._connection.execute(sa.update(JOBS).where(of.key == row.key).values(taken))
        return Job(row.key, row.kind, row.due, row.payload, row.attempts + 1)

    def finish(self, key: str, worker: str, *, now: datetime) -> None:
        """Mark it done; see `JobQueue.finish`."""
        self._give_back(key, worker, state=JobState.DONE.value, finished_at=now, why=None)

    def fail(
        self, key: str, worker: str, *, now: datetime, why: str, again: datetime | None, counted: bool = True
    ) -> None:
        """Give it back; see `JobQueue.fail`."""
        attempts = JOBS.c.attempts if counted else JOBS.c.attempts - 1
        if again is None:
            self._give_back(key, worker, attempts=attempts, state=JobState.FAILED.value, finished_at=now, why=why)
        else:
            self._give_back(key, worker, attempts=attempts, due=again, why=why)

    def standing(self, key: str) -> JobStanding | None:
        """Return how far the job of this key has come; None where there is none."""
        row = self._connection.execute(sa.select(JOBS).where(JOBS.c.key == key)).one_or_none()
        return None if row is None else JobStanding(_job(row), JobState(row.state).value, row.why)

    def failed(self) -> list[tuple[Job, str]]:
        """Return the jobs that failed for good, with the reason, by due."""
        return [(_job(row), row.why) for row in self._of_state(JobState.FAILED)]

    def pending(self) -> list[Job]:
        """Return the jobs that are still to be done, by due then key."""
        return [_job(row) for row in self._of_state(JobState.WAITING)]

    def _of_state(self, state: JobState) -> "sa.CursorResult[Any]":
        return self._connection.execute(sa.select(JOBS).where(JOBS.c.state == state).order_by(*self._in_order()))

    def _in_order(self) -> "tuple[sa.ColumnElement[Any], ...]":
        return JOBS.c.due, by_code_point(self._connection, JOBS.c.key)

    def _give_back(self, key: str, worker: str, **values: Any) -> None:
        held = sa.and_(JOBS.c.key == key, JOBS.c.worker == worker, JOBS.c.state == JobState.WAITING)
        free = {"worker": None, "leased_until": None}
        if self._connection.execute(sa.update(JOBS).where(held).values(values | free)).rowcount == 0:
            raise self._lost(key, worker)

    def _lost(self, key: str, worker: str) -> Conflict:
        row = self._connection.execute(sa.select(JOBS).where(JOBS.c.key == key)).one_or_none()
        now = "it does not exist" if row is None else f"{row.worker} holds it" if row.worker else f"it is {row.state}"
        return Conflict(f"{worker} does not hold job {key!r} any more, {now}: what was done for it must not count")


def _job(row: Any) -> Job:
    return Job(row.key, row.kind, row.due, row.payload, row.attempts)
