"""Sums over time windows of irregular samples, each from its own rows only.

A running total over a whole history would be faster, but its rounding depends on where the history
begins: the same window would give other bits live than in a batch.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.int64]
Values = NDArray[np.float64]

_LARGEST_GATHER = 2_000_000  # samples held at once; 16 MB per array


@dataclass(frozen=True, slots=True)
class WindowMoments:
    """Mean and sample standard deviation per window.

    Parameters
    ----------
    mean : (n_windows,) float
        NaN where the window is empty.
    spread : (n_windows,) float
        With n - 1 in the denominator; NaN where the window holds fewer than two samples.
    """

    mean: Values
    spread: Values


def window_bounds(stamps: Times, times: Times, width: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return per time t the index range [first, last) of the stamps in (t - width, t].

    Parameters
    ----------
    stamps : (n_samples,) int, ms, sorted
    times : (n_windows,) int, ms
    width
        Length of the window. [ms]

    Examples
    --------
    >>> first, last = window_bounds(np.array([0, 10, 20]), np.array([20]), 20)
    >>> int(first[0]), int(last[0])
    (1, 3)
    """
    return np.searchsorted(stamps, times - width, side="right"), np.searchsorted(stamps, times, side="right")


def window_moments(stamps: Times, values: Values, times: Times, width: int) -> WindowMoments:
    """Return mean and spread of the values stamped in (t - width, t], for each t in `times`.

    The variance takes two passes, and both sums are taken of differences from the window's first
    value: a signal that stands still has a spread of exactly 0.

    Parameters
    ----------
    stamps : (n_samples,) int, ms, sorted
    values : (n_samples,) float, without NaN
    times : (n_windows,) int, ms
    width
        Length of the window. [ms]

    Examples
    --------
    >>> moments = window_moments(np.array([1, 2, 3]), np.array([4.0, 6.0, 8.0]), np.array([3, 9]), 3)
    >>> moments.mean.tolist(), moments.spread.tolist()
    ([6.0, nan], [2.0, nan])
    """
    first, last = window_bounds(stamps, times, width)
    mean, spread = np.full(len(times), np.nan), np.full(len(times), np.nan)
    filled = np.flatnonzero(last > first)
    for part in _parts(last[filled] - first[filled]):
        windows = filled[part]
        mean[windows], spread[windows] = _moments(values, first[windows], last[windows])
    return WindowMoments(mean, spread)


def _moments(values: Values, first: NDArray[np.intp], last: NDArray[np.intp]) -> tuple[Values, Values]:
    counts = last - first
    starts = np.cumsum(counts) - counts
    gathered = values[np.arange(counts.sum()) + np.repeat(first - starts, counts)]
    gathered -= np.repeat(values[first], counts)
    offset = np.add.reduceat(gathered, starts) / counts
    gathered -= np.repeat(offset, counts)
    squares = np.add.reduceat(np.square(gathered, out=gathered), starts)
    spread = np.sqrt(squares / np.maximum(counts - 1, 1))
    return values[first] + offset, np.where(counts > 1, spread, np.nan)


def _parts(counts: NDArray[np.intp]) -> list[slice]:
    """Cut windows into runs that gather about `_LARGEST_GATHER` samples each (one window at least)."""
    run = np.cumsum(counts) // _LARGEST_GATHER
    cuts = np.append(np.flatnonzero(np.diff(run, prepend=-1)), len(counts))
    return [slice(int(a), int(b)) for a, b in pairwise(cuts)]
