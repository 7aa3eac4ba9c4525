"""The working day: puts in the queue what comes due, does it, and delivers what is to be told."""

from datetime import datetime

from foreworn.clock import Clock
from foreworn.loop.courier import Courier
from foreworn.loop.operations import Operations
from foreworn.loop.timetable import Routine, enqueue_due
from foreworn.loop.worker import Worker


class WorkingDay:
    """Everything that comes due besides scoring.

    Parameters
    ----------
    operations
        Where jobs and outbox are.
    routines
        What comes due when.
    worker, courier
        Who does it, and who delivers.
    clock
        What is due goes by this.
    start
        What came due up to here is not made up for; what was done already is not done again anyway.
    """

    def __init__(
        self,
        operations: Operations,
        routines: tuple[Routine, ...],
        worker: Worker,
        courier: Courier,
        clock: Clock,
        *,
        start: datetime,
    ) -> None:
        self._operations = operations
        self._routines = routines
        self._worker = worker
        self._courier = courier
        self._clock = clock
        self._until = start

    def work_due(self) -> int:
        """Do all that is due, and return how many jobs were finished.

        Raises
        ------
        StoreUnavailable
            If the operations store cannot answer; what is due stays due.
        """
        now = self._clock.now()
        if now > self._until and any(routine.due_in(self._until, now) for routine in self._routines):
            with self._operations.transaction() as tx:
                enqueue_due(tx, self._routines, self._until, now)
        self._until = max(self._until, now)
        finished = self._worker.run_due()
        self._courier.deliver_due()
        return finished
