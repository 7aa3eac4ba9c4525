"""When the platform would have acted on a life: the first order that its own appraisal finds worth proposing."""

from dataclasses import dataclass
from datetime import time, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from foreworn.economics.age_replacement import best_age_replacement
from foreworn.economics.cost_table import ComponentCost
from foreworn.economics.weibull_life import WeibullLife
from foreworn.health.forecast import BY_AGE, Forecast, Reason
from foreworn.loop.appraisal import Appraisal
from foreworn.loop.pricing.told import ToldLife, hours
from foreworn.planning.opportunity import Opportunity
from foreworn.planning.working_week import WorkingWeek

ALWAYS: Final = WorkingWeek(opens=time.min, closes=time.max)
"""Nobody waits for working hours, under no policy: waiting is what the lead time says."""

_DAY: Final = timedelta(days=1)
_BY_AGE: Final = (Reason("age", BY_AGE, 0.0, None, None, 0.0),)


@dataclass(frozen=True, slots=True)
class Terms:
    """What decisions rest on besides the forecasts.

    Parameters
    ----------
    lead
        From an order to the moment at which its part is there and the team has come.
    horizon
        How far the forecasts look that are weighed.
    settling
        How long after a replacement forecasts are not acted on.
    least_saving
        An order is made only if it is expected to save more. [currency]
    by_due_date
        Whether the work is done by the order's due date, the time of least cost, instead of as soon as it can be.
    currency
        ISO 4217 code of the costs.
    """

    lead: timedelta
    horizon: timedelta
    settling: timedelta = _DAY
    least_saving: float = 0.0
    by_due_date: bool = False
    currency: str = "EUR"


def acted_after(
    told: ToldLife, terms: Terms, *, cost: ComponentCost, base: WeibullLife | None, version: str
) -> int | None:
    """Return after how many hours of its life the platform would have replaced the component; None: it would not.

    The first time that `foreworn.loop.appraisal` finds acting worth more than `terms.least_saving`, the order is made
    and approved; nothing that is said later changes it.

    Parameters
    ----------
    told
        What was said along the life.
    terms, cost
        What the decision rests on.
    base
        How long such components last, as known without this life; None: nothing is known, and nobody acts.
    version
        Of the model that said it.
    """
    if base is None:
        return None
    found = first_order(told, terms, cost=cost, base=base, version=version)
    if found is None:
        return None
    done = found.act_by if terms.by_due_date else found.evidence.act_at
    return hours(done - told.life.begun)


def first_order(
    told: ToldLife, terms: Terms, *, cost: ComponentCost, base: WeibullLife, version: str
) -> Opportunity | None:
    """Return the first opportunity of a life that is worth an order; None where none is."""
    for row in np.flatnonzero(_may_pay(told, terms, cost, base)).tolist():
        now = told.time[row]
        if told.life.renewed and now - told.life.begun < terms.settling:
            continue
        found = _appraised(told, row, terms, cost, base, version).opportunity(ready=now + terms.lead)
        if found.saving > terms.least_saving:
            return found
    return None


def _appraised(
    told: ToldLife, row: int, terms: Terms, cost: ComponentCost, base: WeibullLife, version: str
) -> Appraisal:
    life, curve = told.life, told.curve(row)
    said = Forecast(
        machine=life.machine.id,
        component=life.component,
        time=told.time[row],
        horizon=terms.horizon,
        probability=dict(curve)[terms.horizon],
        model_version=version,
        issued_at=told.time[row],
        curve=curve,
        reasons=_BY_AGE if told.rests_on_age[row] else (),
    )
    return Appraisal(life.machine, life.component, [said], cost, terms.currency, base, ALWAYS, told.time[row])


def _may_pay(told: ToldLife, terms: Terms, cost: ComponentCost, base: WeibullLife) -> NDArray[np.bool_]:
    """Tell at which times acting can be worth an order at all: what `Deferral.saving` never exceeds.

    With F, the probability within the horizon H, and the lead time d it saves at most
    (breakdown - planned) F - (1 - F) (rate (H - d) + inspection), since all who come through H were in use from d on;
    by age without the inspection.
    """
    if not told.time or terms.lead >= terms.horizon:
        return np.zeros(len(told.time), dtype=bool)
    rate = best_age_replacement(base, planned=cost.planned, breakdown=cost.breakdown).rate
    failing = told.probability[:, told.horizons.index(terms.horizon)]
    least = rate * ((terms.horizon - terms.lead) / _DAY) + np.where(told.rests_on_age, 0.0, cost.inspection)
    most = (cost.breakdown - cost.planned) * failing - (1 - failing) * least
    return np.asarray(most > terms.least_saving)
