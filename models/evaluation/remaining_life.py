"""How good forecasts of remaining life are: the figures of prognostics, with intervals by unit."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.evaluation.fleet_intervals import Interval
from models.features.window import Values

SAMPLES: Final = 1000
SEED: Final = 20150101


@dataclass(frozen=True, slots=True)
class LifeForecasts:
    """Forecasts of life left beside what was left.

    Parameters
    ----------
    unit : (n,) str
        Whose; forecasts of one unit stand and fall together.
    true : (n,) float
        Life that was left.
    expected : (n,) float
        Life that was expected, up to a cap.
    quantiles : (n, 3) float
        p10, p50, p90, without a cap.
    """

    unit: NDArray[np.object_]
    true: Values
    expected: Values
    quantiles: Values

    def where(self, keep: NDArray[np.bool_] | NDArray[np.intp]) -> "LifeForecasts":
        """Return the forecasts where `keep` is true, or those at these places."""
        return LifeForecasts(self.unit[keep], self.true[keep], self.expected[keep], self.quantiles[keep])

    def rmse(self, cap: float | None = None) -> float:
        """Return the root mean square error of the expected life; with `cap` the truth is capped too."""
        return float(np.sqrt(np.mean(np.square(self._errors(cap)))))

    def bias(self, cap: float | None = None) -> float:
        """Return by how much the expected life lies above the truth on average."""
        return float(np.mean(self._errors(cap)))

    def phm08(self, cap: float | None = None) -> float:
        """Return the sum of `phm08_penalty`; with `cap` the truth is capped too."""
        return float(phm08_penalty(self._errors(cap)).sum())

    def coverage(self) -> float:
        """Return the share of true lives within [p10, p90]."""
        return float(np.mean((self.quantiles[:, 0] <= self.true) & (self.true <= self.quantiles[:, 2])))

    def width(self) -> float:
        """Return the mean of p90 - p10."""
        return float(np.mean(self.quantiles[:, 2] - self.quantiles[:, 0]))

    def pinball(self) -> float:
        """Return the mean pinball loss over the three quantiles."""
        return float(np.mean(pinball_loss(self.true[:, None], self.quantiles, np.array([0.1, 0.5, 0.9]))))

    def interval(self, figure: Callable[["LifeForecasts"], float]) -> Interval:
        """Return the middle 95 % of a figure over fleets of as many units, drawn with replacement."""
        units, place = np.unique(self.unit.astype(str), return_inverse=True)
        order = np.argsort(place, kind="stable")
        bounds = np.searchsorted(place[order], np.arange(len(units) + 1))
        draws = np.random.default_rng(SEED).integers(len(units), size=(SAMPLES, len(units)))
        found = []
        for draw in draws:
            rows = np.concatenate([order[bounds[unit] : bounds[unit + 1]] for unit in draw])
            found.append(
                figure(LifeForecasts(self.unit[rows], self.true[rows], self.expected[rows], self.quantiles[rows]))
            )
        low, high = np.quantile(found, (0.025, 0.975))
        return Interval(float(low), float(high))

    def _errors(self, cap: float | None) -> Values:
        return self.expected - (self.true if cap is None else np.minimum(self.true, cap))


def phm08_penalty(error: Values) -> Values:
    """Return the PHM 2008 challenge's penalty of each error, predicted less true: late is dearer than early.

    Examples
    --------
    >>> phm08_penalty(np.array([-13.0, 0.0, 10.0])).round(4).tolist()
    [1.7183, 0.0, 1.7183]
    """
    return np.expm1(np.where(error < 0, -error / 13.0, error / 10.0))


def pinball_loss(true: Values, told: Values, level: Values) -> Values:
    """Return the pinball loss of quantiles of these levels.

    Examples
    --------
    >>> pinball_loss(np.array([10.0]), np.array([4.0]), np.array([0.9])).tolist()
    [5.4]
    """
    short = true - told
    return np.maximum(level * short, (level - 1) * short)


def alpha_lambda_accuracy(left: Values, expected: Values, *, alpha: float = 0.2, shares: Values | None = None) -> float:
    """Return how often a unit's forecast is within `alpha` of the life left, at shares of its life used [1]_.

    Parameters
    ----------
    left, expected : (n,) float
        One unit's forecasts in the order of time, the last one at its end.
    alpha
        Relative error that is allowed.
    shares
        Shares of the observed life, in (0, 1); a half to nine tenths unless given.

    Examples
    --------
    >>> told = np.array([4.0, 3.3, 9.0, 1.0])
    >>> alpha_lambda_accuracy(np.array([4.0, 3.0, 2.0, 1.0]), told, shares=np.array([0.3, 0.6]))
    0.5

    References
    ----------
    .. [1] A. Saxena et al., "Metrics for offline evaluation of prognostic performance", IJPHM 1 (1), 2010.
    """
    at = np.linspace(0.5, 0.9, 5) if shares is None else shares
    rows = np.minimum((at * len(left)).astype(np.intp), len(left) - 1)
    return float(np.mean(np.abs(expected[rows] - left[rows]) <= alpha * left[rows]))


def prognostic_horizon(left: Values, expected: Values, *, allowed: float) -> float:
    """Return the life left from which on every forecast of a unit is within `allowed` of the truth [1]_.

    0 where even the last one is not. `left` and `expected` as for `alpha_lambda_accuracy`, from where [1]_ is.

    Examples
    --------
    >>> prognostic_horizon(np.array([30.0, 20.0, 10.0]), np.array([99.0, 24.0, 9.0]), allowed=5.0)
    20.0
    """
    wrong = np.flatnonzero(np.abs(expected - left) > allowed)
    first = int(wrong[-1]) + 1 if len(wrong) else 0
    return float(left[first]) if first < len(left) else 0.0
