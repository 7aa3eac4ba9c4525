"""Weighted sums of the samples in windows that belong to one life of a component.

A mean, a slope and a decaying mean are all sums of samples with weights that follow from their ages. The weights
are laid out once as a sparse matrix, rows of the table by samples, and serve every signal that has the same
stamps. Each row is summed from its own samples in their order, never from a running total: a live window gives
the bits of a batch.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from models.features.row_index import span_ms
from models.features.window import Times, Values

WHOLE_LIFE: Final = timedelta(days=36_525)
"""A look-back that holds any machine's whole life: a hundred years."""

_HOUR_MS: Final = 3_600_000.0
Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class RowWeights:
    """What each sample weighs in each row.

    Parameters
    ----------
    matrix : (n_rows, n_samples) sparse float
    count : (n_rows,) int
        Samples in each row's window.
    known : (n_rows,) bool
        Where the samples are enough.
    """

    matrix: csr_matrix
    count: Places
    known: NDArray[np.bool_]

    def of(self, values: Values) -> Values:
        """Return the weighted sum of each row, (n_rows,) float; NaN where too few samples are there."""
        return np.where(self.known, self.matrix @ values, np.nan)

    def total(self, power: int) -> Values:
        """Return the sum of the weights' powers in each row, (n_rows,) float; 0 over an empty window."""
        found: Values = self.matrix.power(power) @ np.ones(self.matrix.shape[1])
        return found


class Lives(Protocol):
    """What a window needs of a record: the rows' places, and where the life of each row's component began.

    Attributes
    ----------
    place, lane : (n_rows,) int
        Each row's place on the line, and where its machine's lane begins. [ms]
    """

    place: Times
    lane: Times

    def life_start(self, component: str) -> Times:
        """Return where the life of each row began [ms]; its samples lie behind that place."""
        ...


@dataclass(frozen=True, slots=True)
class LifeWindow:
    """A stretch of the life of a component that a row is in.

    Parameters
    ----------
    component
        Whose life; its last replacement, or else the machine's installation, begins it.
    width
        How long: (t - lag - width, t - lag], and never from before the life's beginning. None: all of the life.
    lag
        How long ago it ended.
    at_start
        Whether it is instead the first `width` of the life, as far as the row sees it.
    """

    component: str
    width: timedelta | None = None
    lag: timedelta = timedelta(0)
    at_start: bool = False

    @property
    def lookback(self) -> timedelta:
        """How much telemetry before a row it needs."""
        return WHOLE_LIFE if self.width is None or self.at_start else self.width + self.lag

    def bounds(self, lives: Lives, stamps: Times) -> tuple[Places, Places]:
        """Return per row the index range [first, last) of its samples."""
        start, end = lives.life_start(self.component), lives.place - span_ms(self.lag)
        if self.width is None:
            begin = start
        elif self.at_start:
            begin, end = start, np.minimum(end, start + span_ms(self.width))
        else:
            begin = np.maximum(start, end - span_ms(self.width))
        first = np.searchsorted(stamps, np.maximum(begin, lives.lane - 1), side="right")
        return first, np.maximum(np.searchsorted(stamps, end, side="right"), first)


class Weighting(Protocol):
    """How samples weigh by their age; two that are equal give the same weights."""

    def weights(self, lives: Lives, stamps: Times) -> RowWeights:
        """Return the weights of the samples in each row."""
        ...


@dataclass(frozen=True, slots=True)
class Even:
    """All samples of the window alike: their mean."""

    window: LifeWindow

    def weights(self, lives: Lives, stamps: Times) -> RowWeights:
        """Return one over the number of samples."""
        laid = _Laid.of(self.window, lives, stamps)
        return laid.rows(np.repeat(1.0 / np.maximum(laid.count, 1), laid.count), fewest=1)


@dataclass(frozen=True, slots=True)
class Slope:
    """The slope of the straight line of least squares [1/h]."""

    window: LifeWindow

    def weights(self, lives: Lives, stamps: Times) -> RowWeights:
        """Return each sample's time from the middle over the sum of their squares."""
        laid = _Laid.of(self.window, lives, stamps)
        time = -laid.age
        time -= np.repeat(laid.sum(time) / np.maximum(laid.count, 1), laid.count)
        squares = laid.sum(np.square(time))
        return laid.rows(time / np.repeat(np.where(squares > 0, squares, 1.0), laid.count), fewest=2)


@dataclass(frozen=True, slots=True)
class Decay:
    """Samples weighed by exp(-age / `constant`); `summed` gives the plain sum, otherwise the mean."""

    window: LifeWindow
    constant: timedelta
    summed: bool = False

    def weights(self, lives: Lives, stamps: Times) -> RowWeights:
        """Return the weights, scaled to 1 unless `summed`."""
        laid = _Laid.of(self.window, lives, stamps)
        weight = np.exp(laid.age / (-self.constant / timedelta(hours=1)))
        if not self.summed:
            total = laid.sum(weight)
            weight /= np.repeat(np.where(total > 0, total, 1.0), laid.count)
        return laid.rows(weight, fewest=1)


@dataclass(frozen=True, slots=True)
class _Laid:
    """The samples of all windows, one window after the other."""

    samples: int
    index: Places
    age: Values
    count: Places

    @classmethod
    def of(cls, window: LifeWindow, lives: Lives, stamps: Times) -> "_Laid":
        first, last = window.bounds(lives, stamps)
        count = last - first
        starts = np.cumsum(count) - count
        index = np.arange(count.sum()) + np.repeat(first - starts, count)
        age = (np.repeat(lives.place, count) - stamps[index]) / _HOUR_MS
        return cls(len(stamps), index, age, count)

    def sum(self, values: Values) -> Values:
        """Return the sum over each window; 0 over an empty one."""
        total, filled = np.zeros(len(self.count)), self.count > 0
        if filled.any():
            starts = (np.cumsum(self.count) - self.count)[filled]
            total[filled] = np.add.reduceat(values, starts)
        return total

    def rows(self, weight: Values, *, fewest: int) -> RowWeights:
        ends = np.append(0, np.cumsum(self.count))
        matrix = csr_matrix((weight, self.index, ends), shape=(len(self.count), self.samples))
        return RowWeights(matrix, self.count, self.count >= fewest)
