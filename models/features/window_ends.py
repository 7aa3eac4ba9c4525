"""How many samples lie at or before a time: where windows begin and end."""

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.int64]
Places = NDArray[np.intp]

_LOOKED_UP = 5  # every 2^5th time is looked up
_AT_ONCE = 16_384  # times; so that what is found on the way stays in the processor's cache
_FEW = 1024


def passed(stamps: Times, times: Times) -> Places:
    """Return how many stamps lie at or before each time.

    It is `np.searchsorted` from the right, which is slow for many rising times over many stamps: most of them are where
    two neighbours that were looked up let them be expected, and that is seen at a glance.

    Parameters
    ----------
    stamps : (n_samples,) int, ms, sorted
    times : (n_times,) int, ms

    Examples
    --------
    >>> passed(np.array([0, 10, 20]), np.array([10, -1])).tolist()
    [2, 0]
    """
    if len(times) < _FEW or not len(stamps):
        return np.searchsorted(stamps, times, side="right")
    found = np.empty(len(times), np.intp)
    for begin in range(0, len(times), _AT_ONCE):
        own = slice(begin, begin + _AT_ONCE)
        found[own] = _guessed(stamps, times[own])
    return found


def _guessed(stamps: Times, times: Times) -> Places:
    """Look up some, lay the others evenly between their neighbours, and look up those that this is wrong for."""
    known = np.searchsorted(stamps, times[:: 1 << _LOOKED_UP], side="right")
    ahead = np.diff(known, append=known[-1:])[:, np.newaxis] * np.arange(1 << _LOOKED_UP)
    ahead >>= _LOOKED_UP
    ahead += known[:, np.newaxis]
    found: Places = ahead.ravel()[: len(times)]
    wrong = (stamps.take(found - 1, mode="clip") > times) & (found > 0)
    wrong |= (stamps.take(found, mode="clip") <= times) & (found < len(stamps))
    again = np.flatnonzero(wrong)
    found[again] = np.searchsorted(stamps, times[again], side="right")
    return found


def passed_before(stamps: Times, times: Times, width: int, seen: Places) -> Places:
    """Return how many stamps lie at or before each time less a width.

    Where another of the times lies a width before, what it has seen is the answer, and nothing is looked up.

    Parameters
    ----------
    stamps : (n_samples,) int, ms, sorted
    times : (n_times,) int, ms
    width : int
        [ms]
    seen : (n_times,) int
        How many lie at or before the times themselves.
    """
    ends = times - width
    back = len(times) - 1 - int(np.searchsorted(times, ends[-1])) if len(times) else 0
    if not 0 < back < len(times) // 2:
        return passed(stamps, ends)
    lacking = np.append(np.arange(back), np.flatnonzero(ends[back:] != times[:-back]) + back)
    if len(lacking) > len(times) // 2:
        return passed(stamps, ends)
    found = np.empty(len(times), np.intp)
    found[back:] = seen[:-back]
    found[lacking] = np.searchsorted(stamps, ends[lacking], side="right")
    return found
