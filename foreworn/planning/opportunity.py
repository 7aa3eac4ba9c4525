"""What could be done to one component now, what it would save, and whether it fits in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from foreworn.planning.evidence import Evidence


class Fit(StrEnum):
    """Whether the work can be done in time."""

    WITHIN_HOURS = "within_hours"
    """The team has the hours this week."""
    BEYOND_HOURS = "beyond_hours"
    """It pays, but other work saves more in the hours that there are."""
    PART_LATE = "part_late"
    """It would pay, but its part is not there before it is too late."""


@dataclass(frozen=True, slots=True)
class Opportunity:
    """A component that is worth acting on.

    Parameters
    ----------
    machine, component
        What could be worked on.
    evidence
        The forecast, what acting saves, and from when on it can be done.
    act_by
        The end of the working hours in which acting saves most, or the forecast's end where that is earlier.
    labour
        The team's time it takes.
    saving_with_part
        What it would save if the part were there; equal to the expected saving where it is. [currency]
    base_rate
        What the best age replacement of such components costs in the long run. [currency/day]
    base_assumed
        Whether that rests on an assumed shape, because too few have failed yet.
    fit
        Whether it can be done in time.
    order
        The open proposal that stands for it; None where there is none.
    """

    machine: str
    component: str
    evidence: Evidence
    act_by: datetime
    labour: timedelta
    saving_with_part: float
    base_rate: float
    base_assumed: bool
    fit: Fit = Fit.WITHIN_HOURS
    order: str | None = None

    @property
    def saving(self) -> float:
        """What acting saves on average [currency]."""
        return self.evidence.expected_saving


def ranked(opportunities: Iterable[Opportunity]) -> list[Opportunity]:
    """Return them as a planner reads them: what saves most first, of two alike the more urgent."""
    return sorted(opportunities, key=lambda o: (-o.saving, o.act_by, o.machine, o.component))
