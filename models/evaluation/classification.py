"""How well probabilities tell rows that fail from rows that do not."""

import numpy as np
from numpy.typing import NDArray

Probabilities = NDArray[np.float64]
Flags = NDArray[np.bool_]


def f1_score(probability: Probabilities, failed: Flags, threshold: float) -> float:
    """Return the harmonic mean of precision and recall of `probability >= threshold`; 0 where nothing is right.

    Examples
    --------
    >>> f1_score(np.array([0.9, 0.8, 0.1]), np.array([True, False, True]), 0.5)
    0.5
    """
    alarm = probability >= threshold
    right = int((alarm & failed).sum())
    said, happened = int(alarm.sum()), int(failed.sum())
    return 2 * right / (said + happened) if right else 0.0


def best_f1_threshold(probability: Probabilities, failed: Flags) -> float:
    """Return the threshold of the greatest F1, midway to the next lower probability.

    Raises
    ------
    ValueError
        If no row failed.

    Examples
    --------
    >>> best_f1_threshold(np.array([0.9, 0.75, 0.25]), np.array([True, True, False]))
    0.5
    """
    if not failed.any():
        raise ValueError("a threshold cannot be chosen on rows of which none failed")
    order = np.argsort(-probability, kind="stable")
    falling = np.append(probability[order], 0.0)
    score = 2 * np.cumsum(failed[order]) / (np.arange(1, len(order) + 1) + failed.sum())
    last_of_tie = falling[:-1] > falling[1:]
    last_of_tie[-1] = True
    best = int(np.argmax(np.where(last_of_tie, score, -1.0)))
    return float((falling[best] + falling[best + 1]) / 2)


def average_precision(probability: Probabilities, failed: Flags) -> float:
    """Return the area under the precision-recall curve as average precision; NaN where no row failed.

    Examples
    --------
    >>> average_precision(np.array([0.9, 0.8, 0.1]), np.array([True, False, True])).__round__(3)
    0.833
    """
    if not failed.any():
        return float("nan")
    order = np.argsort(-probability, kind="stable")
    falling, hits = probability[order], np.cumsum(failed[order])
    ends = np.flatnonzero(np.append(np.diff(falling) != 0, True))
    precision = hits[ends] / (ends + 1)
    return float(np.sum(np.diff(hits[ends], prepend=0) * precision) / hits[-1])
