r"""Age replacement: replace at a fixed age or on failure, the best that can be done without looking.

Replacing at age :math:`T` or on failure costs :math:`C_p S(T) + C_f F(T)` per life of mean length
:math:`\int_0^T S`, and in the long run the one over the other [1]_. With a rising hazard there is one best age,
where :math:`h(T)(C_f - C_p)` is that cost rate; otherwise running to failure is best.

References
----------
.. [1] R. E. Barlow and F. Proschan, *Mathematical Theory of Reliability*, Wiley, 1965, chapter 4.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

from scipy.optimize import brentq

from foreworn.economics.weibull_life import WeibullLife

_NOBODY_REACHES = 1e-9
"""Where the best age is reached by fewer than this share, it is as good as running to failure."""


@dataclass(frozen=True, slots=True)
class AgeReplacement:
    """The best age to replace at, and what that costs.

    Parameters
    ----------
    age
        None: running to failure is best. [days]
    rate
        What it costs in the long run. [currency/day]
    """

    age: float | None
    rate: float


def cost_rate(life: WeibullLife, age: float | None, *, planned: float, breakdown: float) -> float:
    """Return what replacing at `age` [days] or on failure costs in the long run; None: only on failure [currency/day].

    Examples
    --------
    >>> round(cost_rate(WeibullLife(1.0, 100.0), None, planned=200.0, breakdown=1_000.0), 6)
    10.0
    """
    if age is None:
        return breakdown / life.mean
    surviving = life.survival(age)
    return (planned * surviving + breakdown * (1 - surviving)) / life.days_in_use(age)


@lru_cache(maxsize=1024)
def best_age_replacement(life: WeibullLife, *, planned: float, breakdown: float) -> AgeReplacement:
    """Return the age of the least long-run cost.

    Raises
    ------
    ValueError
        If a breakdown is not dearer than a planned replacement.

    Examples
    --------
    A bearing of shape 2.5 and scale 1,000 that costs five times as much when it fails:

    >>> round(best_age_replacement(WeibullLife(2.5, 1_000.0), planned=1.0, breakdown=5.0).age, 2)
    493.05
    """
    if not 0 <= planned < breakdown:
        raise ValueError(f"a breakdown of {breakdown:g} is not dearer than planned work of {planned:g}")
    to_failure = AgeReplacement(None, cost_rate(life, None, planned=planned, breakdown=breakdown))
    if life.shape <= 1:
        return to_failure
    if planned == 0:
        return AgeReplacement(0.0, 0.0)  # what wears and costs nothing to replace is replaced all the time

    def gain(log_age: float) -> float:
        """Return the slope of the cost rate, up to a factor that is positive."""
        age = math.exp(log_age)
        excess, surviving = breakdown - planned, life.survival(age)
        return life.hazard(age) * excess * life.days_in_use(age) - planned - excess * (1 - surviving)

    latest = math.log(life.scale) + math.log(-math.log(_NOBODY_REACHES)) / life.shape
    if gain(latest) <= 0:
        return to_failure
    earliest = math.log(life.scale)
    while gain(earliest) > 0:
        earliest -= 5.0
    age = math.exp(brentq(gain, earliest, latest, xtol=1e-12))
    return AgeReplacement(age, cost_rate(life, age, planned=planned, breakdown=breakdown))
