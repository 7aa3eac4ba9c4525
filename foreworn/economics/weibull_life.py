r"""How long components last, as a Weibull distribution fitted to lives of which many have not ended.

The likelihood with right-censoring is maximised by profiling [1]_: for a shape :math:`\beta` the best scale is
:math:`\eta^\beta = \sum t_i^\beta / r` over all lives, :math:`r` of them failed, and the best shape is the one
root of

.. math:: \frac{1}{\beta} + \frac{1}{r}\sum_{failed} \ln t_i - \frac{\sum t_i^\beta \ln t_i}{\sum t_i^\beta} = 0,

which falls in :math:`\beta`. With fewer than `ENOUGH_FAILURES` failures the shape cannot be told from chance, and
is assumed: the scale alone is then estimated, as in the Weibayes method [2]_, with one failure counted where
there was none.

References
----------
.. [1] J. F. Lawless, *Statistical Models and Methods for Lifetime Data*, 2nd ed., Wiley, 2003, section 5.2.
.. [2] R. B. Abernethy, *The New Weibull Handbook*, 5th ed., 2006, chapter 6.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import gamma, gammainc

ENOUGH_FAILURES = 5
"""Failures from which on the shape is estimated; from fewer, an estimate is off by half and more."""
ASSUMED_SHAPE = 2.0
"""A hazard that rises in proportion to age: wear, without saying how soon it sets in."""
SHAPES = (0.2, 20.0)
"""Shapes are kept within these: lives that all end at the same age have none."""


@dataclass(frozen=True, slots=True)
class Life:
    """One life of a component, over or not.

    Parameters
    ----------
    days
        How long it was seen to last. [days]
    failed
        Whether it ended in a failure; otherwise it was ended early or still goes on.
    from_new
        Whether its beginning is known; otherwise it had lasted for an unknown time before.
    """

    days: float
    failed: bool
    from_new: bool = True


@dataclass(frozen=True, slots=True)
class WeibullLife:
    """A distribution of lives; survival to t is exp(-(t / scale)^shape).

    Parameters
    ----------
    shape
        Above 1 the component wears out. [unitless]
    scale
        The age that 37 % reach. [days]
    failures
        How many it was fitted to.
    assumed
        Whether the shape is an assumption, because failures were too few to tell.
    """

    shape: float
    scale: float
    failures: int = 0
    assumed: bool = False

    def __post_init__(self) -> None:
        """Refuse what is no distribution."""
        if not (0 < self.shape < math.inf and 0 < self.scale < math.inf):
            raise ValueError(f"a Weibull life has a shape and a scale above 0, not {self.shape} and {self.scale}")

    @property
    def mean(self) -> float:
        """The mean life [days]."""
        return float(self.scale * gamma(1 + 1 / self.shape))

    def survival(self, age: float) -> float:
        """Return the share that reaches `age` [days]."""
        return math.exp(-((age / self.scale) ** self.shape))

    def hazard(self, age: float) -> float:
        """Return the rate at which those that have reached `age` [days] fail [1/day]."""
        return float(self.shape / self.scale * (age / self.scale) ** (self.shape - 1))

    def days_in_use(self, age: float) -> float:
        """Return the mean time in use of those that are replaced at `age` or on failure [days]."""
        return self.mean * float(gammainc(1 / self.shape, (age / self.scale) ** self.shape))


def fit_weibull(lives: Iterable[Life]) -> WeibullLife:
    """Return the most likely distribution of these lives.

    Lives whose beginning is unknown say how long a component lasts at least. They count only where there are
    too few others, for then the time that was watched is all there is to go by.

    Raises
    ------
    ValueError
        If no life has lasted any time.

    Examples
    --------
    >>> never_failed = fit_weibull([Life(100.0, failed=False)] * 25)
    >>> never_failed.assumed, never_failed.scale
    (True, 500.0)
    """
    watched = [life for life in lives if life.days > 0]
    if not watched:
        raise ValueError("no component was watched for any time: there is no life to fit")
    known = [life for life in watched if life.from_new]
    failures = sum(life.failed for life in known)
    if failures < ENOUGH_FAILURES:
        return _with_assumed_shape(watched)
    days = np.array([life.days for life in known])
    shape = _likeliest_shape(days, np.array([life.failed for life in known]))
    return WeibullLife(shape, _likeliest_scale(days, shape, failures), failures)


def _with_assumed_shape(lives: list[Life]) -> WeibullLife:
    failures = sum(life.failed for life in lives)
    days = np.array([life.days for life in lives])
    return WeibullLife(ASSUMED_SHAPE, _likeliest_scale(days, ASSUMED_SHAPE, max(failures, 1)), failures, assumed=True)


def _likeliest_scale(days: npt.NDArray[np.float64], shape: float, failures: int) -> float:
    longest = float(days.max())  # powers of days would overflow for large shapes
    return float(longest * (((days / longest) ** shape).sum() / failures) ** (1 / shape))


def _likeliest_shape(days: npt.NDArray[np.float64], failed: npt.NDArray[np.bool_]) -> float:
    share = days / days.max()
    logs = np.log(share)
    mean_log_failed = float(logs[failed].mean())

    def score(shape: float) -> float:
        weights = share**shape
        return float(1 / shape + mean_log_failed - (weights * logs).sum() / weights.sum())

    low, high = SHAPES
    if score(high) >= 0:
        return high
    if score(low) <= 0:
        return low
    return float(brentq(score, low, high, xtol=1e-10))
