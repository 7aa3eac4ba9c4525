"""Mean and spread over time windows of irregular samples, each from its own samples only."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.features.window_ends import passed, passed_before
from models.features.window_sums import Alike

Times = NDArray[np.int64]
Values = NDArray[np.float64]
Places = NDArray[np.intp]

_LARGEST_GATHER = 72_000  # samples held at once; 576 KB per array, so that they stay in the processor's cache
_SHORTEST_RUN = 64  # windows at equal steps on average, from which on their samples are not gathered one by one
_LONGEST_HOLE = 16  # windows nobody asked for, between two that were: cheaper to sum than to begin anew
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
    seen = passed(stamps, times)
    return passed_before(stamps, times, width, seen), seen


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
    runs : tuple of Run
        Those that have samples.
    """

    count: int
    runs: tuple["Run", ...]

    @classmethod
    def between(cls, first: Places, last: Places) -> "Windows":
        """Build from the index ranges [first, last), one per window, as `window_bounds` gives them."""
        samples = last - first
        if len(first) and samples[0] and (samples == samples[0]).all():
            return cls(len(first), tuple(_runs(int(samples[0]), None, first)))
        # Small integers are sorted by radix.
        kind = samples.astype(np.min_scalar_type(samples.max(initial=0)))
        order = np.argsort(kind, kind="stable")
        cuts = np.flatnonzero(np.diff(kind[order], prepend=0)).tolist()
        groups = [order[a:b] for a, b in pairwise([*cuts, len(order)])]
        return cls(len(first), tuple(run for own in groups for run in _runs(int(samples[own[0]]), own, first[own])))

    def moments(self, values: Values, room: WindowMoments | None = None) -> WindowMoments:
        """Return mean and spread of a signal's values in each window, in `room` if there is some; see `window_moments`.

        In which order a window is summed follows from its own number of samples alone.
        """
        found = WindowMoments(np.empty(self.count), np.empty(self.count)) if room is None else room
        mean, spread = found.mean, found.spread
        if sum(run.count for run in self.runs) < self.count:
            mean[:], spread[:] = np.nan, np.nan
        for run in self.runs:
            run.write(values, found)
        return found


@dataclass(frozen=True, slots=True)
class Run:
    """Windows of as many samples that are summed at once.

    Parameters
    ----------
    alike : Alike
        Their samples, and those of a few windows between them that nobody asked for.
    stretches : tuple of (windows, slice)
        Windows that were asked for, as their places among all windows, and where they stand in `alike`.
    """

    alike: Alike
    stretches: tuple[tuple[Places | slice, slice], ...]

    @property
    def count(self) -> int:
        """How many windows were asked for."""
        return sum(own.stop - own.start for _, own in self.stretches)

    def write(self, values: Values, found: WindowMoments) -> None:
        """Write mean and spread of a signal's values to the places of the windows that were asked for."""
        mean, offset, squares = self.alike.sums(values)
        mean += offset
        squares /= self.alike.samples - 1 if self.alike.samples > 1 else np.nan
        np.sqrt(squares, out=squares)
        for windows, own in self.stretches:
            found.mean[windows] = mean[own]
            found.spread[windows] = squares[own]


def _runs(samples: int, windows: Places | None, first: Places) -> Iterator[Run]:
    """Cut windows of as many samples into runs that begin at equal steps, where most do, and these to fit the cache.

    `windows` is None where they are all there are.
    """
    steps = np.diff(first)
    step = int(np.median(steps[:: len(steps) // _STEPS_LOOKED_AT + 1])) if len(steps) else 0
    odd = np.flatnonzero(steps != step)
    if step <= 0 or len(odd) * _SHORTEST_RUN >= len(first):
        step, odd = 0, odd[:0]
    holes, cuts = _holes_and_cuts(odd, steps[odd], step)
    one = Alike(samples, range(0, step, step) if step else first[:1])
    most = max(_LARGEST_GATHER // max(one.gathered, 1), 1)
    for begin, end in pairwise([0, *cuts.tolist(), len(first)]):
        for a in range(begin, end, most):
            b = min(a + most, end)
            within = holes[slice(*np.searchsorted(holes, [a + 1, b]))].tolist()
            yield _run(samples, windows, first, [a, *within, b], step)


def _holes_and_cuts(odd: Places, far: Places, step: int) -> tuple[Places, Places]:
    """Return before which windows a few of equal steps are left out, and which begin out of step.

    Parameters
    ----------
    odd : (n_odd,) int
        The windows after which another step comes.
    far : (n_odd,) int
        By how many samples.
    """
    hole = (far > step) & (far % max(step, 1) == 0) & (far <= step * _LONGEST_HOLE)
    return odd[hole] + 1, odd[~hole] + 1


def _run(samples: int, windows: Places | None, first: Places, bounds: Sequence[int], step: int) -> Run:
    """Return the windows between the first and the last bound; between two bounds each begins a step after another."""
    if not step:
        begins = np.asarray(bounds) - bounds[0]
        alike = Alike(samples, first[bounds[0] : bounds[-1]])
    else:
        start, stop = int(first[bounds[0]]), int(first[bounds[-1] - 1]) + 1
        begins = (first[bounds[:-1]] - start) // step
        alike = Alike(samples, range(start, stop, step))
    return Run(
        alike,
        tuple(
            (slice(a, b) if windows is None else windows[a:b], slice(place, place + b - a))
            for (a, b), place in zip(pairwise(bounds), begins.tolist(), strict=False)
        ),
    )
