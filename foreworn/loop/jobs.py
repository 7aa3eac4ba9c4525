"""Jobs: work that is due, leased by one worker at a time, done once as far as anybody can tell."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work.

    Parameters
    ----------
    key
        Names this very piece of work, such as `propose:2026-03-01T06:00:00Z`; asked for twice it is one.
    kind
        Which handler does it.
    due
        Not before this.
    payload
        What the handler needs, as JSON-able values.
    attempts
        How often it was begun, as far as it was to blame that it was not finished.
    """

    key: str
    kind: str
    due: datetime
    payload: Mapping[str, object] = field(default_factory=dict)
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class JobStanding:
    """How far a job has come.

    Parameters
    ----------
    job
        Which.
    state
        `waiting` (or being done), `done`, or `failed` for good.
    why
        What went wrong the last time; None where nothing did.
    """

    job: Job
    state: Literal["waiting", "done", "failed"]
    why: str | None = None


class JobQueue(Protocol):
    """Keeps the jobs; lives in the operations store, inside a transaction."""

    def put(self, job: Job) -> bool:
        """Add a job, and tell whether it is new; one whose key is known, done or not, changes nothing."""
        ...

    def lease(self, worker: str, *, now: datetime, until: datetime, kinds: frozenset[str] | None = None) -> Job | None:
        """Take the job that has been due longest, by due then key, that nobody holds at `now`; None if none.

        Its attempts are counted. Whoever does not finish it before `until` loses it to the next who asks.
        """
        ...

    def finish(self, key: str, worker: str, *, now: datetime) -> None:
        """Mark it done.

        Raises
        ------
        Conflict
            If the worker does not hold it any more: what it did in this transaction must not count.
        """
        ...

    def fail(
        self, key: str, worker: str, *, now: datetime, why: str, again: datetime | None, counted: bool = True
    ) -> None:
        """Give it back, to be tried `again`; None: never, it stands as failed with the reason.

        `counted`: whether this attempt counts; it does not where the job was not to blame.

        Raises
        ------
        Conflict
            If the worker does not hold it any more.
        """
        ...

    def standing(self, key: str) -> JobStanding | None:
        """Return how far the job of this key has come; None where there is none."""
        ...

    def failed(self) -> list[tuple[Job, str]]:
        """Return the jobs that failed for good, with the reason, by due."""
        ...

    def pending(self) -> list[Job]:
        """Return the jobs that are not done, by due then key."""
        ...


LEASE = timedelta(minutes=10)
"""How long a worker may take before another may begin the same job."""
