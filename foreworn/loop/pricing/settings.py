"""What can be chosen about a decision backtest."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from foreworn.errors import ConfigurationError
from foreworn.loop.pricing.decisions import Terms
from foreworn.loop.pricing.lives import HOUR
from models.failure import FailureModelSettings

LOOK: Final = 1.5
"""Forecasts are weighed over this many lead times: what fails within the first cannot be helped any more, and over many
of them acting now is held against waiting far too long. Chosen on the training engines of C-MAPSS FD001, of 1.25, 1.5
and 2."""
LEAD_FACTORS: Final = (0.5, 1.0, 2.0)
"""Lead times that are priced, in lead times."""


def lead_within(horizon: timedelta) -> timedelta:
    """Return the lead time that is priced unless another is given: what is weighed is then the chance within a horizon.

    With the horizon of the platform's scoring, that is the probability that it serves.

    Examples
    --------
    >>> str(lead_within(timedelta(hours=24)))
    '16:00:00'
    """
    return horizon / LOOK


@dataclass(frozen=True, slots=True)
class PricingSettings:
    """What can be chosen about a decision backtest.

    Parameters
    ----------
    lead
        From an order to the moment at which the work is done; `lead_within` tells what it is unless chosen.
    look
        Over how many lead times forecasts are weighed.
    breakdown_ratio
        Prices breakdowns at so many planned replacements, whatever the costs say; None: as they say.
    every, grid
        How often it is decided, and the training rows' grid; from the lead time unless given: a twentieth and an
        eighth of it, an hour at least.
    folds, seed, samples
        Folds of machines, the dice, and how many fleets are drawn for the interval.
    settling, least_saving
        As the planning settings have them.
    fewest_failures
        From how many failures on a component's signs are learned.

    Raises
    ------
    ConfigurationError
        If the lead time is shorter than two hours, nothing is looked at beyond it, or a breakdown is no dearer than
        planned work.
    """

    lead: timedelta
    look: float = LOOK
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
        """Refuse what makes no decision."""
        if self.lead < 2 * HOUR:
            raise ConfigurationError(f"the lead time is {self.lead}: it is at least two hours, such as 36h or 10d")
        if self.look <= 1:
            raise ConfigurationError(f"forecasts are weighed over {self.look:g} lead times: acting comes after one")
        if self.breakdown_ratio is not None and self.breakdown_ratio <= 1:
            raise ConfigurationError(f"a breakdown at {self.breakdown_ratio:g} planned replacements costs no more")

    @property
    def horizons(self) -> tuple[timedelta, ...]:
        """Where the curves are read, and where their intervals end: what is weighed at any lead time priced."""
        ends = {end for factor in LEAD_FACTORS for end in (self.lead * factor, self.terms(factor).horizon)}
        return tuple(sorted(ends))

    @property
    def decided_every(self) -> timedelta:
        """How often it is decided."""
        return self.every or max(HOUR, self.lead // 20 // HOUR * HOUR)

    def model(self) -> FailureModelSettings:
        """Return the settings that models are trained with."""
        grid = self.grid or max(HOUR, self.lead // 8 // HOUR * HOUR)
        return FailureModelSettings(every=grid, curve=self.horizons, fewest_failures=self.fewest_failures)

    def terms(self, factor: float = 1.0) -> Terms:
        """Return what decisions rest on, with the lead time times `factor`."""
        lead = self.lead * factor
        return Terms(lead, lead * self.look, settling=self.settling, least_saving=self.least_saving)
