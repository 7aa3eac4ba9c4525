"""Turning a booster's score into a probability that means what it says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from models.evaluation.logistic import expit, fit_logistic, logit

Values = NDArray[np.float64]


class Calibrator(Protocol):
    """Turns a booster's log-odds into calibrated ones; never falls where they rise."""

    def log_odds(self, raw: Values) -> Values:
        """Return calibrated log-odds."""
        ...

    def probability(self, raw: Values) -> Values:
        """Return calibrated probabilities."""
        ...

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data for JSON; `calibrator_from_data` reads it."""
        ...


@dataclass(frozen=True, slots=True)
class BetaCalibrator:
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
        >>> BetaCalibrator(a=2.0, b=2.0, c=1.0).log_odds(np.array([0.0, 3.0])).round(6).tolist()
        [1.0, 7.0]
        """
        return np.asarray(-self.a * np.logaddexp(0.0, -raw) + self.b * np.logaddexp(0.0, raw) + self.c)

    def probability(self, raw: Values) -> Values:
        """Return calibrated probabilities."""
        return expit(self.log_odds(raw))

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"kind": "beta", "a": self.a, "b": self.b, "c": self.c}


@dataclass(frozen=True, slots=True)
class IsotonicCalibrator:
    """Isotonic regression [1]_: the rates of failure of stretches of scores, rising, joined by straight lines.

    The lines run in log-odds between the middles of the stretches; beyond the first and the last the rate stays.

    Parameters
    ----------
    scores, log_odds_at
        The middles, rising, and the log-odds there, not falling.

    References ---------- .. [1] B. Zadrozny, C. Elkan, "Transforming classifier scores into accurate multiclass
    probability estimates", KDD 2002.
    """

    scores: tuple[float, ...]
    log_odds_at: tuple[float, ...]

    def log_odds(self, raw: Values) -> Values:
        """Return calibrated log-odds, not falling with `raw`.

        Examples
        --------
        >>> IsotonicCalibrator((0.0, 2.0), (-1.0, 1.0)).log_odds(np.array([-5.0, 1.5, 9.0])).tolist()
        [-1.0, 0.5, 1.0]
        """
        return np.asarray(np.interp(raw, self.scores, self.log_odds_at), dtype=np.float64)

    def probability(self, raw: Values) -> Values:
        """Return calibrated probabilities."""
        return expit(self.log_odds(raw))

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {"kind": "isotonic", "scores": list(self.scores), "log_odds": list(self.log_odds_at)}


IDENTITY: Final = BetaCalibrator(1.0, 1.0, 0.0)


def calibrator_from_data(data: Mapping[str, Any]) -> Calibrator:
    """Build a calibrator from what its `as_data` gave.

    Raises
    ------
    ValueError
        If its kind is not known.
    """
    if data["kind"] == "beta":
        return BetaCalibrator(data["a"], data["b"], data["c"])
    if data["kind"] == "isotonic":
        return IsotonicCalibrator(tuple(data["scores"]), tuple(data["log_odds"]))
    raise ValueError(f"unknown kind of calibrator {data['kind']!r}")


def choose_calibrator(raw: Values, failed: NDArray[np.bool_], fold: NDArray[np.int64]) -> Calibrator:
    """Return Platt's, the beta or the isotonic calibrator, whichever has the least log loss on folds it has not seen.

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
    for fit in _KINDS:
        unseen = [_log_loss(fit(raw[fold != f], failed[fold != f]), raw[fold == f], failed[fold == f]) for f in folds]
        losses.append(sum(unseen))
    return _KINDS[int(np.argmin(losses))](raw, failed)


def fit_platt(raw: Values, failed: NDArray[np.bool_]) -> BetaCalibrator:
    """Fit :math:`a = b` and :math:`c` to smoothed targets, as Platt advises, so that they exist.

    Scores that do not rise with the failures teach nothing but their rate: then :math:`a = b = 0`.
    """
    found = fit_logistic([raw], _targets(failed))
    if found is None or found[0] <= 0:
        return BetaCalibrator(0.0, 0.0, _rate_log_odds(failed))
    return BetaCalibrator(float(found[0]), float(found[0]), float(found[1]))


def fit_beta(raw: Values, failed: NDArray[np.bool_]) -> BetaCalibrator:
    """Fit all three to smoothed targets; a falling side is taken out, as its authors advise."""
    success, failure = -np.logaddexp(0.0, -raw), np.logaddexp(0.0, raw)
    found = fit_logistic([success, failure], _targets(failed))
    if found is None:
        return fit_platt(raw, failed)
    if found[0] > 0 and found[1] > 0:
        return BetaCalibrator(float(found[0]), float(found[1]), float(found[2]))
    side = failure if found[0] <= 0 else success
    one = fit_logistic([side], _targets(failed))
    if one is None or one[0] <= 0:
        return fit_platt(raw, failed)
    a, b = (0.0, float(one[0])) if side is failure else (float(one[0]), 0.0)
    return BetaCalibrator(a, b, float(one[1]))


def fit_isotonic(raw: Values, failed: NDArray[np.bool_]) -> Calibrator:
    """Fit rising rates; each stretch counts half a row of the overall rate more, so that none is 0 or 1."""
    order = np.argsort(raw, kind="stable")
    scores, begins = np.unique(raw[order], return_index=True)
    weight = np.diff(np.append(begins, len(raw))).astype(np.float64)
    failures = np.add.reduceat(failed[order].astype(np.float64), begins)
    blocks = isotonic_regression(failures / weight, weights=weight).blocks
    count = np.add.reduceat(weight, blocks[:-1])
    prior = (failed.sum() + 1) / (len(failed) + 2)
    rate = (np.add.reduceat(failures, blocks[:-1]) + 0.5 * prior) / (count + 0.5)
    middle = np.add.reduceat(scores * weight, blocks[:-1]) / count
    rising = np.maximum.accumulate(logit(rate))
    return IsotonicCalibrator(tuple(middle.tolist()), tuple(rising.tolist()))


_KINDS: Final[tuple[Callable[[Values, NDArray[np.bool_]], Calibrator], ...]] = (fit_platt, fit_beta, fit_isotonic)


def _targets(failed: NDArray[np.bool_]) -> Values:
    positive, negative = int(failed.sum()), int((~failed).sum())
    return np.where(failed, (positive + 1) / (positive + 2), 1 / (negative + 2))


def _rate_log_odds(failed: NDArray[np.bool_]) -> float:
    return float(np.log((failed.sum() + 1) / ((~failed).sum() + 1)))


def _log_loss(calibrator: Calibrator, raw: Values, failed: NDArray[np.bool_]) -> float:
    odds = calibrator.log_odds(raw)
    return float(np.sum(np.logaddexp(0.0, odds) - failed * odds))
