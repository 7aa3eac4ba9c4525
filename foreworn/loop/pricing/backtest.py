"""Run-to-failure lives, lived again under the platform's orders and under policies that need no forecast."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from foreworn.economics.control_limit import LifeOutcome
from foreworn.economics.cost_table import ComponentCost, CostTable
from foreworn.economics.decision_backtest import EndedLife, LivesToPrice, best_ages, gap_closed
from foreworn.loop.pricing.decisions import Terms, acted_after
from foreworn.loop.pricing.lives import RunLife
from foreworn.loop.pricing.settings import PricingSettings
from foreworn.loop.pricing.told import ToldLife
from foreworn.loop.pricing.unit_folds import Fold


@dataclass(frozen=True, slots=True)
class DecisionBacktest:
    """Lives, the models that have not seen them, and what those said; prices any terms.

    Parameters
    ----------
    lives
        In the order of everything else here.
    per_machine
        By kind, how many such components a machine has on average.
    folds
        Together they hold out every life once.
    told
        By name, what was said along each life: `model`, and the ways it is made worse.
    costs, settings
        What things cost, and what was chosen.
    """

    lives: tuple[RunLife, ...]
    per_machine: Mapping[str, float]
    folds: tuple[Fold, ...]
    told: Mapping[str, Sequence[ToldLife]]
    costs: CostTable
    settings: PricingSettings
    _ages: dict[float | None, list[int | None]] = field(default_factory=dict)

    def fleet(self, ratio: float | None = None) -> LivesToPrice:
        """Return the lives with their costs, or with breakdowns at `ratio` planned replacements."""
        return LivesToPrice([self._ended(life, ratio) for life in self.lives], self.per_machine)

    def decided(self, terms: Terms, *, told: str = "model", ratio: float | None = None) -> tuple[LifeOutcome, ...]:
        """Return what becomes of each life if the platform's first order is carried out."""
        lives, found = self.fleet(ratio).lives, dict[int, LifeOutcome]()
        for fold in self.folds:
            for place in fold.held_out:
                life = self.lives[place]
                after = acted_after(
                    self.told[told][place],
                    replace(terms, currency=self.costs.currency),
                    cost=self._cost(life, ratio),
                    base=fold.bases.get(life.kind),
                    version=fold.model.version,
                )
                found[place] = lives[place].replaced(after)
        return tuple(found[place] for place in range(len(self.lives)))

    def by_age(self, ratio: float | None = None) -> tuple[LifeOutcome, ...]:
        """Return what becomes of each life if its kind is replaced at the best age of the other folds' lives."""
        if ratio not in self._ages:
            ages: dict[int, int | None] = {}
            for fold in self.folds:
                best = best_ages([self._ended(life, ratio) for life in fold.taught_by])
                ages |= {place: best.get(self.lives[place].kind) for place in fold.held_out}
            self._ages[ratio] = [ages[place] for place in range(len(self.lives))]
        return self.fleet(ratio).at_ages(self._ages[ratio])

    def closed(self, decided: Sequence[LifeOutcome], ratio: float | None = None) -> float:
        """Return the share of the gap that these outcomes close."""
        fleet = self.fleet(ratio)
        rates = (fleet.rate(o) for o in (decided, self.by_age(ratio), fleet.with_foresight()))
        rate, age, known = rates
        return gap_closed(rate, age=age, known=known)

    def _ended(self, life: RunLife, ratio: float | None) -> EndedLife:
        cost = self._cost(life, ratio)
        return EndedLife(life.machine.id, life.kind, life.length, cost.planned, cost.breakdown)

    def _cost(self, life: RunLife, ratio: float | None) -> ComponentCost:
        cost = self.costs.of(life.machine.model, life.component)
        ratio = self.settings.breakdown_ratio if ratio is None else ratio
        if ratio is None:
            return cost
        return replace(cost, failure=ratio * cost.planned, unplanned_downtime=timedelta(0))
