"""Failures that forecasts add up to, month by month, against those that came."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from foreworn.telemetry.sample import from_epoch_ms, to_epoch_ms
from models.evaluation.alarms import FailureNotice
from models.evaluation.scored_rows import ScoredRows
from models.features.row_index import RowIndex, span_ms

Values = NDArray[np.float64]

_MONTH_MS = span_ms(timedelta(days=30))
_LEVELS: Final = (0.025, 0.975)
_BEYOND: Final = 12.0  # counts are looked at up to so many standard deviations above the mean


@dataclass(frozen=True, slots=True)
class MonthOfFailures:
    """One calendar month, UTC, as far as it was forecast.

    Parameters
    ----------
    month
        Such as `2015-08`.
    machine_months
        Forecast machines x time within it, months of 30 days.
    expected
        How many failures the forecasts add up to.
    low, high
        The middle 95 % of counts that there would be by chance if every forecast were right.
    observed
        How many there were.
    """

    month: str
    machine_months: float
    expected: float
    low: int
    high: int
    observed: int


def failures_by_month(
    scored: ScoredRows,
    failures: Sequence[FailureNotice],
    *,
    horizon: timedelta,
    every: timedelta,
    known_until: datetime,
) -> list[MonthOfFailures]:
    """Return the months in which forecasts covered time, in order.

    A moment is covered by all rows less than a horizon before it, so their probabilities must not simply be added:
    every failure would be expected as often as rows look at it. Rows a horizon apart cover each moment once; there are
    as many such sets of rows as rows in a horizon, and what is expected is the mean over the sets. A row whose horizon
    reaches over a month's end, or begins before its time counts, brings the share of its probability that lies
    within. Per machine and component, time counts from one horizon after the first row to the last row: before,
    not all sets cover it. Where rows stand further apart than the horizon, they cover no month, and there is none.

    The interval takes failures within different horizons as independent (Poisson-binomial), mixed over the sets.

    Parameters
    ----------
    scored
        Forecasts whose outcomes are known; what a preventive replacement cut short is neither expected nor observed.
    failures
        Those that came, of the same machines and components, from one horizon after their first rows at least.
    horizon, every
        How far the forecasts look, and the rows' grid.
    known_until
        Up to where the record reaches. Rows whose horizon outlasts it do not count: of them, only those that a failure
        followed are decided.
    """
    scored = scored.where(scored.time + span_ms(horizon) <= to_epoch_ms(known_until))
    if not len(scored) or every > horizon:
        return []
    windows = _Windows.of(scored, span_ms(horizon), span_ms(every))
    found = []
    for month, first, last in _months(int(windows.begin.min()), int(windows.end.max())):
        share = windows.share(first, last)
        if share.any():
            expected, low, high = _counts(windows.by_set(scored.probability, share))
            observed = sum(first <= f.time < last and windows.cover(f) for f in failures)
            found.append(MonthOfFailures(month, windows.machine_months(share), expected, low, high, observed))
    return found


@dataclass(frozen=True, slots=True)
class _Windows:
    """The horizons of rows: which time they cover, and which of them stand a horizon apart.

    Parameters
    ----------
    span, step, sets
        The horizon and the rows' grid [ms], and how many sets of rows a horizon apart there are.
    time, begin, end, chosen, components : (n_rows,) int
        When each row stands; the stretch that counts of its machine's component [epoch ms]; its set; and how many
        components its machine is forecast of.
    stretches
        By machine and component, the stretch that counts.
    """

    span: int
    step: int
    sets: int
    time: NDArray[np.int64]
    begin: NDArray[np.int64]
    end: NDArray[np.int64]
    chosen: NDArray[np.int64]
    components: NDArray[np.int64]
    stretches: Mapping[tuple[str, str], tuple[int, int]]

    @classmethod
    def of(cls, rows: ScoredRows, span: int, step: int) -> "_Windows":
        sets = span // step
        begin, end = np.empty_like(rows.time), np.empty_like(rows.time)
        components = np.zeros_like(rows.time)
        stretches: dict[tuple[str, str], tuple[int, int]] = {}
        for component in sorted(set(rows.component.tolist())):
            places = np.flatnonzero(rows.component == component)
            for machine, own in RowIndex(rows.machine[places], rows.time[places]).places().items():
                time = rows.time[places[own]]
                stretches[machine, component] = int(time.min()) + span, int(time.max()) + step
                begin[places[own]], end[places[own]] = stretches[machine, component]
        having = Counter(machine for machine, _ in stretches)
        components[:] = [having[machine] for machine in rows.machine.tolist()]
        return cls(span, step, sets, rows.time, begin, end, (rows.time // step) % sets, components, stretches)

    def share(self, first: int, last: int) -> Values:
        """Return the share of each row's horizon that lies in [first, last) and counts.

        Where a horizon is no multiple of the grid, rows of a set overlap, and count for as much less.
        """
        until = np.minimum(np.minimum(self.time + self.span, self.end), last)
        within: Values = np.clip(until - np.maximum(np.maximum(self.time, self.begin), first), 0, None).astype(float)
        return within / self.span * (self.sets * self.step / self.span)

    def by_set(self, probability: Values, share: Values) -> list[Values]:
        """Return, for each set of rows, the probabilities of failing in what counts of their horizons."""
        own = share > 0
        return [(probability * share)[own & (self.chosen == i)] for i in range(self.sets)]

    def machine_months(self, share: Values) -> float:
        """Return machines x time that is covered; a machine's components share its time."""
        return float(np.sum(share / self.components) * self.span / self.sets / _MONTH_MS)

    def cover(self, failure: FailureNotice) -> bool:
        """Tell whether a failure lies where time counts."""
        begin, end = self.stretches.get((failure.machine, failure.component), (0, 0))
        return begin < failure.time <= end


def _months(begin: int, end: int) -> Iterator[tuple[str, int, int]]:
    """Yield the calendar months from `begin` to `end`, each with its first moment and the next one's [epoch ms]."""
    first = from_epoch_ms(begin).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while to_epoch_ms(first) < end:
        following = (first + timedelta(days=32)).replace(day=1)
        yield f"{first:%Y-%m}", to_epoch_ms(first), to_epoch_ms(following)
        first = following


def _counts(sets: Sequence[Values]) -> tuple[float, int, int]:
    """Return the mean count, and the middle 95 % of counts, with one set drawn and then each row by chance."""
    means = [float(p.sum()) for p in sets]
    most = int(max(means) + _BEYOND * (max(means) + 1) ** 0.5) + 1
    chance = np.cumsum(np.mean([poisson_binomial(p, most) for p in sets], axis=0))
    low, high = (int(np.searchsorted(chance, level)) for level in _LEVELS)
    return float(np.mean(means)), low, high


def poisson_binomial(probability: Values, most: int) -> Values:
    """Return the chance of each count from 0 to `most` of independent events, (most + 1,) float.

    By the characteristic function at `most + 1` points [1]_: counts above `most` must have next to no chance.

    References
    ----------
    .. [1] Y. Hong, On computing the distribution function for the Poisson binomial distribution,
       Computational Statistics & Data Analysis 59, 2013.

    Examples
    --------
    >>> poisson_binomial(np.array([0.5, 0.5, 1.0]), 3).round(3).tolist()
    [0.0, 0.25, 0.5, 0.25]
    """
    points = np.exp(2j * np.pi * np.arange(most + 1) / (most + 1))
    product = np.ones(most + 1, dtype=np.complex128)
    for part in np.array_split(probability, len(probability) // 4096 + 1):
        product *= np.prod(1 + part[:, np.newaxis] * (points - 1), axis=0)
    found: Values = np.clip((np.fft.fft(product) / (most + 1)).real, 0.0, 1.0)
    return found
