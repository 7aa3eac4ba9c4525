"""The worker: does the jobs that are due, one at a time, each once as far as anybody can tell."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from foreworn.clock import Clock
from foreworn.errors import Conflict, ForewornError, StoreUnavailable
from foreworn.loop.jobs import LEASE, Job
from foreworn.loop.operations import Operations

Handler = Callable[[Job], None]
"""Does one job, in transactions of its own; done twice, it has the effect of once."""

MOST_ATTEMPTS = 8

_log = logging.getLogger(__name__)


class Worker:
    """Leases jobs that are due and hands them to their handlers.

    A worker that dies in the middle loses its lease, and the next one does the job again: handlers are
    use cases whose changes carry keys, so what the first had done already changes nothing.

    Parameters
    ----------
    operations
        Where the jobs are.
    handlers
        By kind of job; jobs of other kinds are left to other workers.
    clock
        What is due goes by this.
    name
        Whose lease it is; unique among the workers that run.
    """

    def __init__(self, operations: Operations, handlers: Mapping[str, Handler], clock: Clock, *, name: str) -> None:
        self._operations = operations
        self._handlers = dict(handlers)
        self._clock = clock
        self._name = name

    def run_due(self) -> int:
        """Do all that is due, and return how many jobs were finished.

        Raises
        ------
        StoreUnavailable
            If the operations store cannot answer; what was in hand stays leased until the lease ends.
        """
        finished = 0
        while (job := self._lease()) is not None:
            finished += self._do(job)
        return finished

    def _lease(self) -> Job | None:
        now = self._clock.now()
        with self._operations.transaction() as tx:
            return tx.jobs.lease(self._name, now=now, until=now + LEASE, kinds=frozenset(self._handlers))

    def _do(self, job: Job) -> bool:
        try:
            self._handlers[job.kind](job)
        except StoreUnavailable as away:
            # Not the job's fault: it is tried for as long as the store is away.
            self._give_back(job, str(away), again=self._clock.now() + away.retry_after)
            return False
        except (ForewornError, ValueError, ArithmeticError, LookupError, TypeError) as problem:
            _log.exception("job %s failed", job.key)
            pause = timedelta(minutes=2 ** min(job.attempts, 10))
            again = self._clock.now() + pause if job.attempts < MOST_ATTEMPTS else None
            self._give_back(job, f"{type(problem).__name__}: {problem}", again=again)
            return False
        return self._finish(job)

    def _finish(self, job: Job) -> bool:
        try:
            with self._operations.transaction() as tx:
                tx.jobs.finish(job.key, self._name, now=self._clock.now())
        except Conflict as lost:
            _log.warning("job %s took longer than its lease: %s", job.key, lost)
            return False
        return True

    def _give_back(self, job: Job, why: str, *, again: datetime | None) -> None:
        with self._operations.transaction() as tx:
            tx.jobs.fail(job.key, self._name, now=self._clock.now(), why=why, again=again)
