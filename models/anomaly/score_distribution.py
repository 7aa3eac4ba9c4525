"""How high healthy rows score: as counted, and beyond what was counted by a fitted tail."""

from dataclasses import dataclass

import numpy as np

from models.features.window import Values

_TAIL_SHARE = 0.1
_BODY_KNOTS = 201
_HEAVIEST = 0.5  # beyond it a generalised Pareto tail has no variance


@dataclass(frozen=True, slots=True)
class ScoreDistribution:
    r"""Distribution of the scores of held-out healthy rows.

    Scores of smoothed, correlated signals are not chi-squared, so nothing is assumed below the 90 % quantile.
    Above it, excesses follow a generalised Pareto tail [1]_ with shape :math:`\xi` and scale :math:`\sigma`, fitted by
    probability-weighted moments [2]_. A shape below 0 would say that nothing can ever score higher than an end
    that few rows tell, so it is taken as 0, an exponential tail, of the same mean.

    Parameters
    ----------
    knots : (n_knots,) float
        Evenly spaced quantiles, from the least score to the 90 % quantile.
    shape, scale
        Of the tail above the last knot.
    rows
        How many rows it rests on.

    References
    ----------
    .. [1] J. Pickands, "Statistical inference using extreme order statistics", Annals of Statistics 3(1), 1975.
    .. [2] J. R. M. Hosking, J. R. Wallis, "Parameter and quantile estimation for the generalized Pareto
       distribution", Technometrics 29(3), 1987.

    Examples
    --------
    >>> exponential = -np.log(1 - (np.arange(10_000) + 0.5) / 10_000)
    >>> ScoreDistribution.of(exponential).exceeded_with(0.001).round(1).item()  # exactly: ln 1000
    6.9
    """

    knots: Values
    shape: float
    scale: float
    rows: int

    @classmethod
    def of(cls, scores: Values) -> "ScoreDistribution":
        """Fit to scores, (n_rows,) float; they come out the same in any order."""
        knots = np.quantile(scores, np.linspace(0.0, 1.0 - _TAIL_SHARE, _BODY_KNOTS))
        shape, scale = _tail(np.sort(scores[scores > knots[-1]] - knots[-1]))
        return cls(knots, shape, scale, len(scores))

    def exceeded_with(self, probability: float) -> np.float64:
        """Return the score above which healthy rows lie with a probability, in (0, 1)."""
        if probability >= _TAIL_SHARE:
            return np.float64(np.interp(1.0 - probability, self._levels, self.knots))
        odds = _TAIL_SHARE / probability
        excess = np.log(odds) if self.shape == 0.0 else (odds**self.shape - 1.0) / self.shape
        return np.float64(self.knots[-1] + self.scale * excess)

    def p_value(self, scores: Values) -> Values:
        """Return the probability that healthy rows score at least as high, (n_rows,) float, above 0 for all."""
        body = 1.0 - np.interp(scores, self.knots, self._levels)
        excess = np.maximum(scores - self.knots[-1], 0.0) / self.scale
        tail = np.exp(-excess) if self.shape == 0.0 else (1.0 + self.shape * excess) ** (-1.0 / self.shape)
        p_values = np.where(scores > self.knots[-1], _TAIL_SHARE * tail, body)
        return np.maximum(p_values, np.finfo(np.float64).tiny)

    @property
    def _levels(self) -> Values:
        return np.linspace(0.0, 1.0 - _TAIL_SHARE, len(self.knots))


def _tail(excesses: Values) -> tuple[float, float]:
    """Return shape and scale of sorted excesses above 0."""
    if not len(excesses):
        return 0.0, float(np.finfo(np.float64).tiny)  # every score of the last tenth is the same
    count, mean = len(excesses), float(excesses.mean())
    above = 1.0 - (np.arange(1, count + 1) - 0.35) / count
    weighted = float((above * excesses).mean())
    shape = 2.0 - mean / (mean - 2.0 * weighted) if mean > 2.0 * weighted else 0.0
    shape = min(max(shape, 0.0), _HEAVIEST)
    return shape, mean * (1.0 - shape)
