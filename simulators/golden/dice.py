"""Random draws that come out the same on every Python: made from `random.Random.random` alone."""

import math
import random
from statistics import NormalDist

_STANDARD_NORMAL = NormalDist()


class Dice:
    """Draws from the distributions that the simulation needs.

    Python promises the sequence of `Random.random` for a seed, but not that of its other methods, so
    they are not used.

    Examples
    --------
    >>> Dice("a seed").uniform(0, 1) == Dice("a seed").uniform(0, 1)
    True
    """

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)

    def uniform(self, low: float, high: float) -> float:
        """Return a number between `low` and `high`."""
        return low + (high - low) * self._random.random()

    def chance(self, probability: float) -> bool:
        """Return true with `probability`."""
        return self._random.random() < probability

    def normal(self, mean: float, spread: float) -> float:
        """Return a draw from a normal distribution."""
        return mean + spread * _STANDARD_NORMAL.inv_cdf(min(max(self._random.random(), 1e-12), 1 - 1e-12))

    def exponential(self, mean: float) -> float:
        """Return a draw from an exponential distribution."""
        return -mean * math.log1p(-self._random.random())

    def weibull(self, scale: float, shape: float) -> float:
        """Return a draw from a Weibull distribution."""
        return scale * math.pow(self.exponential(1.0), 1.0 / shape)
