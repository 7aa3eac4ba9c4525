"""One component's forecast, weighed: what acting saves, from when it can be done, by when it should be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from foreworn.economics.age_replacement import AgeReplacement, best_age_replacement
from foreworn.economics.cost_table import ComponentCost
from foreworn.economics.saving import Deferral
from foreworn.economics.weibull_life import WeibullLife
from foreworn.fleet.machine import Machine
from foreworn.health.failure_curve import FailureCurve
from foreworn.health.forecast import Forecast
from foreworn.planning.evidence import Evidence
from foreworn.planning.opportunity import Opportunity
from foreworn.planning.working_week import WorkingWeek


@dataclass(frozen=True, slots=True)
class Appraisal:
    """Everything that the decision about one component rests on.

    Parameters
    ----------
    machine, component
        Which one.
    forecasts
        What was said of it at one data time, at one or more horizons.
    cost, currency
        What it costs to maintain.
    life
        How long such components last.
    week
        When the team works.
    now
        The present; the component is known not to have failed up to here.
    """

    machine: Machine
    component: str
    forecasts: Sequence[Forecast]
    cost: ComponentCost
    currency: str
    life: WeibullLife
    week: WorkingWeek
    now: datetime

    def opportunity(self, *, ready: datetime, order: str | None = None) -> Opportunity:
        """Return what could be done, with the parts there from `ready` on.

        Parameters
        ----------
        order
            The open proposal that stands for it.
        """
        base, deferral = self._base(), self._deferral()
        end = self._ends_at - self.now
        act_at = self.week.next_opening(max(self.now, ready))
        delay = min(act_at - self.now, end)
        soonest = min(self.week.next_opening(self.now) - self.now, end)
        best = self.now + deferral.best(delay, end)
        return Opportunity(
            machine=self.machine.id,
            component=self.component,
            evidence=self._evidence(deferral.saving(delay, until=end), deferral.slope(timedelta(0)), act_at),
            act_by=max(act_at, min(self.week.next_closing(best), self._ends_at)),
            labour=self.cost.labour,
            saving_with_part=deferral.saving(soonest, until=end),
            base_rate=base.rate,
            base_assumed=self.life.assumed,
            order=order,
        )

    @property
    def _longest(self) -> Forecast:
        return max(self.forecasts, key=lambda f: f.horizon)

    @property
    def _ends_at(self) -> datetime:
        """When the time is over that the forecast speaks of."""
        return self._longest.time + self._longest.horizon

    def _base(self) -> AgeReplacement:
        return best_age_replacement(self.life, planned=self.cost.planned, breakdown=self.cost.breakdown)

    def _deferral(self) -> Deferral:
        # Waiting makes no forecast by age any sharper: whoever does not go now goes later all the same.
        looks = 0.0 if self._longest.by_known_age else self.cost.inspection
        return Deferral(
            FailureCurve.of(self.forecasts),
            planned=self.cost.planned,
            breakdown=self.cost.breakdown,
            rate=self._base().rate,
            elapsed=max(self.now - self._longest.time, timedelta(0)),
            inspection=looks,
        )

    def _evidence(self, saving: float, waiting_cost_per_day: float, act_at: datetime) -> Evidence:
        said = self._longest
        return Evidence(
            probability=said.probability,
            horizon=said.horizon,
            data_time=said.time,
            issued_at=said.issued_at,
            model_version=said.model_version,
            revision=said.revision,
            reasons=said.reasons,
            expected_saving=saving,
            waiting_cost_per_day=waiting_cost_per_day,
            act_at=act_at,
            currency=self.currency,
            costs_assumed=self.cost.assumed,
        )
