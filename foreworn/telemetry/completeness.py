"""How complete a signal is: readings that came, of those its cadence promises."""

import math
from collections.abc import Sequence
from datetime import timedelta

from foreworn.telemetry.quality import DAY, HOUR


def completeness(counts: Sequence[int], cadence: timedelta) -> float | None:
    """Return the share of the promised readings that came, in [0, 1]; None where a day can promise none.

    Hour by hour, so that many readings in one hour do not make up for none in another; but one reading may slip into
    the next hour, or the one before, as clocks do not beat at the same time. A cadence that is longer than an hour is
    held against stretches of whole hours, the last of which ends with the last hour.

    Parameters
    ----------
    counts
        Distinct readings of each hour in which the device sat on a machine, oldest first.
    cadence
        How often a healthy device reports the signal.

    Examples
    --------
    >>> completeness([6] * 18 + [0] * 6, timedelta(minutes=10))
    0.75
    >>> completeness([1, 2, 0, 1], timedelta(hours=1)), completeness([4, 0, 0, 0], timedelta(hours=1))
    (1.0, 0.5)
    >>> completeness([0, 1, 0, 0, 0, 0], timedelta(hours=3))
    0.5
    """
    hours = math.ceil(cadence / HOUR)
    if cadence > DAY or hours > len(counts):
        return None
    if hours <= 1:
        promised, stretches = HOUR // cadence, list(counts)
    else:
        whole = counts[len(counts) % hours :]
        promised, stretches = 1, [sum(whole[i : i + hours]) for i in range(0, len(whole), hours)]
    if min(stretches) >= promised:
        return 1.0
    return _kept(stretches, promised) / (promised * len(stretches))


def _kept(counts: Sequence[int], promised: int) -> int:
    """Return how many promises were kept; one too many in a stretch may serve the one before or after it."""
    kept, spare, owed = 0, 0, 0
    for count in counts:
        before = min(owed, max(0, count - promised), 1)
        have = count - before + spare
        kept += before + min(have, promised)
        owed, spare = max(0, promised - have), min(1, max(0, have - promised))
    return kept
