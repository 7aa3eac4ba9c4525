"""Whether probabilities mean what they say."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.evaluation.logistic import fit_logistic, logit

Probabilities = NDArray[np.float64]
Flags = NDArray[np.bool_]

RELIABILITY_EDGES: Final = (0.0, 0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)
"""Finer at both ends, because failures are rare and ten even bins would show one full and nine empty."""


def brier_score(probability: Probabilities, failed: Flags) -> float:
    """Return the mean squared error of the probabilities; 0 is perfect."""
    return float(np.mean(np.square(probability - failed)))


def brier_skill(probability: Probabilities, failed: Flags, base_rate: Probabilities | float) -> float:
    """Return 1 - Brier score / Brier score of always saying the base rate; 1 is perfect, 0 knows nothing.

    Parameters
    ----------
    probability : (n_rows,) float
    failed : (n_rows,) bool
    base_rate
        The rate in the training rows, for all rows or one per row.

    Examples
    --------
    >>> brier_skill(np.array([0.0, 1.0]), np.array([False, True]), 0.5)
    1.0
    """
    reference = float(np.mean(np.square(base_rate - failed)))
    return 1 - brier_score(probability, failed) / reference if reference > 0 else float("nan")


def calibration_line(probability: Probabilities, failed: Flags) -> tuple[float, float]:
    """Return slope and intercept of a logistic regression of the outcome on the forecast's log-odds.

    1 and 0 are perfect; a slope below 1 means too bold, an intercept below 0 (at slope 1) too high.
    Both are NaN where the forecasts separate the outcomes without error, or nothing or all failed.
    """
    if failed.all() or not failed.any():
        return float("nan"), float("nan")
    found = fit_logistic([logit(probability)], failed.astype(np.float64))
    return (float("nan"), float("nan")) if found is None else (float(found[0]), float(found[1]))


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """The forecasts of one range of probability: what was said on average, and what happened.

    `mean_probability` and `failed_share` are NaN where no forecast fell into the range.
    """

    low: float
    high: float
    forecasts: int
    mean_probability: float
    failed_share: float


def reliability_places(probability: Probabilities) -> NDArray[np.intp]:
    """Return which range of `RELIABILITY_EDGES` each probability falls into."""
    last = len(RELIABILITY_EDGES) - 2
    return np.clip(np.searchsorted(RELIABILITY_EDGES, probability, side="right") - 1, 0, last)


def reliability_table(probability: Probabilities, failed: Flags) -> list[ReliabilityBin]:
    """Return the bins of `RELIABILITY_EDGES`; each takes in its low end, the last one both."""
    place = reliability_places(probability)
    bins = []
    for i, (low, high) in enumerate(pairwise(RELIABILITY_EDGES)):
        inside = place == i
        count = int(inside.sum())
        said = float(probability[inside].mean()) if count else float("nan")
        happened = float(failed[inside].mean()) if count else float("nan")
        bins.append(ReliabilityBin(low, high, count, said, happened))
    return bins
