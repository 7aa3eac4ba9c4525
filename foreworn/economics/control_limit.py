r"""A control limit on forecasts of remaining life, weighed on lives that ran to their end.

Work has to be ordered a lead time ahead. The rule orders it the first time that the life foretold is at most a
limit, and the replacement is done the lead time later, unless the component fails before. Each life then costs a
planned replacement or a breakdown and gives the life that was used; by the renewal-reward theorem [1]_ the rule costs,
in the long run, the one over the other.

A limit that was chosen because nothing failed among :math:`n` lives is too bold for the next: the closest of them
came through by chance. So the limit is weighed not by the failures that happened but by how likely they were: the
slacks that a limit leaves, life at the failure less life at the replacement, are taken as draws from Student's t
distribution [2]_, whose mass below 0 is the probability of a failure.

References
----------
.. [1] S. M. Ross, *Introduction to Probability Models*, chapter 7.
.. [2] D. A. Barr and the predictive distribution of a normal sample: A. Gelman et al., *Bayesian Data Analysis*,
   3rd edition, 2013, section 3.2.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

Values = NDArray[np.float64]

PLANNED: Final = 1.0


class Ended(Protocol):
    """A life that ended in a failure: whose, and in which cycle."""

    @property
    def unit(self) -> str:
        """Whose life."""
        ...

    @property
    def length(self) -> int:
        """In which cycle it failed."""
        ...


@dataclass(frozen=True, slots=True)
class ForetoldLife:
    """One life that ended in a failure, and what was foretold along it.

    Parameters
    ----------
    unit
        Whose life.
    length
        It failed in this cycle: `length` - 1 is the last replacement that comes in time.
    cycle : (n,) int
        When forecasts were made, ascending.
    foretold : (n,) float
        The life left that they told.
    """

    unit: str
    length: int
    cycle: NDArray[np.int64]
    foretold: Values


@dataclass(frozen=True, slots=True)
class LifeOutcome:
    """What became of one life under a rule.

    Parameters
    ----------
    unit
        Whose.
    used
        How many cycles it gave.
    cost
        What its end cost; a planned replacement is 1.
    slack
        How many cycles later the replacement would still have been in time; below 0 it failed.
    """

    unit: str
    used: int
    cost: float
    slack: int

    @property
    def failed(self) -> bool:
        """Whether it failed before it was replaced."""
        return self.slack < 0


@dataclass(frozen=True, slots=True)
class ControlLimit:
    """Order work the first time that the life foretold, smoothed, is at most `limit`.

    Parameters
    ----------
    limit
        Of the life foretold. [cycles]
    smoothing
        How many of the latest forecasts are averaged, each less the cycles that have passed since.

    Examples
    --------
    >>> life = ForetoldLife("a", 50, np.arange(20, 50), 50.0 - np.arange(20, 50))
    >>> ControlLimit(limit=12.0).outcome(life, lead=10, breakdown=10.0)
    LifeOutcome(unit='a', used=48, cost=1.0, slack=1)
    """

    limit: float
    smoothing: int = 1

    def outcome(self, life: ForetoldLife, *, lead: int, breakdown: float) -> LifeOutcome:
        """Return what becomes of a life."""
        due = np.flatnonzero(smoothed(life, self.smoothing) <= self.limit)
        planned = int(life.cycle[due[0]]) + lead if len(due) else None
        return replaced_at(life, planned, breakdown=breakdown)


def smoothed(life: ForetoldLife, over: int) -> Values:
    """Return the mean of the latest `over` forecasts of each moment, each less the cycles since it was made."""
    end = life.foretold + life.cycle  # when each says that the life ends
    sums = np.cumsum(np.append(0.0, end))
    last = np.arange(1, len(end) + 1)
    first = np.maximum(last - over, 0)
    mean: Values = (sums[last] - sums[first]) / (last - first) - life.cycle
    return mean


def replaced_at(life: Ended, planned: int | None, *, breakdown: float) -> LifeOutcome:
    """Return what becomes of a life whose replacement is planned for after this cycle; None: for never."""
    if planned is None or planned >= life.length:
        slack = -1 if planned is None else life.length - 1 - planned
        return LifeOutcome(life.unit, life.length, breakdown, min(slack, -1))
    return LifeOutcome(life.unit, planned, PLANNED, life.length - 1 - planned)


def perfect(life: Ended) -> LifeOutcome:
    """Return what becomes of a life whose end is known: replaced after the last cycle before it fails."""
    return LifeOutcome(life.unit, life.length - 1, PLANNED, 0)


def cost_rate(outcomes: Sequence[LifeOutcome]) -> float:
    """Return what these lives cost per cycle: all costs over all cycles used."""
    return sum(o.cost for o in outcomes) / sum(o.used for o in outcomes)


def best_age(lives: Sequence[Ended], *, breakdown: float) -> int | None:
    """Return the age at which replacing these lives would have cost least; None: only on failure."""
    ages = sorted({life.length - 1 for life in lives})

    def rate(age: int | None) -> float:
        return cost_rate([replaced_at(life, age, breakdown=breakdown) for life in lives])

    return min((*ages, None), key=rate)


def expected_rate(outcomes: Sequence[LifeOutcome], *, breakdown: float) -> float:
    """Return what a rule with these outcomes is expected to cost per cycle on lives to come.

    At least two outcomes; the probability of a failure is that of a slack below 0 (by half a cycle: slacks are
    whole), as the t distribution of their mean and spread has it, and never below the share that did fail.
    """
    slack = np.array([o.slack for o in outcomes], dtype=np.float64)
    scale = max(float(slack.std(ddof=1)), 0.5) * math.sqrt(1 + 1 / len(slack))
    likely = float(student.cdf((-0.5 - slack.mean()) / scale, df=len(slack) - 1))
    failing = max(likely, sum(o.failed for o in outcomes) / len(outcomes))
    used = sum(o.used for o in outcomes) / len(outcomes)
    return (PLANNED + failing * (breakdown - PLANNED)) / used


def choose_limit(
    lives: Sequence[ForetoldLife],
    *,
    lead: int,
    breakdown: float,
    limits: Sequence[float],
    smoothings: Sequence[int] = (1, 5, 10),
) -> ControlLimit:
    """Return the limit and the smoothing that are expected to cost least on lives like these.

    Raises
    ------
    ValueError
        If there are fewer than two lives.
    """
    if len(lives) < 2:
        raise ValueError(f"{len(lives)} lives cannot tell how far forecasts stray")
    rules = [ControlLimit(float(limit), over) for over in smoothings for limit in limits]

    def rate(rule: ControlLimit) -> float:
        return expected_rate([rule.outcome(x, lead=lead, breakdown=breakdown) for x in lives], breakdown=breakdown)

    return min(rules, key=rate)
