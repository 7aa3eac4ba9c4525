"""Sums over windows of the same number of samples, added up in an order that follows from that number alone.

Windows overlap, and what two of them have in common is added up once where that is the same for both: more than a few
samples are added up as eight parts of the same size, and these by twos. A sum over a running total would be faster
still, but its rounding depends on where the record begins.
"""

from collections.abc import Sequence
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
    first : range or (n_windows,) int
        The first sample of each; a range where they begin at equal steps.
    """

    samples: int
    first: range | Places

    @property
    def gathered(self) -> int:
        """How many samples are laid out per window, about."""
        return self.samples // _PARTS if self._shared_step else self.samples

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
            left_over = Alike(rest, _moved(self.first, _PARTS * size))
            sums = _joined(sums, _PARTS * size, left_over.sums(values), rest)
        return sums

    @property
    def _shared_step(self) -> int:
        """The step of windows that have parts in common; 0 where they have none."""
        step = self.first.step if isinstance(self.first, range) and self.samples > _MOST_SINGLY else 0
        return step if step and self.samples // _PARTS % step == 0 else 0

    def _parts(self, size: int) -> tuple["Alike", tuple[int, int, int]]:
        """Return the parts of all windows, and how far apart lie those that are joined, once, twice and thrice."""
        count = len(self.first)
        if step := self._shared_step:
            begin, far = self.first[0], size // step
            begins = range(begin, begin + step * (count + (_PARTS - 1) * far), step)
            return Alike(size, begins), (far, 2 * far, 4 * far)
        return Alike(size, (_places(self.first) + size * _BY_HALVES).ravel()), (4 * count, 2 * count, count)

    def _singly(self, values: Values) -> Sums:
        """Return the sums of a few samples, laid side by side: one line holds the i-th sample of each window."""
        begin, lines = self._lines(values)
        if not len(lines):
            return Sums(begin, np.zeros(len(begin)), np.zeros(len(begin)))
        offset = _total(lines)
        offset /= self.samples
        squares = np.square(offset)
        lines -= offset
        squares = _total([squares, *np.square(lines, out=lines)])
        return Sums(begin, offset, squares)

    def _lines(self, values: Values) -> tuple[Values, Values]:
        """Return the first value of each window, and the (samples - 1, n_windows) others less it."""
        combed = self._combed(values)
        if combed is None:
            first = _places(self.first)
            begin = values.take(first)
            lines = values.take(first + np.arange(1, self.samples)[:, np.newaxis])
            return begin, np.subtract(lines, begin, out=lines)
        step, count = len(combed), len(self.first)
        begin = combed[0, :count].copy()
        lines = np.empty((self.samples - 1, count))
        for turn in range(-(-self.samples // step)):
            number = range(max(turn * step, 1), min((turn + 1) * step, self.samples))
            own = combed[number.start - turn * step : number.stop - turn * step, turn : turn + count]
            np.subtract(own, begin, out=lines[number.start - 1 : number.stop - 1])
        return begin, lines

    def _combed(self, values: Values) -> Values | None:
        """Return every step-th sample in one line, what windows need side by side; None where they do not overlap."""
        if not isinstance(self.first, range) or self.first.step > self.samples:
            return None
        step, start = self.first.step, self.first[0]
        turns = -(-self.samples // step)
        length = len(self.first) + turns - 1
        if start + step * length > len(values):
            return None
        combed = values[start : start + step * length].reshape(length, step).T
        return combed if turns == 1 else np.ascontiguousarray(combed)


def _places(first: range | Places) -> Places:
    return np.arange(first.start, first.stop, first.step) if isinstance(first, range) else first


def _moved(first: range | Places, by: int) -> range | Places:
    return range(first.start + by, first.stop + by, first.step) if isinstance(first, range) else first + by


def _total(lines: Sequence[Values] | Values) -> Values:
    """Return the sum over lines, one after the other: NumPy's own order depends on how many windows there are."""
    if len(lines) == 1:
        return lines[0].copy()
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
