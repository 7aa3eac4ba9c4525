"""Use since maintenance: what a counter has moved since a component was last seen to.

Hours on the clock say little of a machine that stands half of the time. A counter of hours run, strokes or
kilometres says how much of a component's life was used, whoever used it.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from models.features.fleet_record import FleetRecord
from models.features.row_index import span_ms
from models.features.window import Times, Values

REACH: Final = timedelta(days=90)
"""How far back the record of a counter is read unless told otherwise."""


@dataclass(frozen=True, slots=True)
class UseSinceReplacement:
    """How far a counter has moved since maintenance was last done on a component.

    It is the counter's newest reading at the row less its first reading at or after the maintenance. A counter that
    falls was reset, and counts on from 0: what it showed before is added. Not known, and NaN, where no maintenance is
    on record, where it lies further back than `reach`, or where the counter has not spoken since.

    Parameters
    ----------
    component
        Whose maintenance.
    counter
        The signal that counts use.
    reach
        How far back the counter's readings are looked at, and so how much telemetry a live row needs.
    """

    component: str
    counter: str
    reach: timedelta = REACH
    unit: ClassVar[str] = ""

    @property
    def name(self) -> str:
        """Such as `hours_run since replacement of bearing`."""
        return f"{self.counter} since {self.source}"

    @property
    def source(self) -> str:
        """The component's replacement record."""
        return f"replacement of {self.component}"

    @property
    def lookback(self) -> timedelta:
        """The reach."""
        return self.reach

    def values(self, record: FleetRecord) -> Values:
        """Return the use since maintenance stamped before each row, in the counter's own unit."""
        done = record.replacements(self.component)
        seen = np.searchsorted(done, record.place, side="left")
        latest = np.append(done, -1)[seen - 1]
        within = (seen > 0) & (latest > record.place - span_ms(self.reach)) & (latest >= record.lane)
        places, readings = record.samples(self.counter)
        first = np.searchsorted(places, latest, side="left")
        last = np.searchsorted(places, record.place, side="right") - 1
        known = np.flatnonzero(within & (last >= first))
        use = np.full(len(record.place), np.nan)
        use[known] = readings[last[known]] - readings[first[known]] + _lost(readings, first[known], last[known])
        return use


def _lost(readings: Values, first: NDArray[np.intp], last: NDArray[np.intp]) -> Values:
    """Return what resets took from the counter between the readings `first` and `last` of each row."""
    resets: Times = np.flatnonzero(np.diff(readings) < 0)
    begin, end = np.searchsorted(resets, first, side="left"), np.searchsorted(resets, last, side="left")
    lost = np.zeros(len(first))
    for row in np.flatnonzero(end > begin):  # resets are rare, and summed row by row for the same bits live
        lost[row] = readings[resets[begin[row] : end[row]]].sum()
    return lost
