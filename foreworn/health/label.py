"""What really happened to a forecast: outcomes, never actions, make labels (design: orders and labels)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Outcome(StrEnum):
    """What became of a forecast once its horizon had passed."""

    FAILED = "failed"
    """The component failed within the horizon: the forecast's event happened."""
    SURVIVED = "survived"
    """The horizon passed in use without a failure and without a replacement."""
    CENSORED = "censored"
    """Replaced preventively within the horizon before any failure: nobody can know."""
    PENDING = "pending"
    """The horizon is not over."""


@dataclass(frozen=True, slots=True)
class Label:
    """The outcome of one component over (time, time + horizon]."""

    machine: str
    component: str
    time: datetime
    horizon: timedelta
    outcome: Outcome


def outcome(
    time: datetime,
    horizon: timedelta,
    *,
    next_failure: datetime | None,
    next_preventive: datetime | None,
    known_until: datetime,
) -> Outcome:
    """Return the outcome of one component over (time, time + horizon].

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

    Examples
    --------
    >>> from datetime import UTC, datetime, timedelta
    >>> now, day = datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=1)
    >>> outcome(now, day, next_failure=None, next_preventive=now + day / 2, known_until=now + 2 * day)
    <Outcome.CENSORED: 'censored'>
    """
    end = time + horizon
    failed = next_failure is not None and next_failure <= end and next_failure <= known_until
    replaced = next_preventive is not None and next_preventive <= end and next_preventive <= known_until
    if failed and (not replaced or next_failure <= next_preventive):  # type: ignore[operator]
        return Outcome.FAILED
    if replaced:
        return Outcome.CENSORED
    return Outcome.SURVIVED if known_until >= end else Outcome.PENDING
