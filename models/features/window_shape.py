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


def window_step(stamps: Times, values: Values, times: Times, width: int) -> tuple[Values, Values]:
    """Return when the level of the values stamped in (t - width, t] most likely changed, and by how much.

    The values are cut where two levels explain them best, by least squares; each level has two samples at least.

    Returns
    -------
    hours_since, size : (n_windows,) float
        From the first sample of the new level to t [h], and the new level less the old one. NaN with fewer than four
        samples.

    Examples
    --------
    >>> hours = np.arange(6) * 3_600_000
    >>> since, size = window_step(hours, np.array([1.0, 1.0, 1.0, 1.0, 7.0, 7.0]), hours[-1:], 6 * 3_600_000)
    >>> since.tolist(), size.tolist()
    ([1.0], [6.0])
    """
    since, size = np.full(len(times), np.nan), np.full(len(times), np.nan)
    first, last = window_bounds(stamps, times, width)
    counts = last - first
    enough = np.flatnonzero(counts >= 4)
    widest = int(counts[enough].max(initial=4))
    for begin in range(0, len(enough), rows := max(_LARGEST_GATHER // widest, 1)):
        own = enough[begin : begin + rows]
        place, cut_size = _best_cuts(values, first[own], counts[own])
        since[own] = (times[own] - stamps[first[own] + place]) / _HOUR_MS
        size[own] = cut_size
    return since, size


def _best_cuts(values: Values, first: Places, counts: Places) -> tuple[Places, Values]:
    """Return per window how many samples lie before the best cut, and the later mean less the earlier one.

    Each window is a line of its own, so that its sums owe nothing to its neighbours.
    """
    column = np.arange(int(counts.max()))
    within = column < counts[:, np.newaxis]
    samples = values[np.where(within, first[:, np.newaxis] + column, 0)] - values[first][:, np.newaxis]
    before = np.cumsum(np.where(within, samples, 0.0), axis=1)
    left = column + 1.0
    right = counts[:, np.newaxis] - left
    cuts = (left >= 2) & (right >= 2)
    level = before / left
    later = np.divide(before[:, -1:] - before, right, out=np.zeros_like(before), where=cuts)
    gain = np.where(cuts, left * right * np.square(later - level), -1.0)
    best = np.argmax(gain, axis=1)
    line = np.arange(len(best))
    return best + 1, later[line, best] - level[line, best]


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
