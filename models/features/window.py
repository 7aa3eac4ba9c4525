"""Sums over time windows of irregular samples, each from its own rows only.

A running total over a whole history would be faster, but its rounding depends on where the history
begins: the same window would give other bits live than in a batch.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.int64]
Values = NDArray[np.float64]
Places = NDArray[np.intp]

_LARGEST_GATHER = 72_000  # samples held at once; 576 KB per array, so that they stay in the processor's cache
_LONGEST_COLUMN = 128  # samples; longer windows are summed one by one, which costs them nothing
_SHORTEST_RUN = 64  # windows at equal steps on average, from which on their samples are not gathered one by one
_STEPS_LOOKED_AT = 100
_LANES = 8


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
class _Alike:
    """Windows of the same number of samples.

    Parameters
    ----------
    samples : int
        How many each of them has.
    windows : (n_windows,) int, or slice
        Their places among all windows.
    first : (n_windows,) int
        The first sample of each.
    step : int
        By how many samples each begins after the one before; 0 where that differs.
    """

    samples: int
    windows: Places | slice
    first: Places
    step: int

    @property
    def room(self) -> int:
        """How many numbers it needs room for."""
        return -(-self.samples // max(self.step, 1)) * max(self.step, 1) * len(self.first)

    def moments(self, values: Values, room: Values) -> tuple[Values, Values | float]:
        """Return mean and spread of each, laid side by side in `room`: one line holds the i-th sample of each."""
        begin = values.take(self.first)
        if self.samples == 1:
            return begin + 0.0, np.nan
        lines = self._lines(values, begin, room[: self.room])
        offset = _sum_of(lines) / self.samples
        lines -= offset
        return begin + offset, np.sqrt(_sum_of(np.square(lines, out=lines)) / (self.samples - 1))

    def _lines(self, values: Values, begin: Values, room: Values) -> Values:
        """Return (samples, n_windows) values less the first of each window."""
        count, start = len(self.first), int(self.first[0])
        turns = -(-self.samples // max(self.step, 1))
        length = count + turns - 1
        if not 0 < self.step <= self.samples or start + self.step * length > len(values):
            lines = room[: self.samples * count].reshape(self.samples, count)
            np.take(values, self.first + np.arange(self.samples)[:, np.newaxis], out=lines, mode="clip")
            return np.subtract(lines, begin, out=lines)
        # Windows at equal steps overlap: every step-th sample in one line, and what windows need lies side by side.
        combed = np.ascontiguousarray(values[start : start + self.step * length].reshape(length, self.step).T)
        shape, strides = (turns, self.step, count), (8, 8 * length, 8)
        np.subtract(np.ndarray(shape, np.float64, combed, strides=strides), begin, out=room.reshape(shape))
        return room.reshape(-1, count)[: self.samples]


@dataclass(frozen=True, slots=True)
class Windows:
    """Which samples lie in each of some windows, for all signals that have the same stamps.

    Parameters
    ----------
    count : int
        How many windows.
    alike : tuple of _Alike
        The windows of up to `_LONGEST_COLUMN` samples.
    long : tuple of (windows, first, last)
        The longer ones: their places among all windows, and their samples [first, last).
    """

    count: int
    alike: tuple[_Alike, ...]
    long: tuple[Places, Places, Places]

    @classmethod
    def between(cls, first: Places, last: Places) -> "Windows":
        """Build from the index ranges [first, last), one per window, as `window_bounds` gives them."""
        # A byte is sorted by radix; how many samples the longer ones have does not matter here.
        kind = np.minimum(last - first, _LONGEST_COLUMN + 1).astype(np.uint8)
        if len(kind) and 0 < kind[0] <= _LONGEST_COLUMN and (kind == kind[0]).all():
            none = np.empty(0, np.intp)
            return cls(len(first), tuple(_alike(int(kind[0]), None, first)), (none, none, none))
        order = np.argsort(kind, kind="stable")
        bounds = np.searchsorted(kind[order], np.arange(1, _LONGEST_COLUMN + 3)).tolist()
        groups = [(n, order[a:b]) for n, (a, b) in enumerate(pairwise(bounds[:-1]), 1) if b > a]
        alike = [part for n, own in groups for part in _alike(n, own, first[own])]
        long = order[bounds[-2] :]
        return cls(len(first), tuple(alike), (long, first[long], last[long]))

    def moments(self, values: Values) -> WindowMoments:
        """Return mean and spread of a signal's values in each window; see `window_moments`.

        In which way a window is summed follows from its own number of samples alone, and changes no bit.
        """
        mean, spread = np.full(self.count, np.nan), np.full(self.count, np.nan)
        # One piece of memory for all: where memory is new, the system is asked for each page of it.
        room = np.empty(max((part.room for part in self.alike), default=0))
        for part in self.alike:
            mean[part.windows], spread[part.windows] = part.moments(values, room)
        windows, first, last = self.long
        for own in _parts(last - first):
            mean[windows[own]], spread[windows[own]] = _moments(values, first[own], last[own])
        return WindowMoments(mean, spread)


def _alike(samples: int, windows: Places | None, first: Places) -> Iterator[_Alike]:
    """Cut windows of as many samples into runs that begin at equal steps, where most do, and these to fit the cache.

    `windows` is None where they are all there are.
    """
    steps = np.diff(first)
    step = int(np.median(steps[:: len(steps) // _STEPS_LOOKED_AT + 1])) if len(steps) else 0
    cuts = np.flatnonzero(steps != step) + 1
    regular = step > 0 and len(cuts) * _SHORTEST_RUN < len(first)
    ends = [0, *(cuts.tolist() if regular else ()), len(first)]
    most = max(_LARGEST_GATHER // samples, 1)
    for begin, end in pairwise(ends):
        for a in range(begin, end, most):
            own = slice(a, min(a + most, end))
            yield _Alike(samples, own if windows is None else windows[own], first[own], step if regular else 0)


def _sum_of(lines: Values) -> Values:
    """Return the sum over lines, in the order in which `np.add.reduceat` sums one window: bit for bit the same."""
    first, rest = lines[0], lines[1:]
    whole = len(rest) - len(rest) % _LANES
    total: Values
    if not whole:
        total = rest[0].copy()
        tail = rest[1:]
    else:
        lanes = rest[:_LANES]
        for begin in range(_LANES, whole, _LANES):
            lanes = lanes + rest[begin : begin + _LANES]
        pairs = lanes[0::2] + lanes[1::2]
        pairs = pairs[0::2] + pairs[1::2]
        total, tail = pairs[0] + pairs[1], rest[whole:]
    for line in tail:
        total += line
    total += first
    return total


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
