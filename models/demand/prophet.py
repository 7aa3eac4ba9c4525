"""Usage with trend and season of the year, by Prophet."""

import logging
import math
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from foreworn.health.demand import DemandDistribution
from models.demand.usage import UsageSeries

_ALONE = threading.Lock()
"""Prophet draws from one generator for the whole process, so two at once would not repeat themselves."""


@dataclass(frozen=True, slots=True)
class ProphetUsage:
    """A trend with a season of the year, fitted by Prophet [1]_; below 0 is 0.

    For the usage of a whole site with season and volume. Its noise is normal, so it knows nothing of
    rare demands: a few a month are the least it should see. The same series gives the same forecast:
    the fit is a maximum, and the draws have a seed.

    Parameters
    ----------
    season_terms
        Pairs of sine and cosine that the year's season is made of; below half the periods of a year.
    samples
        Draws of the future that the distribution is made of.
    seed
        Of those draws.

    References
    ----------
    .. [1] S. J. Taylor, B. Letham, "Forecasting at scale", The American Statistician 72(1), 2018.
    """

    season_terms: int = 3
    samples: int = 1_000
    seed: int = 20150101
    name: str = "prophet"

    def forecast(self, usage: UsageSeries, periods: float) -> DemandDistribution:
        """Return the demand over the next `periods`; a part of a period has that part of its usage."""
        draws = self._draws(usage, math.ceil(periods))
        # the last period counts by as much of it as is asked for
        weights = np.minimum(periods - np.arange(math.ceil(periods)), 1.0)
        sums = weights @ np.maximum(draws, 0.0)
        return DemandDistribution.of_samples(np.rint(sums).astype(np.int64).tolist())

    def _draws(self, usage: UsageSeries, steps: int) -> "np.ndarray[Any, np.dtype[np.float64]]":
        """Return (steps, samples) draws of the usage of the coming periods."""
        # only who forecasts with a season pays for loading Prophet and its compiler
        import pandas as pd
        from prophet import Prophet

        seen = pd.DataFrame({"ds": [s.replace(tzinfo=None) for s in usage.starts], "y": usage.quantities})
        ahead = [(usage.end + i * usage.every).replace(tzinfo=None) for i in range(steps)]
        with _ALONE, _quiet(), _seeded(self.seed):
            model = Prophet(
                yearly_seasonality=self.season_terms,
                weekly_seasonality=False,
                daily_seasonality=False,
                n_changepoints=min(10, len(usage.quantities) // 4),
                uncertainty_samples=self.samples,
            )
            model.fit(seen, seed=self.seed)
            return np.asarray(model.predictive_samples(pd.DataFrame({"ds": ahead}))["yhat"], dtype=np.float64)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Prophet and its compiler from telling of every fit; what goes wrong is raised all the same."""
    from cmdstanpy import disable_logging

    logger = logging.getLogger("prophet")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with disable_logging(), warnings.catch_warnings():
            # Prophet calls pandas in ways that pandas is giving up; that is between the two of them
            warnings.simplefilter("ignore", DeprecationWarning)
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        logger.setLevel(before)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Seed the global generator that Prophet draws from, and leave it afterwards as it was."""
    before = np.random.get_state()
    np.random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(before)
