"""What really happened to a forecast: outcomes, never actions, make labels (design: orders and labels)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol


class Outcome(StrEnum):
    """What became of a forecast."""

    FAILED = "failed"
    """The component failed within the horizon: the forecast's event happened."""
    FOUND = "found"
    """Inspected within the horizon before any failure, and found as predicted."""
    FOUND_OTHER = "found_other"
    """Inspected within the horizon, and something else was wrong."""
    FOUND_NOTHING = "found_nothing"
    """Inspected within the horizon, and found in order."""
    SURVIVED = "survived"
    """The horizon passed in use without a failure and without a replacement."""
    CENSORED = "censored"
    """Replaced preventively within the horizon, without a finding and before any failure: nobody can know."""
    PENDING = "pending"
    """The horizon is not over."""

    @property
    def confirms(self) -> bool:
        """Whether the forecast's event happened or was found on its way."""
        return self in (Outcome.FAILED, Outcome.FOUND)

    @property
    def refutes(self) -> bool:
        """Whether the forecast was a false alarm, had it been one."""
        return self in (Outcome.SURVIVED, Outcome.FOUND_NOTHING, Outcome.FOUND_OTHER)


INSPECTED = frozenset({Outcome.FOUND, Outcome.FOUND_OTHER, Outcome.FOUND_NOTHING})


@dataclass(frozen=True, slots=True)
class Label:
    """A forecast as it was first said, and what became of it.

    Parameters
    ----------
    machine, component, time, horizon, model_version
        Which forecast.
    probability
        What it said.
    alarm
        Whether it was at or above its model's threshold.
    issued_at
        When it was said; always before the outcome.
    outcome
        What became of it.
    decided_at
        When that happened; None while pending.
    """

    machine: str
    component: str
    time: datetime
    horizon: timedelta
    model_version: str
    probability: float
    alarm: bool
    issued_at: datetime
    outcome: Outcome = Outcome.PENDING
    decided_at: datetime | None = None


class LabelBook(Protocol):
    """Keeps the labels; lives in the operations store, inside a transaction."""

    def expect(self, labels: Sequence[Label]) -> None:
        """Add pending labels; one that is there already (by machine, component, time, horizon, model) stays."""
        ...

    def decide(self, labels: Sequence[Label]) -> None:
        """Put outcomes in the place of what stood there."""
        ...

    def pending(self) -> list[Label]:
        """Return all pending labels, sorted by machine, component, time."""
        ...

    def of_model(self, version: str | None = None, *, since: datetime | None = None) -> list[Label]:
        """Return a model's labels (all models' if None), decided or not, sorted by machine, component, time."""
        ...


def outcome(
    time: datetime,
    horizon: timedelta,
    *,
    next_failure: datetime | None,
    next_preventive: datetime | None,
    known_until: datetime,
    inspection: tuple[datetime, Outcome] | None = None,
) -> Outcome:
    """Return the outcome of one component over (time, time + horizon].

    A failure within the horizon counts before anything that was found or done after it; a finding counts
    before the replacement that it led to. Where an inspection found nothing, a failure later in the
    horizon still makes the outcome `failed`, so it is final only when the horizon is over.

    Parameters
    ----------
    time, horizon
        The forecast's data time and how far it looks.
    next_failure
        The component's first failure after `time`; None if none is known.
    next_preventive
        Its first preventive replacement after `time`; None if none is known.
    known_until
        Up to where the record of failures and maintenance is complete.
    inspection
        When it was first inspected after `time`, and what was found: one of `INSPECTED`.

    Examples
    --------
    >>> from datetime import UTC, datetime, timedelta
    >>> now, day = datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=1)
    >>> outcome(now, day, next_failure=None, next_preventive=now + day / 2, known_until=now + 2 * day)
    <Outcome.CENSORED: 'censored'>
    >>> found = (now + day / 2, Outcome.FOUND)
    >>> outcome(now, day, next_failure=None, next_preventive=found[0], known_until=now + day, inspection=found)
    <Outcome.FOUND: 'found'>
    """
    end = min(time + horizon, known_until)
    failed = next_failure if next_failure is not None and next_failure <= end else None
    replaced = next_preventive if next_preventive is not None and next_preventive <= end else None
    looked, found = inspection if inspection is not None and inspection[0] <= end else (None, None)
    if failed is not None and all(
        t is None or failed <= t for t in (replaced, looked if found is Outcome.FOUND else None)
    ):
        return Outcome.FAILED
    if looked is not None and found is not None and (replaced is None or looked <= replaced):
        return found
    if replaced is not None:
        return Outcome.CENSORED
    return Outcome.SURVIVED if known_until >= time + horizon else Outcome.PENDING
