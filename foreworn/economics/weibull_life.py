r"""How long components last, as a Weibull distribution fitted to lives of which many have not ended.

A life that began before failures were recorded is on record only because it lasted until then (left truncation). It
counts from its age at entry :math:`e_i` on, given that it came so far: :math:`\ln f(t_i) - \ln S(e_i)` if it failed and
:math:`\ln S(t_i) - \ln S(e_i)` if not. That likelihood is maximised by profiling [1]_: for a shape :math:`\beta` the
best scale is :math:`\eta^\beta = \sum (t_i^\beta - e_i^\beta) / r` over all lives, :math:`r` of them failed, and the
best shape is the one root of

.. math:: \frac{1}{\beta} + \frac{1}{r}\sum_{failed} \ln t_i
    - \frac{\sum (t_i^\beta \ln t_i - e_i^\beta \ln e_i)}{\sum (t_i^\beta - e_i^\beta)} = 0,

which falls in :math:`\beta`, because
:math:`\sum (t_i^\beta - e_i^\beta) = \beta \int e^{\beta s} m(s)\,ds`, where :math:`m(s)` counts the lives that were
watched at the age :math:`e^s`, and the logarithm of such an integral is convex. With fewer than `ENOUGH_FAILURES`
failures the shape cannot be told from chance, and is assumed: the scale alone is then estimated, as in the Weibayes
method [2]_, with one failure counted where there was none.

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
from scipy.special import gamma, gammainc, xlogy

ENOUGH_FAILURES = 5
"""Failures from which on the shape is estimated; from fewer, an estimate is off by half and more."""
ASSUMED_SHAPE = 2.0
"""A hazard that rises in proportion to age: wear, without saying how soon it sets in."""
SHAPES = (0.2, 20.0)
"""Shapes are kept within these: lives that all end at the same age have none."""

_Shares = npt.NDArray[np.float64]


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
    entry
        How long it had lasted when it began to be watched: had it failed before, it would not be on record. [days]
    """

    days: float
    failed: bool
    from_new: bool = True
    entry: float = 0.0


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
    """Return the most likely distribution of these lives, each given that it lasted until its entry.

    Lives whose beginning is unknown say how long a component lasts at least. They count only where there are
    too few others, for then the time that was watched is all there is to go by.

    Raises
    ------
    ValueError
        If no life was watched for any time.

    Examples
    --------
    >>> never_failed = fit_weibull([Life(100.0, failed=False)] * 25)
    >>> never_failed.assumed, never_failed.scale
    (True, 500.0)
    """
    watched = [life for life in lives if life.days > life.entry]
    if not watched:
        raise ValueError("no component was watched for any time: there is no life to fit")
    known = [life for life in watched if life.from_new]
    failures = sum(life.failed for life in known)
    if failures < ENOUGH_FAILURES:
        return _with_assumed_shape(watched)
    shape = _likeliest_shape(known)
    return WeibullLife(shape, _likeliest_scale(known, shape, failures), failures)


def _with_assumed_shape(lives: list[Life]) -> WeibullLife:
    failures = sum(life.failed for life in lives)
    scale = _likeliest_scale(lives, ASSUMED_SHAPE, max(failures, 1))
    return WeibullLife(ASSUMED_SHAPE, scale, failures, assumed=True)


def _shares(lives: list[Life]) -> tuple[_Shares, _Shares, float]:
    """Return end and entry of each life as shares of the longest: powers of days would overflow for large shapes."""
    longest = max(life.days for life in lives)
    ends, entries = np.array([life.days for life in lives]), np.array([life.entry for life in lives])
    return ends / longest, entries / longest, longest


def _likeliest_scale(lives: list[Life], shape: float, failures: int) -> float:
    end, entry, longest = _shares(lives)
    return float(longest * ((end**shape - entry**shape).sum() / failures) ** (1 / shape))


def _likeliest_shape(lives: list[Life]) -> float:
    end, entry, _ = _shares(lives)
    mean_log_failed = float(np.log(end[[life.failed for life in lives]]).mean())

    def score(shape: float) -> float:
        ended, entered = end**shape, entry**shape
        weighted = (xlogy(ended, end) - xlogy(entered, entry)).sum()
        return float(1 / shape + mean_log_failed - weighted / (ended - entered).sum())

    low, high = SHAPES
    if score(high) >= 0:
        return high
    if score(low) <= 0:
        return low
    return float(brentq(score, low, high, xtol=1e-10))
