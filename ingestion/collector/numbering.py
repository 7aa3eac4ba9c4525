"""How far one device's sequence numbers run without a gap."""

from bisect import bisect_right
from collections.abc import Sequence
from operator import ne

MOST_AHEAD = 100_000
"""So many numbers are remembered past a gap; a device that goes that far does not go back."""
MOST_GAPS = 1_000
"""And with so many gaps open."""


class Numbering:
    """The numbers of one device that are durable: through which all are, and which stretches lie past a gap.

    Parameters
    ----------
    through
        The number up to which all are.

    Examples
    --------
    >>> numbering = Numbering(through=40)
    >>> numbering.take([41, 43, 44], redelivered=False)
    False
    >>> numbering.through
    41
    >>> numbering.take([42], redelivered=False), numbering.through
    (False, 44)
    """

    __slots__ = ("_ahead", "_starts", "_stops", "through")

    def __init__(self, through: int) -> None:
        self.through = through
        self._starts: list[int] = []  # of stretches past the first gap, each from start to stop, that included
        self._stops: list[int] = []
        self._ahead = 0

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
            else:
                self._take_one(seq, redelivered)
        return repeats

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
        if first != self._stops[-1] + 1 or self._ahead + count > MOST_AHEAD:
            return False
        self._stops[-1] += count
        self._ahead += count
        return True

    def _take_one(self, seq: int, redelivered: bool) -> None:
        if seq == self.through + 1:
            self._advance(seq)
        elif not self._is_ahead(seq):
            self._put_ahead(seq)
            if self._ahead > MOST_AHEAD or len(self._starts) > MOST_GAPS:
                self._advance(self._starts[0])
        elif not redelivered:
            self._advance(self._starts[0])  # the device went back and did not fill the gap: it cannot

    def _advance(self, through: int) -> None:
        """Go on to `through`, and over the first stretch where that follows."""
        if self._starts and self._starts[0] <= through + 1:
            through = self._stops.pop(0)
            self._ahead -= through - self._starts.pop(0) + 1
        self.through = through

    def _is_ahead(self, seq: int) -> bool:
        i = bisect_right(self._starts, seq) - 1
        return i >= 0 and seq <= self._stops[i]

    def _put_ahead(self, seq: int) -> None:
        i = bisect_right(self._starts, seq)
        follows = i > 0 and self._stops[i - 1] == seq - 1
        leads = i < len(self._starts) and self._starts[i] == seq + 1
        self._ahead += 1
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
