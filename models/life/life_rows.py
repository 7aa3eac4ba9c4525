"""Rows that a model of remaining life learns from: moments in lives, and how much of each was left."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from foreworn.errors import TooLittleHistory
from foreworn.fleet.history import FleetHistory
from foreworn.telemetry.sample import MILLISECOND
from models.evaluation.outcomes import NEVER, Occurrences, Record, failed_and_not_renewed
from models.features import RowIndex
from models.features.fleet_record import FleetRecord, is_numeric
from models.features.row_index import span_ms
from models.features.weighting import WHOLE_LIFE
from models.features.window import Values
from models.life.settings import HOURS, LifeModelSettings

_HOUR_MS: Final = 3_600_000.0


@dataclass(frozen=True, slots=True)
class LifeRows:
    """Moments in the lives of one component.

    Parameters
    ----------
    index
        The rows, by machine and time.
    record
        What is on record of them.
    left : (n_rows,) float
        Life left until the failure, or, where `ended` is false, at least this much. [the settings' unit]
    ended : (n_rows,) bool
        Whether the row's life ended in a failure; otherwise it was cut short, or goes on.
    lives, cut_short
        How many lives ended in a failure, and how many did not.
    """

    index: RowIndex
    record: FleetRecord
    left: Values
    ended: NDArray[np.bool_]
    lives: int
    cut_short: int

    def last_of_lives(self, component: str, among: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Return the last row of each life that ended in a failure, among some rows."""
        known = np.flatnonzero(among & self.ended & ~np.isnan(self.left))
        lives = np.stack([self.record.machine, self.record.life_start(component)], axis=1)[known]
        order = np.lexsort((-self.left[known], lives[:, 1], lives[:, 0]))
        last = np.append(np.any(np.diff(lives[order], axis=0) != 0, axis=1), [True] * min(len(known), 1))
        return np.asarray(known[order[last]], dtype=np.intp)


def sample_rows(history: FleetHistory, every: timedelta) -> RowIndex:
    """Return each machine's latest sample in each stretch of `every`, by machine and time."""
    table = history.telemetry.select(["machine", "time"]).sort_by([("machine", "ascending"), ("time", "ascending")])
    machine = np.asarray(table["machine"].to_pylist(), dtype=object)
    time = table["time"].cast(pa.timestamp("ms", tz="UTC")).cast(pa.int64()).to_numpy()
    stretch = -(-time // span_ms(every))  # closed at its end, like every window
    last = np.append((stretch[1:] != stretch[:-1]) | (machine[1:] != machine[:-1]), [True] * min(len(time), 1))
    return RowIndex(machine, time).where(last.astype(bool))


def life_rows(history: FleetHistory, component: str, *, until: datetime, settings: LifeModelSettings) -> LifeRows:
    """Return the rows of every life of the component that began before `until`.

    Where the unit is a counter, life left is how much the counter grew from the row to the failure. No row stands
    at the moment of a failure or a replacement, nor between a failure and its repair, nor in the first `warm_up` of a
    life. A life that a preventive
    replacement cut short, or that goes on where the record ends, is known to be at least as long; it is never taken
    as failed.

    Raises
    ------
    TooLittleHistory
        If the counter is not on record, or there are no rows.
    """
    history = history.until(until)
    _check_unit(history, settings.unit)
    fitted = {m.id for m in history.machines if component in m.components}
    index = sample_rows(history, settings.every)
    index = index.where(np.array([m in fitted for m in index.machine.tolist()], dtype=bool))
    if not len(index):
        raise TooLittleHistory(f"no machine with the component {component!r} has telemetry before {until:%Y-%m-%d}")
    known = Record.of(history.failures, history.maintenance, known_until=until - MILLISECOND)
    record = FleetRecord(history, index, WHOLE_LIFE)
    old = record.place - record.life_start(component) >= span_ms(settings.warm_up)
    ending = known.failures.at_own_time(index) | known.preventive.at_own_time(index)
    down = failed_and_not_renewed(index, known.failures, Occurrences(history.renewals), component)
    index = index.where(old & ~ending & ~down)
    record = FleetRecord(history, index, WHOLE_LIFE)
    failure = known.failures.next_after(index, component)
    replaced = known.preventive.next_after(index, component)
    ended = (failure < NEVER) & (failure <= replaced)
    end = np.minimum(np.minimum(failure, replaced), _last_sample(index))
    end = np.where(ended, failure, end)
    left = _span(record, index.time, end, settings.unit)
    lives = np.stack([record.machine, record.life_start(component)], axis=1)
    counts = (len(np.unique(lives[which], axis=0)) for which in (ended, ~ended))
    return LifeRows(index, record, left, ended, *counts)


def _check_unit(history: FleetHistory, unit: str) -> None:
    if unit != HOURS and not is_numeric(history.telemetry, unit):
        raise TooLittleHistory(
            f"life is to be told in {unit!r}, and no telemetry of that name is a number: name a counter, or {HOURS!r}"
        )


def _last_sample(index: RowIndex) -> NDArray[np.int64]:
    last = np.empty(len(index), dtype=np.int64)
    for own in index.places().values():
        last[own] = index.time[own].max()
    return last


def _span(record: FleetRecord, start: NDArray[np.int64], end: NDArray[np.int64], unit: str) -> Values:
    if unit == HOURS:
        return (end - start) / _HOUR_MS
    places, use = record.use(unit)
    first, last = (np.searchsorted(places, record.place + moment - start, side="right") - 1 for moment in (start, end))
    spoke = (first >= 0) & (places[first] >= record.lane)
    return np.where(spoke, use[last] - use[first], np.nan)
