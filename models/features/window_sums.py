"""Sums over windows of the same number of samples, added up in an order that follows from that number alone.

Windows overlap, and what two of them have in common is added up once where that is the same for both: more than a few
samples are added up as eight parts of the same size, and these by twos. A sum over a running total would be faster
still, but its rounding depends on where the record begins.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Places = NDArray[np.intp]

_MOST_SINGLY = 23  # samples; more are added up as parts
_PARTS = 8
_BY_HALVES = np.array([[0], [4], [2], [6], [1], [5], [3], [7]])  # a part of the first half goes with one of the second


class Sums(NamedTuple):
    """What is known of each of some windows.

    Parameters
    ----------
    begin : (n_windows,) float
        The first value of each. All else is about differences from it: a signal that stands still differs by exactly 0,
        and small differences of large values are not rounded away.
    offset : (n_windows,) float
        The mean less the first value.
    squares : (n_windows,) float
        The sum of squared differences from the mean.
    """

    begin: Values
    offset: Values
    squares: Values


@dataclass(frozen=True, slots=True)
class Alike:
    """Windows of the same number of samples.

    Parameters
    ----------
    samples : int
        How many each of them has, at least one.
    first : (n_windows,) int
        The first sample of each.
    step : int
        By how many samples each begins after the one before; 0 where that differs.
    """

    samples: int
    first: Places
    step: int

    @property
    def gathered(self) -> int:
        """How many samples are laid out per window, about."""
        return self.samples // _PARTS if self._parts_are_shared else self.samples

    def sums(self, values: Values) -> Sums:
        """Return the sums of a signal's values; which windows are asked for at once changes no bit of any."""
        if self.samples <= _MOST_SINGLY:
            return self._singly(values)
        size, rest = divmod(self.samples, _PARTS)
        parts, distances = self._parts(size)
        sums = parts.sums(values)
        for doubling, distance in enumerate(distances):
            half = size << doubling
            sums = _joined(Sums(*(of[:-distance] for of in sums)), half, Sums(*(of[distance:] for of in sums)), half)
        if rest:
            left_over = Alike(rest, self.first + _PARTS * size, self.step)
            sums = _joined(sums, _PARTS * size, left_over.sums(values), rest)
        return sums

    @property
    def _parts_are_shared(self) -> bool:
        return self.samples > _MOST_SINGLY and self.step > 0 and self.samples // _PARTS % self.step == 0

    def _parts(self, size: int) -> tuple["Alike", tuple[int, int, int]]:
        """Return the parts of all windows, and how far apart lie those that are joined, once, twice and thrice."""
        count = len(self.first)
        if self._parts_are_shared:
            far = size // self.step
            begins = self.first[0] + self.step * np.arange(count + (_PARTS - 1) * far)
            return Alike(size, begins, self.step), (far, 2 * far, 4 * far)
        return Alike(size, (self.first + size * _BY_HALVES).ravel(), 0), (4 * count, 2 * count, count)

    def _singly(self, values: Values) -> Sums:
        """Return the sums of a few samples, laid side by side: one line holds the i-th sample of each window."""
        begin = values.take(self.first)
        if self.samples == 1:
            return Sums(begin, np.zeros(len(begin)), np.zeros(len(begin)))
        lines = self._lines(values, begin)
        offset = _total(lines)
        offset /= self.samples
        lines -= offset
        return Sums(begin, offset, _total(np.square(lines, out=lines)))

    def _lines(self, values: Values, begin: Values) -> Values:
        """Return (samples, n_windows) values less the first of each window."""
        count, start = len(self.first), int(self.first[0])
        turns = -(-self.samples // max(self.step, 1))
        length = count + turns - 1
        if not 0 < self.step <= self.samples or start + self.step * length > len(values):
            lines = values.take(self.first + np.arange(self.samples)[:, np.newaxis])
            return np.subtract(lines, begin, out=lines)
        # Windows at equal steps overlap: every step-th sample in one line, and what windows need lies side by side.
        combed = np.ascontiguousarray(values[start : start + self.step * length].reshape(length, self.step).T)
        shape, strides = (turns, self.step, count), (8, 8 * length, 8)
        lines = np.ndarray(shape, np.float64, combed, strides=strides) - begin
        return lines.reshape(-1, count)[: self.samples]


def _total(lines: Values) -> Values:
    """Return the sum over lines, one after the other: NumPy's own order depends on how many windows there are."""
    total: Values = lines[0] + lines[1]
    for line in lines[2:]:
        total += line
    return total


def _joined(left: Sums, of_left: int, right: Sums, of_right: int) -> Sums:
    """Return the sums over two stretches of so many samples, from those over each.

    Chan, Golub and LeVeque (1983), Algorithms for computing the sample variance, The American Statistician 37(3),
    equation 2.1.
    """
    share = of_right / (of_left + of_right)
    apart = right.begin - left.begin
    apart += right.offset
    apart -= left.offset
    squares = left.squares + right.squares
    offset = share * apart
    offset += left.offset
    np.square(apart, out=apart)
    apart *= of_left * share
    squares += apart
    return Sums(left.begin, offset, squares)
