"""The demand that neither a forecast nor an order speaks for, continued from past usage."""

import math
from dataclasses import dataclass
from datetime import timedelta

from foreworn.health.demand import DemandDistribution
from models.demand.demand_class import DemandClass, demand_class
from models.demand.negative_binomial import NegativeBinomialUsage
from models.demand.prophet import ProphetUsage
from models.demand.rolling_origin import origins, rolling_score
from models.demand.settings import UsageSettings
from models.demand.tsb import TsbUsage
from models.demand.usage import UsageSeries
from models.demand.usage_method import UsageMethod

RARE = (DemandClass.INTERMITTENT, DemandClass.LUMPY)
"""Classes in which the time between demands matters, so that TSB may be better than independent draws."""
REGULAR = (DemandClass.SMOOTH, DemandClass.ERRATIC)
"""Classes with a demand in nearly every period, so that there may be a season to see."""


@dataclass(frozen=True, slots=True)
class HistoryDemand:
    """A demand from past usage, and how it was come by.

    Parameters
    ----------
    distribution
        The demand over the window.
    method
        The name of the method that was used.
    demand_class
        What kind of demand the part has.
    scores
        (method, its loss on the past) of all that were compared; empty where there was nothing to compare or
        too little past to do it on. [unit of the part]
    """

    distribution: DemandDistribution
    method: str
    demand_class: DemandClass
    scores: tuple[tuple[str, float], ...] = ()


def history_demand(usage: UsageSeries, periods: float, settings: UsageSettings | None = None) -> HistoryDemand:
    """Continue a usage over the next `periods`.

    Independent draws of a negative binomial, unless another way would have served better on the past by a
    stated share: TSB where demand is rare, Prophet where it is regular, on record for long enough and
    large enough (`UsageSettings.season_...`).

    Parameters
    ----------
    usage
        What is on record, as `usage_series` gives it.
    periods
        How far to look, in periods of the series, above 0; not always whole.
    settings
        What can be chosen; the defaults where None.
    """
    chosen = settings or UsageSettings()
    kind = demand_class(usage.quantities)
    plain: UsageMethod = NegativeBinomialUsage()
    rival, gain, fewest = _rival(kind, usage, chosen)
    at = origins(usage, periods, fewest=fewest, most=chosen.origins)
    if rival is None or not at:
        return HistoryDemand(plain.forecast(usage, periods), plain.name, kind)
    scores = {method.name: rolling_score(method, usage, periods, at) for method in (plain, rival)}
    best = rival if scores[rival.name] < (1 - gain) * scores[plain.name] else plain
    return HistoryDemand(best.forecast(usage, periods), best.name, kind, tuple(scores.items()))


def _rival(kind: DemandClass, usage: UsageSeries, settings: UsageSettings) -> tuple[UsageMethod | None, float, int]:
    """Return what to compare independent draws with, the gain it must show, and the past it must have seen."""
    if kind in RARE:
        return TsbUsage(settings.size_smoothing, settings.chance_smoothing), settings.rare_gain, settings.fewest_periods
    if kind in REGULAR and _may_have_season(usage, settings):
        season = ProphetUsage(settings.season_terms, settings.season_samples, settings.seed)
        return season, settings.season_gain, max(settings.fewest_periods, _year_in_periods(usage))
    return None, 0.0, settings.fewest_periods


def _may_have_season(usage: UsageSeries, settings: UsageSettings) -> bool:
    count = len(usage.quantities)
    long_enough = count * usage.every >= settings.season_after and count >= settings.season_from_periods
    return long_enough and sum(usage.quantities) / count >= settings.season_from_mean


def _year_in_periods(usage: UsageSeries) -> int:
    """Return how many periods a season takes to have been seen once."""
    return math.ceil(timedelta(days=365.25) / usage.every)
