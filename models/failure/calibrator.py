"""Turning a booster's score into a probability that means what it says."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.evaluation.logistic import expit, fit_logistic

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calibrator:
    r"""Beta calibration [1]_ of a raw score, the booster's own log-odds.

    With :math:`p` the booster's probability, the calibrated log-odds are
    :math:`a \ln p - b \ln(1 - p) + c`. Platt's method is the case :math:`a = b`.

    References
    ----------
    .. [1] M. Kull, T. Silva Filho, P. Flach, "Beta calibration", AISTATS 2017.
    """

    a: float
    b: float
    c: float

    def log_odds(self, raw: Values) -> Values:
        """Return calibrated log-odds, rising with `raw`.

        Examples
        --------
        >>> Calibrator(a=2.0, b=2.0, c=1.0).log_odds(np.array([0.0, 3.0])).round(6).tolist()
        [1.0, 7.0]
        """
        return np.asarray(-self.a * np.logaddexp(0.0, -raw) + self.b * np.logaddexp(0.0, raw) + self.c)

    def probability(self, raw: Values) -> Values:
        """Return calibrated probabilities."""
        return expit(self.log_odds(raw))


IDENTITY = Calibrator(1.0, 1.0, 0.0)


def choose_calibrator(raw: Values, failed: NDArray[np.bool_], fold: NDArray[np.int64]) -> Calibrator:
    """Return Platt's or the beta calibrator, whichever has the smaller log loss on folds it has not seen.

    Parameters
    ----------
    raw : (n_rows,) float
        Scores by boosters that had not seen the rows.
    failed : (n_rows,) bool
    fold : (n_rows,) int
        Which fold of time each row is in. With failures in one fold alone there is nothing to choose
        by, and Platt's is taken for having fewer parameters.
    """
    folds = [f for f in np.unique(fold) if failed[fold == f].any()]
    if len(folds) < 2:
        return fit_platt(raw, failed)
    losses = []
    for fit in (fit_platt, fit_beta):
        unseen = [_log_loss(fit(raw[fold != f], failed[fold != f]), raw[fold == f], failed[fold == f]) for f in folds]
        losses.append(sum(unseen))
    return (fit_platt, fit_beta)[int(np.argmin(losses))](raw, failed)


def fit_platt(raw: Values, failed: NDArray[np.bool_]) -> Calibrator:
    """Fit :math:`a = b` and :math:`c` to smoothed targets, as Platt advises, so that they exist.

    Scores that do not rise with the failures teach nothing but their rate: then :math:`a = b = 0`.
    """
    found = fit_logistic([raw], _targets(failed))
    if found is None or found[0] <= 0:
        return Calibrator(0.0, 0.0, _rate_log_odds(failed))
    return Calibrator(float(found[0]), float(found[0]), float(found[1]))


def fit_beta(raw: Values, failed: NDArray[np.bool_]) -> Calibrator:
    """Fit all three to smoothed targets; a falling side is taken out, as its authors advise."""
    success, failure = -np.logaddexp(0.0, -raw), np.logaddexp(0.0, raw)
    found = fit_logistic([success, failure], _targets(failed))
    if found is None:
        return fit_platt(raw, failed)
    if found[0] > 0 and found[1] > 0:
        return Calibrator(float(found[0]), float(found[1]), float(found[2]))
    side = failure if found[0] <= 0 else success
    one = fit_logistic([side], _targets(failed))
    if one is None or one[0] <= 0:
        return fit_platt(raw, failed)
    a, b = (0.0, float(one[0])) if side is failure else (float(one[0]), 0.0)
    return Calibrator(a, b, float(one[1]))


def _targets(failed: NDArray[np.bool_]) -> Values:
    positive, negative = int(failed.sum()), int((~failed).sum())
    return np.where(failed, (positive + 1) / (positive + 2), 1 / (negative + 2))


def _rate_log_odds(failed: NDArray[np.bool_]) -> float:
    return float(np.log((failed.sum() + 1) / ((~failed).sum() + 1)))


def _log_loss(calibrator: Calibrator, raw: Values, failed: NDArray[np.bool_]) -> float:
    odds = calibrator.log_odds(raw)
    return float(np.sum(np.logaddexp(0.0, odds) - failed * odds))
