"""How many parts will be asked for: a probability for every whole number from 0 on."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

Masses = NDArray[np.float64]

_TAIL = 1e-12
"""What may be cut off the far end, and is then spread over the rest; far below any service level."""
_LARGEST = 200_000
"""Beyond this many, a part is better counted in packs."""


@dataclass(frozen=True, slots=True)
class DemandDistribution:
    """The distribution of a demand, on 0, 1, ..., n [unit of the part].

    Parameters
    ----------
    pmf
        The probability of each number; at least one, none below 0, together 1 (to 1e-9). [unitless]

    Raises
    ------
    ValueError
        If these are no probabilities.

    Examples
    --------
    Three pumps may lose a seal within the month, and two seals go into a job that is planned:

    >>> demand = DemandDistribution.of_events([0.8, 0.1, 0.05]) + DemandDistribution.certain(2)
    >>> round(demand.mean, 2), demand.quantile(0.5), demand.quantile(0.95)
    (2.95, 3, 4)
    """

    pmf: tuple[float, ...]

    def __post_init__(self) -> None:
        """Refuse what is no distribution."""
        masses = np.asarray(self.pmf, dtype=np.float64)
        # NaN fails every comparison, so each is put such that NaN is refused
        if masses.ndim != 1 or not masses.size or not (masses >= 0).all() or not abs(masses.sum() - 1) <= 1e-9:
            raise ValueError("a demand distribution needs probabilities of 0, 1, 2, ... that add up to 1")

    @classmethod
    def certain(cls, quantity: int) -> "DemandDistribution":
        """Return the demand that is known to be `quantity`."""
        return cls((*(0.0,) * _counted(quantity), 1.0))

    @classmethod
    def of_events(cls, probabilities: Sequence[float], quantities: Sequence[int] | None = None) -> "DemandDistribution":
        """Return the demand of independent events: Poisson-binomial where each takes one.

        Parameters
        ----------
        probabilities
            Of each event within the period. [unitless]
        quantities
            What each event takes; one each where None. [unit of the part]
        """
        counts = [1] * len(probabilities) if quantities is None else quantities
        masses = np.ones(1)
        for probability, quantity in zip(probabilities, counts, strict=True):
            if not 0 <= probability <= 1:
                raise ValueError(f"{probability} is no probability")
            longer = np.zeros(_counted(masses.size - 1 + _counted(quantity)) + 1)
            longer[: masses.size] = masses * (1 - probability)
            longer[quantity:] += masses * probability
            masses = longer
        return cls._trimmed(masses)

    @classmethod
    def negative_binomial(cls, mean: float, variance: float) -> "DemandDistribution":
        """Return the negative binomial of this mean and variance; Poisson where the variance is no larger.

        Examples
        --------
        >>> demand = DemandDistribution.negative_binomial(mean=2.0, variance=5.0)
        >>> round(demand.mean, 6), round(demand.sd**2, 6)
        (2.0, 5.0)
        """
        if not (0 <= mean < math.inf and 0 <= variance < math.inf):
            raise ValueError(f"mean {mean} and variance {variance} must be numbers of at least 0")
        if mean == 0:
            return cls.certain(0)
        # a geometric tail of this rate holds exp(-30) of the whole beyond the end
        end = math.ceil(mean + 12 * math.sqrt(max(variance, mean)) + 30 * max(variance / mean, 1.0))
        last = min(end, _LARGEST)
        k = np.arange(last + 1, dtype=np.float64)
        log_factorial = np.concatenate(([0.0], np.cumsum(np.log(k[1:]))))
        # past this the two agree to the last digit, and the difference of variance and mean is only rounding
        if variance <= mean * (1 + 1e-9):
            return cls._nearly_whole(np.exp(k * math.log(mean) - mean - log_factorial))
        size = mean**2 / (variance - mean)
        log_rising = np.concatenate(([0.0], np.cumsum(np.log(size + k[:-1]))))
        start = -size * math.log1p(mean / size)
        return cls._nearly_whole(
            np.exp(start + log_rising - log_factorial + k * (math.log(mean) - math.log(size + mean)))
        )

    @classmethod
    def of_samples(cls, samples: Iterable[int], weights: Iterable[float] | None = None) -> "DemandDistribution":
        """Return the demand that is any of `samples`, each with its weight; all alike where None."""
        values = np.array([_counted(s) for s in samples], dtype=np.int64)
        given = np.ones(values.size) if weights is None else np.array(list(weights), dtype=np.float64)
        if given.size != values.size or not (given >= 0).all() or not given.sum() > 0:
            raise ValueError("samples of demand need one weight each, none below 0 and not all 0")
        return cls._trimmed(np.bincount(values, weights=given).astype(np.float64), tail=0.0)

    @classmethod
    def of_quantiles(cls, quantiles: Mapping[float, float]) -> "DemandDistribution":
        """Return a demand with these quantiles, rounded to whole numbers; what is below 0 becomes 0.

        Between two levels the quantile runs straight; beyond the outermost it stays where it is, so
        `quantile` gives nothing above the largest that was told.

        Parameters
        ----------
        quantiles
            Level in (0, 1) to quantile; where one falls with its level, it is lifted to the one before.

        Examples
        --------
        >>> DemandDistribution.of_quantiles({0.05: -1.2, 0.5: 2.0, 0.95: 6.0}).quantile(0.5)
        2
        """
        levels = np.array(sorted(quantiles))
        if not levels.size or not ((levels > 0) & (levels < 1)).all():
            raise ValueError("quantiles of demand need levels between 0 and 1")
        values = np.maximum.accumulate(np.maximum([quantiles[level] for level in levels.tolist()], 0.0))
        if not np.isfinite(values).all():
            raise ValueError("a quantile of demand is not a number")
        grid = (np.arange(2_000) + 0.5) / 2_000
        return cls.of_samples(np.rint(np.interp(grid, levels, values)).astype(np.int64).tolist())

    @classmethod
    def mixture(cls, parts: Sequence[tuple[float, "DemandDistribution"]]) -> "DemandDistribution":
        """Return the demand that follows one of several distributions, each with its probability."""
        masses = np.zeros(max(len(d.pmf) for _, d in parts))
        for weight, distribution in parts:
            masses[: len(distribution.pmf)] += weight * np.asarray(distribution.pmf)
        return cls(tuple(masses.tolist()))

    def __add__(self, other: "DemandDistribution") -> "DemandDistribution":
        """Return the sum of this demand and an independent one."""
        _counted(len(self.pmf) + len(other.pmf))
        return self._trimmed(np.convolve(self.pmf, other.pmf))

    def thinned(self, share: float) -> "DemandDistribution":
        """Return the demand that is this one with probability `share`, and nothing otherwise."""
        return self.mixture([(share, self), (1 - share, self.certain(0))])

    def repeated(self, periods: int) -> "DemandDistribution":
        """Return the sum over independent periods, each like this one."""
        if periods < 0:
            raise ValueError(f"{periods} is no number of periods")
        total, power, left = self.certain(0), self, periods
        while left:
            total = total + power if left & 1 else total
            left >>= 1
            power = power + power if left else power
        return total

    @property
    def mean(self) -> float:
        """The expected demand [unit of the part]."""
        return float(np.arange(len(self.pmf)) @ np.asarray(self.pmf))

    @property
    def sd(self) -> float:
        """The standard deviation [unit of the part]."""
        return math.sqrt(max(float((np.arange(len(self.pmf)) - self.mean) ** 2 @ np.asarray(self.pmf)), 0.0))

    def cdf(self, quantity: int) -> float:
        """Return the probability of at most `quantity`; 0 below 0 [unitless]."""
        return min(float(np.sum(self.pmf[: quantity + 1])), 1.0) if quantity >= 0 else 0.0

    def quantile(self, level: float) -> int:
        """Return the smallest number that covers the demand with probability `level`, in (0, 1)."""
        if not 0 < level < 1:
            raise ValueError(f"{level} is no level between 0 and 1")
        cumulative = np.cumsum(self.pmf)
        # sums of many masses miss the level they should meet by a few units in the last place
        return min(int(np.searchsorted(cumulative, level - 1e-12)), len(self.pmf) - 1)

    def expected_shortage(self, stock: int) -> float:
        """Return how much of the demand `stock` leaves unmet on average [unit of the part]."""
        unmet = np.maximum(np.arange(len(self.pmf)) - stock, 0)
        return float(unmet @ np.asarray(self.pmf))

    @classmethod
    def _nearly_whole(cls, masses: Masses) -> "DemandDistribution":
        if masses.sum() < 1 - 1e-6:
            raise ValueError(f"a demand that reaches beyond {_LARGEST} cannot be counted singly: use whole packs")
        return cls._trimmed(masses)

    @classmethod
    def _trimmed(cls, masses: Masses, *, tail: float = _TAIL) -> "DemandDistribution":
        beyond = np.cumsum(masses[::-1])[::-1] / masses.sum()
        kept = masses[: max(int(np.count_nonzero(beyond > tail)), 1)]
        return cls(tuple((kept / kept.sum()).tolist()))


def total(distributions: Iterable[DemandDistribution]) -> DemandDistribution:
    """Return the sum of independent demands; 0 for certain where there are none."""
    return reduce(lambda a, b: a + b, distributions, DemandDistribution.certain(0))


def _counted(quantity: int) -> int:
    if not 0 <= quantity <= _LARGEST:
        raise ValueError(f"a demand of {quantity} cannot be counted singly: use whole packs of 0 to {_LARGEST}")
    return int(quantity)
