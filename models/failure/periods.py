"""The future cut into intervals: in each, does a component that has come so far fail or not.

This is a discrete-time hazard [1]_: the probability of failing in an interval, given that its beginning was reached.
A row teaches an interval only if its component was still running at the interval's beginning, neither failed nor
replaced, and if what happened then is known. A preventive replacement or the record's end within an interval leaves
that unknown, and the interval and all after it learn nothing from the row: where the record ends within, not from a
failure either, for those that fail are known before those that survive. Components compete: another's failure ends
nothing here, unless this one was replaced on the occasion, which is on record.

References
----------
.. [1] G. Tutz and M. Schmid, *Modeling Discrete Time-to-Event Data*, Springer, 2016, chapters 3 and 8.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from foreworn.telemetry.sample import to_epoch_ms
from models.evaluation.outcomes import Record
from models.features.row_index import RowIndex, span_ms

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]

_LARGEST = 1 - 1e-9  # a hazard of 1 would end the curve


@dataclass(frozen=True, slots=True)
class Period:
    """One interval of time ahead of a row, (start, end]."""

    start: timedelta
    end: timedelta

    def __str__(self) -> str:
        """Such as `24 h to 48 h`."""
        hour = timedelta(hours=1)
        return f"{self.start / hour:g} h to {self.end / hour:g} h"


def periods_to(ends: Iterable[timedelta]) -> tuple[Period, ...]:
    """Return the intervals that end at these times, the first beginning at the row.

    Raises
    ------
    ValueError
        If there is none, or one ends at the row or before it.

    Examples
    --------
    >>> day = timedelta(days=1)
    >>> [str(period) for period in periods_to([2 * day, day])]
    ['0 h to 24 h', '24 h to 48 h']
    """
    edges = [timedelta(0), *sorted(set(ends))]
    if len(edges) < 2 or edges[0] != min(edges) or edges[1] == edges[0]:
        raise ValueError("a failure curve needs horizons, and each of them above 0")
    return tuple(Period(start, end) for start, end in pairwise(edges))


@dataclass(frozen=True, slots=True)
class PeriodOutcomes:
    """What one period teaches of one component.

    Parameters
    ----------
    failed : (n_rows,) bool
        Rows whose component failed in the period.
    known : (n_rows,) bool
        Rows whose component had come to the period's beginning, and of which it is known whether it failed in the
        period.
    """

    failed: Flags
    known: Flags


def period_outcomes(record: Record, index: RowIndex, component: str, period: Period) -> PeriodOutcomes:
    """Return what a period teaches of a component, row by row."""
    failure, replaced = record.failures.next_after(index, component), record.preventive.next_after(index, component)
    begin, end = index.time + span_ms(period.start), index.time + span_ms(period.end)
    reached = np.minimum(failure, replaced) > begin
    over = reached & (end <= to_epoch_ms(record.known_until))
    failed = over & (failure <= end) & (failure <= replaced)
    survived = over & (np.minimum(failure, replaced) > end)
    return PeriodOutcomes(failed, failed | survived)


def cumulative(hazards: Values) -> Values:
    """Return the probability of failing by the end of each period, never falling from one to the next.

    Parameters
    ----------
    hazards : (n_rows, n_periods) float
        Of failing in each period for one that has come to its beginning.

    Examples
    --------
    >>> cumulative(np.array([[0.5, 0.5, 0.0]])).round(9).tolist()
    [[0.5, 0.75, 0.75]]
    """
    return np.asarray(-np.expm1(np.cumsum(np.log1p(-np.minimum(hazards, _LARGEST)), axis=1)))


def read_off(curve: Values, ends: Iterable[timedelta], horizon: timedelta) -> Values:
    """Return the probability of failing within any horizon: `foreworn.health.failure_curve` for arrays of rows.

    Within a period the hazard is constant, and after the last one it stays as it was there.

    Parameters
    ----------
    curve : (n_rows, n_periods) float
        What `cumulative` returns.
    ends
        When the periods end.
    horizon
        Above 0.
    """
    times = np.array([0.0, *(end / timedelta(hours=1) for end in ends)])
    place = min(int(np.searchsorted(times, horizon / timedelta(hours=1))), len(times) - 1)
    if horizon / timedelta(hours=1) == times[place]:
        return curve[:, place - 1]
    reached = -np.log1p(-np.minimum(curve, _LARGEST))
    before = reached[:, place - 2] if place > 1 else np.zeros(len(curve))
    share = (horizon / timedelta(hours=1) - times[place - 1]) / (times[place] - times[place - 1])
    return np.asarray(-np.expm1(-(before + share * (reached[:, place - 1] - before))))
