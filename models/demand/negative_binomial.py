"""Usage as independent draws of a negative binomial."""

from dataclasses import dataclass

import numpy as np

from foreworn.health.demand import DemandDistribution
from models.demand.usage import UsageSeries


@dataclass(frozen=True, slots=True)
class NegativeBinomialUsage:
    r"""Usage by a negative binomial fitted by moments; by Poisson where it varies no more than that.

    With :math:`m` and :math:`s^2` the mean and variance of :math:`n` periods, the demand over :math:`k` has
    mean :math:`k m` and variance :math:`k s^2 (1 + k/n)`; the last factor is for not knowing the mean. It
    takes periods as alike and independent: it sees no trend and no season, and a part that dies out is
    stocked for long after. For those there is `TsbUsage`.

    Examples
    --------
    >>> from datetime import UTC, datetime, timedelta
    >>> usage = UsageSeries(datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=30), (0, 3, 0, 1, 0, 0, 5, 1))
    >>> demand = NegativeBinomialUsage().forecast(usage, periods=2)
    >>> round(demand.mean, 3), demand.quantile(0.95)
    (2.5, 8)
    """

    name: str = "negative_binomial"

    def forecast(self, usage: UsageSeries, periods: float) -> DemandDistribution:
        """Return the demand over the next `periods`."""
        seen = np.array(usage.quantities)
        mean = float(seen.mean())
        variance = max(float(seen.var(ddof=1)) if seen.size > 1 else 0.0, mean)
        return DemandDistribution.negative_binomial(mean * periods, variance * periods * (1 + periods / seen.size))
