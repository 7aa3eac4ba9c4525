"""What a failure model knows of one component."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.failure.booster import Booster
from models.failure.calibrator import Calibrator

Values = NDArray[np.float64]

_SMALLEST_DIFFERENCE = 1e-9  # below it the ratio of two log-odds is rounding


@dataclass(frozen=True, slots=True)
class ComponentModel:
    """Trees, calibration and threshold of one component.

    Parameters
    ----------
    component
        What it forecasts.
    booster
        The trees.
    calibrator
        From the trees' log-odds to calibrated ones.
    threshold
        The probability of the greatest F1 over rows on the inner folds.
    base_rate
        The share of training rows followed by a failure.
    metrics
        What the inner folds showed, by name.
    """

    component: str
    booster: Booster
    calibrator: Calibrator
    threshold: float
    base_rate: float
    metrics: Mapping[str, float]

    def probability(self, matrix: Values) -> Values:
        """Return the calibrated probability of each row, (n_rows,) float."""
        return self.calibrator.probability(self.booster.raw(matrix))

    def contributions(self, matrix: Values) -> Values:
        """Return each feature's share in the calibrated log-odds, against an average training row.

        The trees' own shares are exact; calibration stretches a row's shares by one factor, so that
        they still add up to the row's calibrated log-odds less those of the average row.

        Returns
        -------
        (n_rows, n_features) float
        """
        shares = self.booster.contributions(matrix)
        raw, average = shares.sum(axis=1), shares[:, -1]
        stretched = self.calibrator.log_odds(raw) - self.calibrator.log_odds(average)
        apart = np.abs(raw - average) > _SMALLEST_DIFFERENCE
        factor = np.divide(stretched, raw - average, out=np.ones_like(raw), where=apart)
        return np.asarray(shares[:, :-1] * factor[:, np.newaxis])
