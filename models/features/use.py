"""Features of how long a component has lived: by the clock, and by a counter."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

import numpy as np

from models.features.fleet_record import FleetRecord
from models.features.weighting import WHOLE_LIFE, LifeWindow
from models.features.window import Values

_HOUR_MS = 3_600_000.0


@dataclass(frozen=True, slots=True)
class HoursInLife:
    """Hours since a component was last replaced, or else since the machine was installed."""

    component: str
    unit: ClassVar[str] = "h"
    lookback: ClassVar[timedelta] = timedelta(0)

    @property
    def name(self) -> str:
        """Such as `hours in life of bearing`."""
        return f"hours in life of {self.component}"

    @property
    def source(self) -> str:
        """The component's age."""
        return f"age of {self.component}"

    def values(self, record: FleetRecord) -> Values:
        """Return the hours, from master data and maintenance alone."""
        hours = (record.place - record.life_start(self.component)) / _HOUR_MS
        return np.asarray(hours)


@dataclass(frozen=True, slots=True)
class UseInLife:
    """How much a counter has grown since the first sample of the life; a reset begins at 0 anew."""

    counter: str
    component: str
    unit: ClassVar[str] = ""
    lookback: ClassVar[timedelta] = WHOLE_LIFE

    @property
    def name(self) -> str:
        """Such as `hours_run in life of bearing`."""
        return f"{self.counter} in life of {self.component}"

    @property
    def source(self) -> str:
        """The counter."""
        return self.counter

    def values(self, record: FleetRecord) -> Values:
        """Return the use; NaN without a sample of the counter in the life."""
        places, use = record.use(self.counter)
        first, last = LifeWindow(self.component).bounds(record, places)
        known = last > first
        grown = np.append(use, 0.0)[last - 1] - np.append(use, 0.0)[first]
        return np.where(known, grown, np.nan)
