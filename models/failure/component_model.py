"""What a failure model knows of one component: a hazard for each interval of time ahead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from models.evaluation.logistic import expit, logit
from models.failure.booster import Booster
from models.failure.calibrator import Calibrator
from models.failure.periods import Period, cumulative, read_off

Values = NDArray[np.float64]

_SMALLEST_DIFFERENCE = 1e-9  # below it the ratio of two log-odds is rounding


@dataclass(frozen=True, slots=True)
class PeriodModel:
    """Trees and calibration of one interval ahead: failing in it, for a component that has come to its beginning.

    Parameters
    ----------
    period
        The interval.
    booster
        The trees.
    calibrator
        From the trees' log-odds to calibrated ones.
    base_rate
        The share of the rows learned from whose component failed in the interval.
    """

    period: Period
    booster: Booster
    calibrator: Calibrator
    base_rate: float

    def hazard(self, matrix: Values) -> Values:
        """Return the calibrated hazard of each row, (n_rows,) float."""
        return self.calibrator.probability(self.booster.raw(matrix))

    def contributions(self, matrix: Values) -> tuple[Values, Values]:
        """Return each feature's share in the calibrated log-odds against an average row, and that row's own.

        The trees' own shares are exact; calibration stretches a row's shares by one factor, so that they still add up
        to the row's calibrated log-odds less those of the average row.
        """
        shares = self.booster.contributions(matrix)
        raw, average = shares.sum(axis=1), shares[:, -1]
        against = self.calibrator.log_odds(average)
        return shares[:, :-1] * _factor(self.calibrator.log_odds(raw) - against, raw - average), against


@dataclass(frozen=True, slots=True)
class ComponentModel:
    """One component's hazards, and what its forecasts at the model's horizon were worth on inner folds.

    Parameters
    ----------
    component
        What it forecasts.
    periods
        The intervals, one after the other, the first beginning at the row.
    threshold
        The probability of the greatest F1 over rows on the inner folds.
    base_rate
        The share of training rows followed by a failure within the model's horizon.
    metrics
        What the inner folds showed, by name.
    """

    component: str
    periods: tuple[PeriodModel, ...]
    threshold: float
    base_rate: float
    metrics: Mapping[str, float]

    @property
    def ends(self) -> tuple[timedelta, ...]:
        """When the intervals end: the horizons at which its curve is known."""
        return tuple(part.period.end for part in self.periods)

    def curve(self, matrix: Values) -> Values:
        """Return the probability of failing by the end of each interval, (n_rows, n_periods) float, never falling."""
        return cumulative(np.stack([part.hazard(matrix) for part in self.periods], axis=1))

    def probability(self, matrix: Values, horizon: timedelta) -> Values:
        """Return the probability of failing within any horizon, (n_rows,) float."""
        return self.probabilities(matrix, (horizon,))[:, 0]

    def probabilities(self, matrix: Values, horizons: Sequence[timedelta]) -> Values:
        """Return the probability of failing within each horizon, (n_rows, n_horizons) float."""
        needed = self._up_to(max(horizons))
        curve = cumulative(np.stack([part.hazard(matrix) for part in needed], axis=1))
        ends = [part.period.end for part in needed]
        return np.stack([read_off(curve, ends, horizon) for horizon in horizons], axis=1)

    def gain(self) -> Values:
        """Return by how much splits on each feature lowered the loss in training, all intervals together.

        Returns
        -------
        (n_features,) float
        """
        return np.asarray(np.sum([part.booster.gain() for part in self.periods], axis=0))

    def contributions(self, matrix: Values, horizon: timedelta) -> Values:
        """Return each feature's share in the calibrated log-odds of failing within a horizon.

        Over one interval the shares are exact. Over several, each interval's shares count by what it adds to the row's
        cumulative hazard, and are then stretched by one factor, so that they add up to the row's log-odds less those of
        the average training row.

        Returns
        -------
        (n_rows, n_features) float
        """
        parts = [part.contributions(matrix) for part in self._up_to(horizon)]
        if len(parts) == 1:
            return parts[0][0]
        average = expit(np.stack([against for _, against in parts], axis=1))
        hazards = expit(np.stack([shares.sum(axis=1) + against for shares, against in parts], axis=1))
        weight = -np.log1p(-hazards)
        weight /= weight.sum(axis=1, keepdims=True)
        mixed = np.sum([weight[:, [i]] * shares for i, (shares, _) in enumerate(parts)], axis=0)
        wanted = logit(cumulative(hazards)[:, -1]) - logit(cumulative(average)[:, -1])
        return np.asarray(mixed * _factor(wanted, mixed.sum(axis=1)))

    def _up_to(self, horizon: timedelta) -> tuple[PeriodModel, ...]:
        return tuple(part for part in self.periods if part.period.start < horizon)


def _factor(wanted: Values, found: Values) -> Values:
    """Return what stretches sums `found` to `wanted`, as a column; 1 where there is nothing to stretch."""
    apart = np.abs(found) > _SMALLEST_DIFFERENCE
    return np.divide(wanted, found, out=np.ones_like(found), where=apart)[:, np.newaxis]
