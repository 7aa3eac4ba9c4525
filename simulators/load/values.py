"""The values of a load: a pure function of (seed, device, sequence number, signal), quick for many at once.

Every value is a hundredth between 10.00 and 99.99, so its text has five characters and is exactly the number.
"""

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]

LEAST, VALUES = 1000, 9000
"""The least hundredth, and how many different ones there are."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_DEVICE = np.uint64(0xD6E8FEB86659FD93)
_PER_HASH = 4  # a hash of 64 bits has room for four draws of 16


def hundredths(seed: int, devices: Integers, seqs: Integers, signals: int) -> Integers:
    """Return the values of readings, in hundredths.

    The bits come from the finaliser of SplitMix64 [1]_.

    Parameters
    ----------
    seed
        The load's.
    devices, seqs
        Device numbers and sequence numbers, of one shape.
    signals
        How many values a reading has.

    Returns
    -------
    (*shape, signals) int64
        From 1000 to 9999.

    References
    ----------
    .. [1] G. L. Steele, D. Lea, C. H. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.

    Examples
    --------
    >>> import numpy as np
    >>> once, again = (hundredths(1, np.array([7, 7]), np.array([1, 2]), 3).tolist() for _ in range(2))
    >>> once == again, once[0] == once[1]
    (True, False)
    """
    start = np.asarray([seed], dtype=np.int64).astype(np.uint64) * _FIRST
    state = _mixed(start + devices.astype(np.uint64) * _DEVICE)
    state = _mixed(state + seqs.astype(np.uint64) * _GOLDEN)
    drawn = np.empty((*state.shape, signals), dtype=np.int64)
    for signal in range(signals):
        if signal and signal % _PER_HASH == 0:
            state = _mixed(state + _GOLDEN)
        bits = (state >> np.uint64(16 * (signal % _PER_HASH))) & np.uint64(0xFFFF)
        drawn[..., signal] = (bits * np.uint64(VALUES)) >> np.uint64(16)
    return drawn + LEAST


def _mixed(state: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    state = (state ^ (state >> np.uint64(30))) * _FIRST
    state = (state ^ (state >> np.uint64(27))) * _SECOND
    return state ^ (state >> np.uint64(31))
