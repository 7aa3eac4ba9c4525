"""Exponentially weighted means of irregular samples, each from its own window only.

A running mean that is carried along would be faster, but a live score would then depend on when the process
was started, and a late sample could not be put in its place.
"""

import numpy as np

from models.features.window import Times, Values, window_bounds

_LARGEST_GATHER = 2_000_000  # samples held at once; 16 MB per array


def smoothed(stamps: Times, values: Values, times: Times, *, width: int, time_constant: int, memory: int) -> Values:
    r"""Return per time t the mean of the values in (t - width, t], the newer weighing more.

    A value of time s weighs :math:`e^{-(t - s)/\tau}`: what lies beyond a gap fades by the gap's length, not by
    the number of samples since.

    Parameters
    ----------
    stamps : (n_samples,) int, ms, sorted
    values : (n_samples,) float, without NaN
    times : (n_windows,) int, ms
    width, time_constant
        Length of the window, and :math:`\tau`. [ms]
    memory
        Where the newest value is at least this old, there is no mean. [ms]

    Returns
    -------
    (n_windows,) float
        NaN where the window is empty or its newest value too old.

    Examples
    --------
    With half an hour's gap the older value weighs 1/e:

    >>> stamps = np.array([0, 30])
    >>> ask = np.array([30, 40, 90])
    >>> smoothed(stamps, np.array([0.0, 1.0]), ask, width=60, time_constant=30, memory=20).round(3).tolist()
    [0.731, 0.731, nan]
    """
    first, last = window_bounds(stamps, times, width)
    found = np.full(len(times), np.nan)
    filled = np.flatnonzero(last > first)
    filled = filled[times[filled] - stamps[last[filled] - 1] < memory]
    gathered = int((last[filled] - first[filled]).sum())
    for windows in np.array_split(filled, gathered // _LARGEST_GATHER + 1):
        if len(windows):
            found[windows] = _weighted(stamps, values, times[windows], first[windows], last[windows], time_constant)
    return found


def _weighted(stamps: Times, values: Values, times: Times, first: Times, last: Times, time_constant: int) -> Values:
    counts = last - first
    starts = np.cumsum(counts) - counts
    places = np.arange(counts.sum()) + np.repeat(first - starts, counts)
    weights = np.exp((stamps[places] - np.repeat(times, counts)) / time_constant)
    newest = values[last - 1]
    # Of differences from the newest value, so that a signal that stands still has its very value as mean.
    parts = np.add.reduceat(weights * (values[places] - np.repeat(newest, counts)), starts)
    mean: Values = newest + parts / np.add.reduceat(weights, starts)
    return mean
