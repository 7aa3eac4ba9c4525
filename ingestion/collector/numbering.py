"""How far one device's sequence numbers run without a gap."""

from bisect import bisect_right
from collections.abc import Sequence
from operator import ne

MOST_GAPS = 100
"""So many gaps are kept in mind; what lies past more is forgotten, and the device sends it again."""


class Numbering:
    """The numbers of one device that are durable: through which all are, and which stretches lie past a gap.

    A gap is closed by the numbers it lacks, or by the device's word that it no longer has them; by nothing else.

    Parameters
    ----------
    through
        The number up to which all are.
    is_believed
        Nobody has said so: the first number that came was taken for the device's first.

    Examples
    --------
    >>> numbering = Numbering(through=40)
    >>> numbering.take([41, 43, 44], redelivered=False)
    False
    >>> numbering.through
    41
    >>> numbering.take([42], redelivered=False), numbering.through
    (False, 44)
    >>> numbering.take([47], redelivered=False), numbering.through
    (False, 44)
    >>> numbering.waive_before(46)
    >>> numbering.through
    45
    """

    __slots__ = ("_believed", "_starts", "_stops", "through")

    def __init__(self, through: int, *, is_believed: bool = False) -> None:
        self.through = through
        self._believed = through if is_believed else None
        self._starts: list[int] = []  # of stretches past the first gap, each from start to stop, that included
        self._stops: list[int] = []

    def take(self, seqs: Sequence[int], *, redelivered: bool) -> bool:
        """Take note of numbers, in the order they came; return whether the device repeated one of before a gap.

        Parameters
        ----------
        seqs
            What is durable now.
        redelivered
            The broker repeats them on its own, which says nothing about the device.
        """
        if self._continue(seqs):
            return False
        repeats = False
        for seq in seqs:
            if seq <= self.through:
                repeats = not redelivered or repeats
            elif seq == self.through + 1:
                self._advance(seq)
            elif not self._is_ahead(seq):
                self._put_ahead(seq)
        return repeats

    def waive_before(self, oldest: int) -> None:
        """Wait no longer for numbers before `oldest`: the device says that it has none of them any more."""
        if oldest - 1 >= self.through:
            self._advance(oldest - 1)

    def begin_at(self, oldest: int) -> None:
        """Take the device's word for where its numbers begin, in place of what was only believed of them."""
        if self._believed is not None and oldest - 1 < self._believed:
            self._starts.insert(0, self._believed + 1)
            self._stops.insert(0, self.through)
            self.through = oldest - 1
        self._believed = None
        self.waive_before(oldest)

    def _continue(self, seqs: Sequence[int]) -> bool:
        """Take numbers that follow on one another and on what is here, all at once, where they do."""
        count, first = len(seqs), seqs[0]
        if count > 1 and (seqs[-1] - first != count - 1 or any(map(ne, seqs, range(first, first + count)))):
            return False
        if not self._starts:
            if first != self.through + 1:
                return False
            self.through += count
            return True
        if first != self._stops[-1] + 1:
            return False
        self._stops[-1] += count
        return True

    def _advance(self, through: int) -> None:
        """Go on to `through`, and over the stretches that it touches."""
        reached = bisect_right(self._starts, through + 1)
        if reached:
            through = max(through, self._stops[reached - 1])
            del self._starts[:reached], self._stops[:reached]
        self.through = through

    def _is_ahead(self, seq: int) -> bool:
        i = bisect_right(self._starts, seq) - 1
        return i >= 0 and seq <= self._stops[i]

    def _put_ahead(self, seq: int) -> None:
        i = bisect_right(self._starts, seq)
        follows = i > 0 and self._stops[i - 1] == seq - 1
        leads = i < len(self._starts) and self._starts[i] == seq + 1
        if follows and leads:
            self._stops[i - 1] = self._stops.pop(i)
            del self._starts[i]
        elif follows:
            self._stops[i - 1] = seq
        elif leads:
            self._starts[i] = seq
        else:
            self._starts.insert(i, seq)
            self._stops.insert(i, seq)
            del self._starts[MOST_GAPS:], self._stops[MOST_GAPS:]
