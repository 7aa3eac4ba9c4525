"""The timetable: which jobs come due at which times of every day."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from foreworn.clock import grid_times
from foreworn.loop.jobs import Job
from foreworn.loop.operations import Transaction

_TIME = "time"


@dataclass(frozen=True, slots=True)
class Routine:
    """A job that comes due again and again.

    Parameters
    ----------
    kind
        Which handler does it.
    every
        At whole multiples of this since 1970.
    offset
        And this much later.
    each
        Whether each time that was missed is made up for; otherwise the latest stands for all.
    """

    kind: str
    every: timedelta
    offset: timedelta = timedelta(0)
    each: bool = False

    def due_in(self, start: datetime, end: datetime) -> list[datetime]:
        """Return the times in (start, end] that are to be worked on, oldest first.

        Examples
        --------
        >>> from datetime import UTC
        >>> midnight = datetime(2026, 3, 1, tzinfo=UTC)
        >>> morning = Routine("propose", timedelta(days=1), offset=timedelta(hours=6))
        >>> [str(t) for t in morning.due_in(midnight, midnight + timedelta(days=2))]
        ['2026-03-02 06:00:00+00:00']
        """
        times = [t + self.offset for t in grid_times(start - self.offset, end - self.offset, self.every)]
        return times if self.each else times[-1:]


def enqueue_due(tx: Transaction, routines: tuple[Routine, ...], start: datetime, end: datetime) -> int:
    """Put the jobs that came due in (start, end] in the queue, and return how many are new."""
    return sum(
        tx.jobs.put(Job(f"{r.kind}:{time:%Y-%m-%dT%H:%M:%SZ}", r.kind, due=time, payload={_TIME: time.isoformat()}))
        for r in routines
        for time in r.due_in(start, end)
    )


def time_of(job: Job) -> datetime:
    """Return the time that a routine's job stands for; `due` moves on when it is tried again."""
    return datetime.fromisoformat(str(job.payload[_TIME]))
