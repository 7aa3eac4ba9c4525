"""Lowest, highest, slope and decaying mean over time windows, each from its own samples only."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.features.window import Times, Values, window_bounds

Places = NDArray[np.intp]

_LARGEST_GATHER = 2_000_000  # samples held at once; 16 MB per array
_HOUR_MS = 3_600_000.0


@dataclass(frozen=True, slots=True)
class _Gathered:
    """The samples of some windows, one window after the other.

    Parameters
    ----------
    windows : (n_windows,) int
        Which of the windows asked for these are; none of them is empty.
    first, counts, starts : (n_windows,) int
        Each window's first sample, how many it has, and where its samples begin in `samples`.
    samples : (n_gathered,) int
        Places of the samples.
    """

    windows: Places
    first: Places
    counts: Places
    starts: Places
    samples: Places

    def repeated(self, values: Values) -> Values:
        """Return one value per window, repeated for each of its samples."""
        return np.repeat(values, self.counts)

    def sums(self, values: Values) -> Values:
        """Return each window's sum."""
        return np.asarray(np.add.reduceat(values, self.starts), dtype=np.float64)


def window_range(stamps: Times, values: Values, times: Times, width: int) -> tuple[Values, Values]:
    """Return the lowest and the highest value stamped in (t - width, t], for each t in `times`; NaN in an empty window.

    Parameters as in `models.features.window.window_moments`.

    Examples
    --------
    >>> low, high = window_range(np.array([1, 2, 3]), np.array([4.0, 9.0, 8.0]), np.array([3, 9]), 3)
    >>> low.tolist(), high.tolist()
    ([4.0, nan], [9.0, nan])
    """
    low, high = np.full(len(times), np.nan), np.full(len(times), np.nan)
    for part in _gathered(stamps, times, width):
        own = values[part.samples]
        low[part.windows] = np.minimum.reduceat(own, part.starts)
        high[part.windows] = np.maximum.reduceat(own, part.starts)
    return low, high


def window_slope(stamps: Times, values: Values, times: Times, width: int) -> Values:
    """Return the least-squares slope [1/h] of the values stamped in (t - width, t], for each t in `times`.

    NaN where the window holds fewer than three moments: a line through two points says nothing of a trend.

    Examples
    --------
    >>> hours = np.arange(4) * 3_600_000
    >>> window_slope(hours, np.array([1.0, 3.0, 5.0, 7.0]), hours[-1:], 4 * 3_600_000).round(9).tolist()
    [2.0]
    """
    slope = np.full(len(times), np.nan)
    for part in _gathered(stamps, times, width):
        hours = (stamps[part.samples] - np.repeat(times[part.windows], part.counts)) / _HOUR_MS
        own = values[part.samples] - part.repeated(values[part.first])
        hours -= part.repeated(part.sums(hours) / part.counts)
        own -= part.repeated(part.sums(own) / part.counts)
        spread = part.sums(np.square(hours))
        enough = (part.counts >= 3) & (spread > 0)
        slope[part.windows] = np.divide(
            part.sums(hours * own), spread, out=np.full(len(part.windows), np.nan), where=enough
        )
    return slope


def window_decay(stamps: Times, values: Values, times: Times, width: int, time_constant: int) -> Values:
    """Return the mean of the values stamped in (t - width, t], weighted by exp(-age / time constant).

    NaN in an empty window. The sum is cut at `width`, so that a window live is the window of a batch.

    Parameters
    ----------
    width, time_constant
        How far back samples count, and the age at which a sample weighs 1/e. [ms]

    Examples
    --------
    >>> window_decay(np.array([0, 10]), np.array([0.0, 1.0]), np.array([10]), 50, 10).round(4).tolist()
    [0.7311]
    """
    mean = np.full(len(times), np.nan)
    for part in _gathered(stamps, times, width):
        age = np.repeat(times[part.windows], part.counts) - stamps[part.samples]
        weight = np.exp(-age / time_constant)
        offset = values[part.samples] - part.repeated(values[part.first])
        mean[part.windows] = values[part.first] + part.sums(weight * offset) / part.sums(weight)
    return mean


def _gathered(stamps: Times, times: Times, width: int) -> Iterator[_Gathered]:
    """Yield the windows that are not empty, in runs of about `_LARGEST_GATHER` samples (one window at least)."""
    first, last = window_bounds(stamps, times, width)
    filled = np.flatnonzero(last > first)
    counts = (last - first)[filled]
    run = np.cumsum(counts) // _LARGEST_GATHER
    for begin, end in pairwise(np.append(np.flatnonzero(np.diff(run, prepend=-1)), len(counts)).tolist()):
        own, windows = counts[begin:end], filled[begin:end]
        starts = np.cumsum(own) - own
        samples = np.arange(own.sum()) + np.repeat(first[windows] - starts, own)
        yield _Gathered(windows, first[windows], own, starts, samples)
