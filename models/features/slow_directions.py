"""The directions in which signals move slowly: wear grows from sample to sample, noise does not.

A principal component is where signals vary most, noise and wear alike. Here a direction counts by how much of it stays
from one sample to the next. What one wear does to the signals, and what noise lies over it, is learned in each
operating regime by itself, so that readings of different regimes mean the same.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from models.features.window import Values

REACH: Final = 10
"""Samples on each side whose mean tells the wear at a sample, for learning alone."""

ROUNDS: Final = 4
FEWEST_IN_REGIME: Final = 30
_FLOOR: Final = 1e-3  # of a residual's variance: no noise is taken as smaller
_DOUBT: Final = 0.02  # keeps a regime whose signals do not show the wear from amplifying noise
Codes = NDArray[np.intp]


def slow_directions(values: Values, regime: Codes, life: Codes, count: int, n_regimes: int) -> tuple[Values, Values]:
    r"""Return weights and offsets that read the slow directions off one sample, whatever its regime.

    They begin as the linear combinations with the most slow variance within lives for their fast variance [1]_. Then,
    in turn: their means over neighbouring samples, :math:`w`, are what each regime's signals are regressed on,
    :math:`x = a_r + L_r w + e` with covariance :math:`S_r` of e; and the best unbiased reading of w in one sample is
    :math:`(L_r' S_r^{-1} L_r)^{-1} L_r' S_r^{-1} (x - a_r)`, by generalised least squares.

    Parameters
    ----------
    values : (n_samples, n_signals) float
        Without NaN; each life's samples together and in the order of time.
    regime : (n_samples,) int
    life : (n_samples,) int
        The same number for samples of one life.
    count
        How many directions; at most the number of signals.
    n_regimes
        A regime with fewer than 30 samples is read like all of them together.

    Returns
    -------
    tuple of (n_regimes, count, n_signals) and (n_regimes, count) float
        A direction is of about unit variance.

    References
    ----------
    .. [1] P. Switzer, A. A. Green, "Min/max autocorrelation factors for multivariate spatial imagery", Stanford
       University technical report 6, 1984.
    """
    near = _Neighbours(life)
    own = [np.flatnonzero(regime == r) for r in range(n_regimes)]
    own = [rows if len(rows) >= FEWEST_IN_REGIME else np.arange(len(values)) for rows in own]
    slow = near.mean(values)
    fast = np.atleast_2d(np.cov((values - slow).T)) + _FLOOR * np.eye(values.shape[1])
    _, found = eigh(np.atleast_2d(np.cov((slow - near.of_life(slow)).T)), fast)  # ascending
    read, sure = values @ found[:, ::-1][:, :count], np.ones((len(values), count))
    for _ in range(ROUNDS):
        wear = near.others(read, sure)
        wear = (wear - wear.mean(axis=0)) / np.maximum(wear.std(axis=0), _FLOOR)
        readings = [_reading(values[rows], wear[rows]) for rows in own]
        weights, offset, precision = (np.stack([r[i] for r in readings]) for i in range(3))
        read = np.einsum("nks,ns->nk", weights[regime], values) + offset[regime]
        sure = precision[regime]
    return weights, offset


def _reading(values: Values, wear: Values) -> tuple[Values, Values, Values]:
    """Return weights (count, n_signals), offset (count,) and precision (count,) of a regime's best reading."""
    known = np.column_stack([np.ones(len(wear)), wear])
    line, *_ = np.linalg.lstsq(known, values, rcond=None)
    noise = np.atleast_2d(np.cov((values - known @ line).T)) + _FLOOR * np.eye(values.shape[1])
    shown = np.linalg.solve(noise, line[1:].T)
    spread = np.linalg.inv(line[1:] @ shown + _DOUBT * np.eye(wear.shape[1]))
    weights: Values = np.asarray(spread @ shown.T, dtype=np.float64)
    return weights, -weights @ line[0], np.asarray(1.0 / np.diag(spread))


class _Neighbours:
    """The samples of one life around each sample."""

    def __init__(self, life: Codes) -> None:
        n = len(life)
        starts = np.flatnonzero(np.append(True, life[1:] != life[:-1]))
        ends = np.append(starts[1:], n)
        self._begin, self._end = (np.repeat(edge, ends - starts) for edge in (starts, ends))
        at = np.arange(n)
        self._first = np.maximum(at - REACH, self._begin)
        self._last = np.minimum(at + REACH + 1, self._end)

    def mean(self, values: Values) -> Values:
        """Return the mean of each sample and its neighbours."""
        return np.asarray(self._sum(values, self._first, self._last) / (self._last - self._first)[:, None])

    def of_life(self, values: Values) -> Values:
        """Return the mean of each sample's life."""
        return np.asarray(self._sum(values, self._begin, self._end) / (self._end - self._begin)[:, None])

    def others(self, values: Values, weights: Values) -> Values:
        """Return the weighted mean of each sample's neighbours without itself; of a life of one sample, itself."""
        total, sums = (self._sum(x, self._first, self._last) for x in (weights, weights * values))
        alone = (self._last - self._first == 1)[:, None]
        without = np.where(alone, 1.0, total - weights)
        return np.where(alone, values, (sums - weights * values) / without)

    @staticmethod
    def _sum(values: Values, first: Codes, last: Codes) -> Values:
        running = np.vstack([np.zeros(values.shape[1]), np.cumsum(values, axis=0)])
        return np.asarray(running[last] - running[first])
