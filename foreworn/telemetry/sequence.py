"""Which of a device's numbers have come, which are missing, and which came again."""

from collections.abc import Sequence

import msgspec

from foreworn.telemetry.counter import added

Run = tuple[int, int]
"""Numbers without a hole between them: the first and the last."""

MOST_HOLES = 64
"""So many holes are followed; the numbers of older ones stay missing for good."""


class SequenceLedger(msgspec.Struct, array_like=True):
    """The numbers of one device; they are promised to rise by one, over restarts too.

    The first number heard begins the ledger, so what was lost before it is not known. Numbers before `first` can
    no longer be told apart, and count as neither missing nor repeated. A device that loses its memory may begin again
    at 1, hear how far the platform has come, and go on from there: what was settled before is never missing again.

    Parameters
    ----------
    first, last
        The lowest and the highest number that the ledger answers for.
    holes
        Runs in between that have not come, lowest first.
    gaps
        How often the sequence broke: each break once, also where its numbers came later.
    lost
        Missing numbers that are no longer waited for.
    settled
        Runs of numbers that came, or were counted in `lost`, before `first` or before the device began again; lowest
        first.

    Examples
    --------
    >>> ledger = SequenceLedger()
    >>> ledger.take([(1, 3), (6, 7)])
    0
    >>> ledger.gaps, ledger.missing
    (1, 2)
    >>> ledger.take([(3, 4)])
    1
    >>> ledger.gaps, ledger.missing
    (1, 1)
    """

    first: int | None = None
    last: int | None = None
    holes: list[Run] = []
    gaps: int = 0
    lost: int = 0
    settled: list[Run] = []

    @property
    def missing(self) -> int:
        """How many numbers were skipped and have not come since."""
        return added(self.lost, *(end - start + 1 for start, end in self.holes))

    def take(self, runs: Sequence[Run]) -> int:
        """Take numbers, as runs in rising order, and return how many of them had come before."""
        repeated = 0
        for start, end in runs:
            if self.last is None:
                self.first, self.last = start, end
            elif start > self.last:
                self._go_on(start, end)
            else:
                repeated += self._go_back(start, min(end, self.last))
                self.last = max(self.last, end)
        return repeated

    def begins_again(self, runs: Sequence[Run]) -> bool:
        """Tell whether all these numbers were passed before and none was waited for.

        Where they come with newer times, the device has begun to count anew.
        """
        if self.last is None or not runs or runs[-1][1] > self.last:
            return False
        return not any(a <= end and start <= b for a, b in self.holes for start, end in runs)

    def begin_again(self) -> None:
        """Forget where the numbers stood; what was missing stays missing, and what came is not missed again."""
        self.lost = self.missing
        if self.first is not None and self.last is not None:
            self._settle((self.first, self.last))
        self.first, self.last, self.holes = None, None, []

    def _go_on(self, start: int, end: int) -> None:
        if self.last is not None and start > self.last + 1:
            skipped = _without((self.last + 1, start - 1), self.settled)
            self.gaps = added(self.gaps, 1 if skipped else 0)
            self._keep([*self.holes, *skipped])
        self.last = end

    def _go_back(self, start: int, end: int) -> int:
        """Fill holes with numbers up to `last`, and return how many of them fill none."""
        start = max(start, self.first or 0)
        repeated = max(0, end - start + 1)
        holes: list[Run] = []
        for hole in self.holes:
            low, high = max(start, hole[0]), min(end, hole[1])
            if low > high:
                holes.append(hole)
                continue
            repeated -= high - low + 1
            holes += [(a, b) for a, b in ((hole[0], low - 1), (high + 1, hole[1])) if a <= b]
        self._keep(holes)
        return repeated

    def _keep(self, holes: list[Run]) -> None:
        given_up = holes[:-MOST_HOLES]
        if given_up:
            self.lost = added(self.lost, *(end - start + 1 for start, end in given_up))
            self._settle((self.first or 0, given_up[-1][1]))
            self.first = given_up[-1][1] + 1
        self.holes = holes[-MOST_HOLES:]

    def _settle(self, run: Run) -> None:
        joined: list[Run] = []
        for start, end in sorted([*self.settled, run]):
            if joined and start <= joined[-1][1] + 1:
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
            else:
                joined.append((start, end))
        if len(joined) > MOST_HOLES:
            joined[:2] = [(joined[0][0], joined[1][1])]
        self.settled = joined


def _without(run: Run, settled: Sequence[Run]) -> list[Run]:
    """Return what is left of a run where these, lowest first, are taken out."""
    left: list[Run] = []
    start, last = run
    for low, high in settled:
        if low > start:
            left.append((start, min(low - 1, last)))
        start = max(start, high + 1)
        if start > last:
            return left
    return [*left, (start, last)]
