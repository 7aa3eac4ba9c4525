"""What can be chosen about a decision backtest."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from foreworn.errors import ConfigurationError
from foreworn.loop.pricing.decisions import Terms
from foreworn.loop.pricing.lives import HOUR
from models.failure import FailureModelSettings

LOOK: Final = 2
"""Forecasts are weighed over this many lead times: what fails within the first cannot be helped any more."""


@dataclass(frozen=True, slots=True)
class PricingSettings:
    """What can be chosen about a decision backtest.

    Parameters
    ----------
    lead
        From an order to the moment at which the work is done.
    breakdown_ratio
        Prices breakdowns at so many planned replacements, whatever the costs say; None: as they say.
    every, grid
        How often it is decided, and the training rows' grid; from the lead time unless given: a twentieth and a
        fortieth of it, an hour at least.
    folds, seed, samples
        Folds of machines, the dice, and how many fleets are drawn for the interval.
    settling, least_saving
        As the planning settings have them.
    fewest_failures
        From how many failures on a component's signs are learned.

    Raises
    ------
    ConfigurationError
        If the lead time is shorter than two hours, or a breakdown no dearer than planned work.
    """

    lead: timedelta = timedelta(days=10)
    breakdown_ratio: float | None = None
    every: timedelta | None = None
    grid: timedelta | None = None
    folds: int = 5
    seed: int = 20150101
    samples: int = 2000
    settling: timedelta = timedelta(days=1)
    least_saving: float = 0.0
    fewest_failures: int = 10

    def __post_init__(self) -> None:
        """Refuse a lead time that hours cannot tell."""
        if self.lead < 2 * HOUR:
            raise ConfigurationError(f"the lead time is {self.lead}: it is at least two hours, such as 36h or 10d")
        if self.breakdown_ratio is not None and self.breakdown_ratio <= 1:
            raise ConfigurationError(f"a breakdown at {self.breakdown_ratio:g} planned replacements costs no more")

    @property
    def horizons(self) -> tuple[timedelta, ...]:
        """Where the curves are read: half a lead time to twice the longest."""
        return tuple(self.lead * factor for factor in (0.5, 1.0, 1.5, 2.0, 4.0))

    @property
    def decided_every(self) -> timedelta:
        """How often it is decided."""
        return self.every or max(HOUR, self.lead // 20 // HOUR * HOUR)

    def model(self) -> FailureModelSettings:
        """Return the settings that models are trained with."""
        grid = self.grid or max(HOUR, self.lead // 40 // HOUR * HOUR)
        return FailureModelSettings(every=grid, curve=self.horizons, fewest_failures=self.fewest_failures)

    def terms(self, factor: float = 1.0) -> Terms:
        """Return what decisions rest on, with the lead time times `factor`."""
        lead = self.lead * factor
        return Terms(lead, LOOK * lead, settling=self.settling, least_saving=self.least_saving)
