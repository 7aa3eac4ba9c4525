"""The verb of every way to continue past usage."""

from typing import Protocol

from foreworn.health.demand import DemandDistribution
from models.demand.usage import UsageSeries


class UsageMethod(Protocol):
    """A way to continue past usage; it keeps nothing between calls."""

    @property
    def name(self) -> str:
        """What a forecast says it was made with."""
        ...

    def forecast(self, usage: UsageSeries, periods: float) -> DemandDistribution:
        """Return the demand over the next `periods` of the series' length; the same series gives the same.

        Parameters
        ----------
        usage
            At least one period.
        periods
            How many, above 0; not always whole.
        """
        ...
