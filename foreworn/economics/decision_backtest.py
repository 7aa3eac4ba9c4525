r"""What a rule that decides is worth: its cost rate between age replacement and perfect foresight.

Lives that ran to their failure are lived again under a rule: each costs a planned replacement or a breakdown, and
gives the time that was used. By the renewal-reward theorem [1]_ a kind of component costs, in the long run, all that
its lives cost over all the time they gave; a machine costs the sum over its components. Of two rates the share

.. math:: (g_{age} - g_{rule}) / (g_{age} - g_{perfect})

is how far the rule goes from the best age replacement, 0, to foresight, 1.

References
----------
.. [1] S. M. Ross, *Introduction to Probability Models*, chapter 7.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from foreworn.economics.control_limit import LifeOutcome, best_age, perfect, replaced_at

Values = NDArray[np.float64]

SAMPLES: Final = 2000
LEVEL: Final = 0.95


@dataclass(frozen=True, slots=True)
class EndedLife:
    """One life that ended in a failure, and what its end costs.

    Parameters
    ----------
    unit
        Whose life; lives of one unit are drawn together.
    kind
        Lives of a kind are priced together and replaced at one age.
    length
        It failed in this step: `length` - 1 is the last replacement that comes in time. [steps]
    planned, breakdown
        What replacing costs when planned, and when it has failed. [currency]
    """

    unit: str
    kind: str
    length: int
    planned: float
    breakdown: float

    @property
    def ratio(self) -> float:
        """What a breakdown costs in planned replacements."""
        return self.breakdown / self.planned

    def replaced(self, after: int | None) -> LifeOutcome:
        """Return what becomes of it if it is replaced after this step, unless it fails before; None: never."""
        return replaced_at(self, after, breakdown=self.ratio)


@dataclass(frozen=True, slots=True)
class LivesToPrice:
    """Lives, and how many components of each kind a machine has on average.

    Parameters
    ----------
    lives
        At least one; a planned replacement costs more than nothing.
    per_machine
        By kind, the weight of its cost rate.

    Examples
    --------
    >>> pumps = LivesToPrice([EndedLife("a", "seal", 10, 100.0, 500.0)], {"seal": 2.0})
    >>> pumps.rate(pumps.run_to_failure())
    100.0
    >>> round(pumps.rate(pumps.with_foresight()), 6)
    22.222222
    """

    lives: Sequence[EndedLife]
    per_machine: Mapping[str, float]

    def __post_init__(self) -> None:
        """Refuse what has no price.

        Raises
        ------
        ValueError
            If there is no life, or a breakdown is not dearer than planned work that costs something.
        """
        if not self.lives:
            raise ValueError("there is no life to price")
        for life in self.lives:
            if not 0 < life.planned < life.breakdown:
                raise ValueError(f"{life.kind}: planned work costs {life.planned:g}, a breakdown {life.breakdown:g}")

    def run_to_failure(self) -> tuple[LifeOutcome, ...]:
        """Return what becomes of the lives if nobody acts."""
        return tuple(life.replaced(None) for life in self.lives)

    def with_foresight(self) -> tuple[LifeOutcome, ...]:
        """Return what becomes of the lives if their ends are known."""
        return tuple(perfect(life) for life in self.lives)

    def at_ages(self, ages: Sequence[int | None]) -> tuple[LifeOutcome, ...]:
        """Return what becomes of the lives, each replaced at its age; None: on failure."""
        return tuple(life.replaced(age) for life, age in zip(self.lives, ages, strict=True))

    def at_ages_in_hindsight(self) -> tuple[LifeOutcome, ...]:
        """Return what becomes of the lives at the one age per kind that is cheapest for these very lives."""
        ages = best_ages(self.lives)
        return self.at_ages([ages[life.kind] for life in self.lives])

    def rate(self, outcomes: Sequence[LifeOutcome]) -> float:
        """Return what a machine costs per step [currency/step]."""
        cost, used = self._sums(outcomes)
        return float(sum(self.per_machine[kind] * cost[kind] / used[kind] for kind in cost))

    def _sums(self, outcomes: Sequence[LifeOutcome]) -> tuple[dict[str, float], dict[str, float]]:
        cost: dict[str, float] = defaultdict(float)
        used: dict[str, float] = defaultdict(float)
        for life, outcome in zip(self.lives, outcomes, strict=True):
            cost[life.kind] += outcome.cost * life.planned
            used[life.kind] += outcome.used
        return cost, used


def best_ages(lives: Sequence[EndedLife]) -> dict[str, int | None]:
    """Return by kind the age at which replacing these lives would have cost least; None: only on failure."""
    by_kind: dict[str, list[EndedLife]] = defaultdict(list)
    for life in lives:
        by_kind[life.kind].append(life)
    return {kind: best_age(some, breakdown=some[0].ratio) for kind, some in by_kind.items()}


def gap_closed(rate: float, *, age: float, known: float) -> float:
    """Return which share of the way from age replacement to perfect foresight a cost rate goes; NaN: there is none.

    Examples
    --------
    >>> gap_closed(4.0, age=10.0, known=2.0)
    0.75
    """
    return (age - rate) / (age - known) if age > known else math.nan


def gap_interval(
    fleet: LivesToPrice,
    decided: Sequence[LifeOutcome],
    by_age: Sequence[LifeOutcome],
    *,
    samples: int = SAMPLES,
    seed: int = 20150101,
) -> tuple[float, float]:
    """Return the middle 95 % of the gap closed over fleets of units drawn anew.

    Of every kind its units are drawn with replacement, each with all its lives, so that no kind is ever missing. A
    bootstrap never draws a failure that has not happened: each fleet also draws, kind by kind, how likely one is, from
    Beta(failures + 1, survivors), whose 95 % point without failures is the rule of three's 3 / n, and lets as many of
    its other lives of that kind fail. So cheap components that survive say nothing about dear ones.

    Returns
    -------
    tuple of float
        NaN where age replacement and foresight cost the same.
    """
    draws = _Draws(fleet, (decided, by_age, fleet.with_foresight()), np.random.default_rng(seed))
    gaps = np.array([draws.gap() for _ in range(samples)])
    known = gaps[~np.isnan(gaps)]
    if not len(known):
        return math.nan, math.nan
    low, high = np.quantile(known, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return float(low), float(high)


class _Draws:
    """Fleets drawn anew from the units of a fleet."""

    def __init__(
        self, fleet: LivesToPrice, policies: Sequence[Sequence[LifeOutcome]], dice: np.random.Generator
    ) -> None:
        lives, self._dice = fleet.lives, dice
        kinds = sorted({life.kind for life in lives})
        price = np.array([life.planned for life in lives])
        self._weight = np.array([fleet.per_machine[kind] for kind in kinds])
        self._kind = np.array([kinds.index(life.kind) for life in lives])
        self._cost = np.array([[o.cost for o in policy] for policy in policies]) * price
        self._used = np.array([[o.used for o in policy] for policy in policies], dtype=np.float64)
        self._failed = np.array([o.failed for o in policies[0]])
        self._breakdown = np.array([life.breakdown for life in lives])
        self._length = np.array([life.length for life in lives], dtype=np.float64)
        self._units = [_by_unit(lives, kind) for kind in kinds]

    def gap(self) -> float:
        """Draw one fleet and return the share of its gap that is closed."""
        picked = np.concatenate([self._pick(units) for units in self._units])
        cost, used = self._cost[:, picked], self._used[:, picked]
        unlucky = self._unlucky(self._failed[picked], self._kind[picked])
        cost[0, unlucky], used[0, unlucky] = self._breakdown[picked][unlucky], self._length[picked][unlucky]
        rate, age, known = (self._rate(c, u, self._kind[picked]) for c, u in zip(cost, used, strict=True))
        return gap_closed(rate, age=age, known=known)

    def _pick(self, units: Sequence[NDArray[np.intp]]) -> NDArray[np.intp]:
        return np.concatenate([units[i] for i in self._dice.integers(len(units), size=len(units))])

    def _unlucky(self, failed: NDArray[np.bool_], kind: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return which other lives of a drawn fleet fail too."""
        return np.concatenate([self._unlucky_of(k, failed, kind == k) for k in range(len(self._units))])

    def _unlucky_of(self, kind: int, failed: NDArray[np.bool_], own: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Return which lives of one kind; how likely a failure of it is, its own lives alone tell."""
        seen = self._failed[self._kind == kind]
        failures = int(seen.sum())
        if failures == len(seen):
            return np.empty(0, dtype=np.intp)
        likely = self._dice.beta(failures + 1, len(seen) - failures)
        excess = max(int(self._dice.binomial(int(own.sum()), likely)) - int(failed[own].sum()), 0)
        return self._dice.permutation(np.flatnonzero(own & ~failed))[:excess]

    def _rate(self, cost: Values, used: Values, kind: NDArray[np.intp]) -> float:
        count = len(self._weight)
        return float(
            (self._weight * np.bincount(kind, cost, minlength=count) / np.bincount(kind, used, minlength=count)).sum()
        )


def _by_unit(lives: Sequence[EndedLife], kind: str) -> list[NDArray[np.intp]]:
    """Return the places of a kind's lives, unit by unit."""
    found: dict[str, list[int]] = defaultdict(list)
    for place, life in enumerate(lives):
        if life.kind == kind:
            found[life.unit].append(place)
    return [np.array(places, dtype=np.intp) for places in found.values()]
