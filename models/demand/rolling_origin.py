"""Comparing ways to continue a usage on its own past: forecast from many points, score what came."""

import math
from collections.abc import Sequence

import numpy as np

from foreworn.health.demand import DEMAND_LEVELS, DemandDistribution
from models.demand.usage import UsageSeries
from models.demand.usage_method import UsageMethod

LEVELS = tuple(DEMAND_LEVELS.values())


def pinball(distribution: DemandDistribution, actual: float) -> float:
    """Return the mean pinball loss of the kept quantiles, smaller is better [unit of the part].

    Examples
    --------
    >>> round(pinball(DemandDistribution.certain(2), actual=4), 3)
    1.656
    """
    quantiles = np.array([distribution.quantile(level) for level in LEVELS])
    levels = np.array(LEVELS)
    return float(np.mean(np.maximum(levels * (actual - quantiles), (levels - 1) * (actual - quantiles))))


def origins(usage: UsageSeries, periods: float, *, fewest: int, most: int) -> list[int]:
    """Return after how many periods to forecast from, the latest `most` that leave a window to score.

    Parameters
    ----------
    usage
        The past.
    periods
        How long the forecast's window is; it is scored over the next whole number of periods.
    fewest
        How many periods a forecast must have seen.
    most
        How many origins to return at most.
    """
    last = len(usage.quantities) - math.ceil(periods)
    return list(range(max(fewest, last - most + 1), last + 1))


def rolling_score(method: UsageMethod, usage: UsageSeries, periods: float, at: Sequence[int]) -> float:
    """Return the mean pinball loss over the windows that follow each origin [unit of the part].

    Each forecast sees what came before its origin and nothing else.
    """
    window = math.ceil(periods)
    losses = [
        pinball(method.forecast(usage.until(origin), window), sum(usage.quantities[origin : origin + window]))
        for origin in at
    ]
    return float(np.mean(losses))
