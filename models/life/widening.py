"""Making intervals hold: how far the quantiles of unseen machines have to be stretched."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.features.window import Values

TAIL: Final = 0.1
_LEAST_REACH: Final = 1.0  # of the unit: an interval narrower than that is stretched from there


@dataclass(frozen=True, slots=True)
class Widening:
    r"""Conformal correction [1]_ of p10 and p90, each by a factor of its distance from p50.

    With :math:`s = (y - q_{50}) / (q_{90} - q_{50})` of forecasts whose machines the trees had not seen, p90 becomes
    :math:`q_{50} + S (q_{90} - q_{50})` where :math:`S` is the 90 % point of s; p10 alike. Every machine weighs the
    same however many rows it has, and the level is raised by one machine more, as for exchangeable machines.

    Parameters
    ----------
    low, high
        The factors; above 1 they widen.

    References
    ----------
    .. [1] Y. Romano, E. Patterson, E. Candes, "Conformalized quantile regression", NeurIPS 2019; by folds as in
       R. F. Barber et al., "Predictive inference with the jackknife+", Annals of Statistics 49 (1), 2021.
    """

    low: float
    high: float

    @classmethod
    def fit(cls, machine: NDArray[np.object_], left: Values, quantiles: Values) -> "Widening":
        """Learn the factors from forecasts of unseen machines.

        Parameters
        ----------
        machine : (n_rows,) str
        left : (n_rows,) float
            Life that was left.
        quantiles : (n_rows, 3) float
            p10, p50 and p90, in order.
        """
        _, place, count = np.unique(machine.astype(str), return_inverse=True, return_counts=True)
        weight = 1.0 / count[place]
        level = min((1 - TAIL) * (1 + 1 / len(count)), 1.0)
        below, above = _reach(quantiles)
        beyond_low, beyond_high = (quantiles[:, 1] - left) / below, (left - quantiles[:, 1]) / above
        return cls(*(max(_weighted_quantile(s, weight, level), 0.0) for s in (beyond_low, beyond_high)))

    def of(self, quantiles: Values) -> Values:
        """Return corrected quantiles, (n_rows, 3) float: at least 0, and in order."""
        below, above = _reach(quantiles)
        middle = quantiles[:, 1]
        return np.stack([np.maximum(middle - self.low * below, 0.0), middle, middle + self.high * above], axis=1)


def _reach(quantiles: Values) -> tuple[Values, Values]:
    below = np.maximum(quantiles[:, 1] - quantiles[:, 0], _LEAST_REACH)
    return below, np.maximum(quantiles[:, 2] - quantiles[:, 1], _LEAST_REACH)


def _weighted_quantile(values: Values, weight: Values, level: float) -> float:
    order = np.argsort(values, kind="stable")
    share = np.cumsum(weight[order]) / weight.sum()
    return float(values[order][min(int(np.searchsorted(share, level)), len(values) - 1)])
