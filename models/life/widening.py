"""Making intervals hold: how far the quantiles of unseen machines have to be stretched."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.features.window import Values

TAIL: Final = 0.1
REACHES: Final = (0.024, 0.2, 1.0)
"""Least reaches that are tried, as shares of the cap; the longer ones are for trees that are surer than right."""

ALLOWED_WIDTH: Final = 1.5
"""Of the narrowest intervals; within it the shortest reach counts, which keeps most of what trees say of a row."""


@dataclass(frozen=True, slots=True)
class Widening:
    r"""Conformal correction [1]_ of p10 and p90, each by a factor of its distance from p50.

    With :math:`s = (y - q_{50}) / (q_{90} - q_{50})` of forecasts whose machines the trees had not seen, p90 becomes
    :math:`q_{50} + S (q_{90} - q_{50})` where :math:`S` is the 90 % point of s; p10 alike. Every machine weighs the
    same however many rows it has, and the level is raised by one machine more, as for exchangeable machines.

    Trees that know few machines may tell p10, p50 and p90 nearly alike and be wrong by a whole life: a factor of such a
    distance explodes. A distance counts as at least `least`, which is in proportion to the life.

    Parameters
    ----------
    low, high
        The factors; above 1 they widen.
    least
        What a distance from p50 counts as at least. [unit of the lives]

    References
    ----------
    .. [1] Y. Romano, E. Patterson, E. Candes, "Conformalized quantile regression", NeurIPS 2019; by folds as in
       R. F. Barber et al., "Predictive inference with the jackknife+", Annals of Statistics 49 (1), 2021.
    """

    low: float
    high: float
    least: float

    @classmethod
    def fit(cls, machine: NDArray[np.object_], left: Values, quantiles: Values, *, cap: float) -> "Widening":
        """Learn the factors from forecasts of unseen machines, with the least reach that does not make them wide.

        Parameters
        ----------
        machine : (n_rows,) str
        left : (n_rows,) float
            Life that was left.
        quantiles : (n_rows, 3) float
            p10, p50 and p90, in order.
        cap
            What `REACHES` are shares of. [unit of the lives]
        """
        _, place, count = np.unique(machine.astype(str), return_inverse=True, return_counts=True)
        weight = 1.0 / count[place]
        level = min((1 - TAIL) * (1 + 1 / len(count)), 1.0)
        found = [_fitted(left, quantiles, weight, level, share * cap) for share in REACHES]
        widths = [stretch._width(quantiles, weight) for stretch in found]
        return next(f for f, width in zip(found, widths, strict=True) if width <= ALLOWED_WIDTH * min(widths))

    def of(self, quantiles: Values) -> Values:
        """Return corrected quantiles, (n_rows, 3) float: at least 0, and in order."""
        below, above = _distances(quantiles, self.least)
        middle = quantiles[:, 1]
        return np.stack([np.maximum(middle - self.low * below, 0.0), middle, middle + self.high * above], axis=1)

    def _width(self, quantiles: Values, weight: Values) -> float:
        told = self.of(quantiles)
        return float(np.average(told[:, 2] - told[:, 0], weights=weight))


def _fitted(left: Values, quantiles: Values, weight: Values, level: float, least: float) -> Widening:
    below, above = _distances(quantiles, least)
    beyond_low, beyond_high = (quantiles[:, 1] - left) / below, (left - quantiles[:, 1]) / above
    low, high = (max(_weighted_quantile(s, weight, level), 0.0) for s in (beyond_low, beyond_high))
    return Widening(low, high, least)


def _distances(quantiles: Values, least: float) -> tuple[Values, Values]:
    below = np.maximum(quantiles[:, 1] - quantiles[:, 0], least)
    return below, np.maximum(quantiles[:, 2] - quantiles[:, 1], least)


def _weighted_quantile(values: Values, weight: Values, level: float) -> float:
    order = np.argsort(values, kind="stable")
    share = np.cumsum(weight[order]) / weight.sum()
    return float(values[order][min(int(np.searchsorted(share, level)), len(values) - 1)])
