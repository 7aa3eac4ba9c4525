"""Splits that roll on through a history: learn from all that lies before, judge the next stretch, and so on."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Origin:
    """One split: learn from what was stamped before `train_until`, judge rows of [test_from, test_to)."""

    train_until: datetime
    test_from: datetime
    test_to: datetime


def rolling_origins(first: datetime, end: datetime, *, count: int, gap: timedelta) -> tuple[Origin, ...]:
    """Return splits whose judged stretches follow each other from `first` to `end`, each after its own gap.

    Parameters
    ----------
    first, end
        Where the first judged stretch begins, and where the last one ends.
    count
        How many, all of one length.
    gap
        Between what is learned from and what is judged; a horizon, or outcomes of the judged stretch would be learned.

    Raises
    ------
    ValueError
        If there is no time between `first` and `end`, no split is asked for, or the gap is negative.

    Examples
    --------
    >>> from datetime import UTC
    >>> start, day = datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=1)
    >>> [(o.train_until.day, o.test_from.day, o.test_to.day) for o in
    ...  rolling_origins(start + 9 * day, start + 19 * day, count=2, gap=day)]
    [(9, 10, 15), (14, 15, 20)]
    """
    if end <= first or count < 1 or gap < timedelta(0):
        raise ValueError(f"{count} origins from {first} to {end} with a gap of {gap} are no splits")
    length = (end - first) / count
    starts = [first + i * length for i in range(count)]
    return tuple(Origin(start - gap, start, start + length) for start in starts)
