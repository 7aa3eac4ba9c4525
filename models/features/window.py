"""Mean and spread over time windows of irregular samples, each from its own samples only."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.features.window_sums import Alike

Times = NDArray[np.int64]
Values = NDArray[np.float64]
Places = NDArray[np.intp]

_LARGEST_GATHER = 72_000  # samples held at once; 576 KB per array, so that they stay in the processor's cache
_SHORTEST_RUN = 64  # windows at equal steps on average, from which on their samples are not gathered one by one
_STEPS_LOOKED_AT = 100


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
    return Windows.between(*window_bounds(stamps, times, width)).moments(values)


@dataclass(frozen=True, slots=True)
class Windows:
    """Which samples lie in each of some windows, for all signals that have the same stamps.

    Parameters
    ----------
    count : int
        How many windows.
    alike : tuple of (windows, Alike)
        Those that have samples: their places among all windows, and their samples.
    """

    count: int
    alike: tuple[tuple[Places | slice, Alike], ...]

    @classmethod
    def between(cls, first: Places, last: Places) -> "Windows":
        """Build from the index ranges [first, last), one per window, as `window_bounds` gives them."""
        samples = last - first
        if len(first) and samples[0] and (samples == samples[0]).all():
            return cls(len(first), tuple(_alike(int(samples[0]), None, first)))
        # Small integers are sorted by radix.
        kind = samples.astype(np.min_scalar_type(samples.max(initial=0)))
        order = np.argsort(kind, kind="stable")
        cuts = np.flatnonzero(np.diff(kind[order], prepend=0)).tolist()
        groups = [order[a:b] for a, b in pairwise([*cuts, len(order)])]
        return cls(len(first), tuple(part for own in groups for part in _alike(int(samples[own[0]]), own, first[own])))

    def moments(self, values: Values) -> WindowMoments:
        """Return mean and spread of a signal's values in each window; see `window_moments`.

        In which order a window is summed follows from its own number of samples alone.
        """
        mean, spread = np.empty(self.count), np.empty(self.count)
        if sum(len(alike.first) for _, alike in self.alike) < self.count:
            mean[:], spread[:] = np.nan, np.nan
        for windows, alike in self.alike:
            begin, offset, squares = alike.sums(values)
            mean[windows] = begin + offset
            spread[windows] = np.sqrt(squares / (alike.samples - 1)) if alike.samples > 1 else np.nan
        return WindowMoments(mean, spread)


def _alike(samples: int, windows: Places | None, first: Places) -> Iterator[tuple[Places | slice, Alike]]:
    """Cut windows of as many samples into runs that begin at equal steps, where most do, and these to fit the cache.

    `windows` is None where they are all there are.
    """
    steps = np.diff(first)
    step = int(np.median(steps[:: len(steps) // _STEPS_LOOKED_AT + 1])) if len(steps) else 0
    cuts = np.flatnonzero(steps != step) + 1
    regular = step > 0 and len(cuts) * _SHORTEST_RUN < len(first)
    for begin, end in pairwise([0, *(cuts.tolist() if regular else ()), len(first)]):
        run = Alike(samples, first[begin:end], step if regular else 0)
        most = max(_LARGEST_GATHER // run.gathered, 1)
        for a in range(begin, end, most):
            own = slice(a, min(a + most, end))
            yield own if windows is None else windows[own], Alike(samples, first[own], run.step)
