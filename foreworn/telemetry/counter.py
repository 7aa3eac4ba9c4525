"""Counters that stay what every store can keep."""

LARGEST_COUNT = 2**63 - 1
"""What a signed integer of 64 bits holds. A counter that has come this far stays there."""


def added(*counts: int) -> int:
    """Return the sum of counts, `LARGEST_COUNT` at most: devices choose their numbers, and so how many are missing.

    Examples
    --------
    >>> added(2, 3)
    5
    >>> added(LARGEST_COUNT, 1) == LARGEST_COUNT
    True
    """
    return min(sum(counts), LARGEST_COUNT)
