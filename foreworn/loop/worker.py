"""The worker: does the jobs that are due, one at a time, each once as far as anybody can tell."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from foreworn.clock import Clock
from foreworn.errors import Conflict, StoreUnavailable
from foreworn.loop.jobs import LEASE, Job
from foreworn.loop.operations import Operations, Transaction

Handler = Callable[[Job], object]
"""Does one job, in transactions of its own; done twice, it has the effect of once."""

MOST_ATTEMPTS = 8
SHORTEST_PAUSE = timedelta(seconds=1)

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
        # What fails meanwhile is due after this: each job is tried once, however long it takes to fail.
        due = self._clock.now()
        while (job := self._lease(due)) is not None:
            finished += self._do(job)
        return finished

    def _lease(self, due: datetime) -> Job | None:
        until = self._clock.now() + LEASE
        with self._operations.transaction() as tx:
            return tx.jobs.lease(self._name, now=due, until=until, kinds=frozenset(self._handlers))

    def _do(self, job: Job) -> bool:
        try:
            self._handlers[job.kind](job)
        except StoreUnavailable as away:
            # Not the job's fault: it is tried for as long as the store is away.
            pause = max(away.retry_after, SHORTEST_PAUSE)
            self._give_back(job, str(away), again=self._clock.now() + pause, counted=False)
            return False
        except Exception as problem:  # whatever one job does, the others are done
            _log.exception("job %s failed", job.key)
            pause = timedelta(minutes=2 ** min(job.attempts, 10))
            again = self._clock.now() + pause if job.attempts < MOST_ATTEMPTS else None
            self._give_back(job, f"{type(problem).__name__}: {problem}", again=again)
            return False
        return self._settled(job, lambda tx: tx.jobs.finish(job.key, self._name, now=self._clock.now()))

    def _give_back(self, job: Job, why: str, *, again: datetime | None, counted: bool = True) -> None:
        now = self._clock.now()
        self._settled(job, lambda tx: tx.jobs.fail(job.key, self._name, now=now, why=why, again=again, counted=counted))

    def _settled(self, job: Job, settle: Callable[[Transaction], None]) -> bool:
        """Say what has become of a job, and tell whether it was still ours to say."""
        try:
            with self._operations.transaction() as tx:
                settle(tx)
        except Conflict as lost:
            _log.warning("job %s took longer than its lease: %s", job.key, lost)
            return False
        return True
