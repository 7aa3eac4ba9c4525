r"""What acting earlier saves: the cost of deferring a replacement, from the failure curve and the costs.

A component that is replaced when planned or when it fails, whichever comes first, and begins anew each time,
is a renewal process, and the cost of running it long is cost per life over length of life. Let a policy, here
the best age replacement, cost :math:`g` per day in the long run. Against it, replacing this component after a
further delay :math:`d`, unless it fails before, has the relative cost

.. math:: J(d) = C_p S(d) + C_f F(d) - g \int_0^d S(u)\,du

where :math:`F` is what the forecast says of this component, :math:`S = 1 - F`, :math:`C_p` a planned
replacement, :math:`C_f` a breakdown. The last term credits the life that is used and not thrown away.
:math:`J'(d) = S(d)\,[h(d)(C_f - C_p) - g]`, so one waits while the hazard times what a breakdown costs more
stays below :math:`g`, and acts above: the control limit of [1]_. Choosing :math:`d` by :math:`J` is one step of
policy improvement over age replacement [2]_; with the forecast a true one, it is never dearer.

A planned visit is taken to cost :math:`C_p` whatever it finds, and an inspection :math:`C_i` besides where the
component would have come through the forecast's time: a look for nothing, :math:`S(H)\,C_i`. Without that term
small risks send people to machines that are in order: :math:`J` does not know that tomorrow's forecast will be
sharper. How often visits really find nothing is known only after many of them, and then from labels.

References
----------
.. [1] V. Makis and A. K. S. Jardine, "Optimal replacement in the proportional hazards model", *INFOR* 30 (1),
   1992, pages 172-183.
.. [2] R. A. Howard, *Dynamic Programming and Markov Processes*, MIT Press, 1960, chapter 4; for renewal
   rewards H. C. Tijms, *A First Course in Stochastic Models*, Wiley, 2003, chapters 2 and 6.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from foreworn.health.failure_curve import FailureCurve

DAY = timedelta(days=1)
_NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Deferral:
    """The expected cost of replacing a component some time from now, unless it fails before.

    Parameters
    ----------
    curve
        The forecast, from its data time on.
    planned, breakdown
        What replacing costs when planned, and when it has failed. [currency]
    rate
        What the policy that is improved on costs in the long run, g. [currency/day]
    elapsed
        How long ago the data's time was; the component is known not to have failed since.
    inspection
        What a visit costs that finds nothing. [currency]

    Raises
    ------
    ValueError
        If a breakdown is not dearer than a planned replacement, the rate is negative, or `elapsed` is negative.

    Examples
    --------
    Three in five fail within the week; a breakdown costs 5,000, a planned replacement 600:

    >>> week = FailureCurve(((timedelta(days=7), 0.6),))
    >>> now = Deferral(week, planned=600.0, breakdown=5_000.0, rate=10.0)
    >>> round(now.saving(timedelta(0), until=timedelta(days=7)))
    2594
    >>> round(now.saving(timedelta(days=2), until=timedelta(days=7)))
    1598
    """

    curve: FailureCurve
    planned: float
    breakdown: float
    rate: float
    elapsed: timedelta = _NONE
    inspection: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what makes no decision."""
        if not 0 <= self.planned < self.breakdown < math.inf:
            raise ValueError(f"a breakdown of {self.breakdown:g} is not dearer than planned work of {self.planned:g}")
        if not 0 <= self.rate < math.inf:
            raise ValueError(f"the long-run cost is {self.rate:g} a day: it is at least 0")
        if self.elapsed < _NONE:
            raise ValueError(f"the forecast's data time lies {-self.elapsed} ahead of now")

    def failing(self, within: timedelta) -> float:
        """Return the probability of failing within this time from now, F [unitless]."""
        return self.curve.between(self.elapsed, self.elapsed + within) if within > _NONE else 0.0

    def cost(self, delay: timedelta) -> float:
        """Return J: what replacing after `delay` costs, less what age replacement costs meanwhile [currency]."""
        failing = self.failing(delay)
        return self.planned * (1 - failing) + self.breakdown * failing - self.rate * self.days_in_use(delay)

    def slope(self, delay: timedelta) -> float:
        """Return what one more day of waiting costs at `delay`, seen from now; below 0 it gains [currency/day]."""
        return (1 - self.failing(delay)) * self._excess(delay)

    def saving(self, delay: timedelta, *, until: timedelta) -> float:
        """Return what replacing after `delay` saves against replacing at `until`, on average [currency].

        Of two components of which only one can still be reached in time, the surer to fail may save less: it
        fails before anybody comes. Without a delay the more probable failure always saves more.
        """
        if delay >= until:
            return 0.0  # nobody goes in time, so nothing is saved and nobody looks
        return self.cost(until) - self.cost(delay) - self.inspection * (1 - self.failing(until))

    def best(self, earliest: timedelta, latest: timedelta) -> timedelta:
        """Return the delay within [earliest, latest] of the least cost; the earlier one of two alike.

        Between the curve's points the hazard is constant, so that cost rises or falls all the way from one to
        the next: the least is at a point.
        """
        return min(self._points(earliest, max(earliest, latest)), key=lambda delay: (self.cost(delay), delay))

    def days_in_use(self, delay: timedelta) -> float:
        """Return how long it runs on average until it fails or `delay` is over, the integral of S [days]."""
        return sum(self._days_between(start, end) for start, end in pairwise(self._points(_NONE, delay)))

    def _days_between(self, start: timedelta, end: timedelta) -> float:
        days, surviving = (end - start) / DAY, 1 - self.failing(start)
        passed = self._hazard(start, end)
        # exp(-h u) integrated over the span; its limit where nothing can fail.
        return surviving * days * (-math.expm1(-passed) / passed if passed > 0 else 1.0)

    def _hazard(self, start: timedelta, end: timedelta) -> float:
        return self.curve.cumulative_hazard(self.elapsed + end) - self.curve.cumulative_hazard(self.elapsed + start)

    def _excess(self, delay: timedelta) -> float:
        """Return hazard times what a breakdown costs more, less the long-run cost [currency/day]."""
        after = [horizon - self.elapsed for horizon, _ in self.curve.points if horizon - self.elapsed > delay]
        end = after[0] if after else delay + DAY
        hazard = self._hazard(delay, end) / ((end - delay) / DAY)
        return hazard * (self.breakdown - self.planned) - self.rate

    def _points(self, start: timedelta, end: timedelta) -> Iterator[timedelta]:
        inner = (horizon - self.elapsed for horizon, _ in self.curve.points)
        yield from sorted({start, end, *(delay for delay in inner if start < delay < end)})
