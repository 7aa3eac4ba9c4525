"""Rows that a failure model learns from: features beside outcomes."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from foreworn.fleet.history import FleetHistory
from foreworn.telemetry.sample import MILLISECOND, from_epoch_ms, to_epoch_ms
from models.evaluation.outcomes import FAILED, Downtime, Record
from models.failure.periods import Period, PeriodOutcomes, period_outcomes
from models.failure.silence import NO_FAILURE
from models.features import FeatureRows, FeatureSet, RowIndex, compute
from models.features.row_index import span_ms

NOT_FITTED: Final = -1
_NEVER_MS: Final = int(np.iinfo(np.int64).max)


@dataclass(frozen=True, slots=True)
class TrainingRows:
    """Feature rows and what became of them.

    Parameters
    ----------
    rows
        Features, by machine and time.
    components
        The columns of `outcomes`.
    outcomes : (n_rows, n_components) int
        Places in `models.evaluation.outcomes.CODES`; `NOT_FITTED` where the machine has no such component that runs.
    record
        The failures and replacements that the outcomes come from.
    horizon
        How far the outcomes look.
    periods
        The intervals of time ahead that hazards are learned of.
    """

    rows: FeatureRows
    components: tuple[str, ...]
    outcomes: NDArray[np.int8]
    record: Record
    horizon: timedelta
    periods: tuple[Period, ...]

    @property
    def index(self) -> RowIndex:
        """The rows' machines and times."""
        return self.rows.index

    @property
    def span(self) -> timedelta:
        """From the first row to the last."""
        times = self.index.time
        return timedelta(milliseconds=int(times.max() - times.min())) if len(times) else timedelta(0)

    def outcome_of(self, component: str) -> NDArray[np.int8]:
        """Return one component's outcomes, (n_rows,) int."""
        return self.outcomes[:, self.components.index(component)]

    def of_period(self, component: str, period: Period) -> PeriodOutcomes:
        """Return what a period teaches of a component; rows of machines without it teach nothing."""
        found = period_outcomes(self.record, self.index, component, period)
        fitted_rows = self.outcome_of(component) != NOT_FITTED
        return PeriodOutcomes(found.failed & fitted_rows, found.known & fitted_rows)

    def failure_times(self, component: str) -> NDArray[np.int64]:
        """Return when the failures happened that rows foretell, sorted, one per machine and time; epoch ms."""
        foretold = self.index.where(self.outcome_of(component) == FAILED)
        following = self.record.failures.next_after(foretold, component)
        failures = set(zip(foretold.machine.tolist(), following.tolist(), strict=True))
        return np.array(sorted(time for _, time in failures), dtype=np.int64)

    def foretold(self, component: str) -> NDArray[np.intp]:
        """Return the number of the failure that each row foretells, (n_rows,) int, or `NO_FAILURE`."""
        failed = self.outcome_of(component) == FAILED
        following = self.record.failures.next_after(self.index, component)[failed]
        whose = self.index.machines()[1][failed]
        found = np.full(len(self.index), NO_FAILURE, dtype=np.intp)
        found[failed] = np.unique(np.stack([whose, following], axis=1), axis=0, return_inverse=True)[1]
        return found

    def fingerprint(self) -> str:
        """Return a SHA-256 of all that is learned from, to the last bit."""
        content = hashlib.sha256("\t".join([*self.rows.names, *self.components]).encode())
        content.update("\t".join(self.index.machine.tolist()).encode())
        for array in (self.index.time, self.rows.matrix, self.outcomes):
            content.update(np.ascontiguousarray(array).tobytes())
        for component in self.components:
            for period in self.periods:
                found = self.of_period(component, period)
                content.update(np.packbits(found.failed).tobytes() + np.packbits(found.known).tobytes())
        return content.hexdigest()


def training_rows(
    history: FleetHistory,
    features: FeatureSet,
    *,
    until: datetime,
    horizon: timedelta,
    every: timedelta,
    periods: tuple[Period, ...] = (),
    censoring: bool = True,
) -> TrainingRows:
    """Return the rows that can be learned from at `until`.

    A row per machine and multiple of `every`, from the machine's first telemetry + the features'
    `warm_up` to `until` less the end of the first period: earlier rows lack features, later ones lack outcomes.
    A row at a moment when its machine fails is no row: the machine stands, and is being repaired. A row between a
    component's failure and its repair teaches nothing of that component.

    Parameters
    ----------
    history
        What is stamped at or after `until` is not looked at.
    features, until, horizon, every
        What to compute, up to where to know, how far the outcomes look, and the rows' grid.
    periods
        The intervals that hazards are learned of; the horizon alone unless given.
    censoring
        Whether a preventive replacement within the horizon makes the outcome unknown; otherwise it is
        survival.
    """
    history = history.until(until)
    periods = periods or (Period(timedelta(0), horizon),)
    maintenance = history.maintenance if censoring else None
    record = Record.of(history.failures, maintenance, known_until=until - MILLISECOND)
    index = scorable_rows(history, features.warm_up, end=until - periods[0].end, every=every)
    index = index.where(~record.failures.at_own_time(index))
    components = history.components
    outcomes = np.empty((len(index), len(components)), dtype=np.int8)
    for column, component in enumerate(components):
        outcome = record.outcomes(index, component, horizon)
        outcomes[:, column] = np.where(runs(history, index, component), outcome, NOT_FITTED)
    return TrainingRows(compute(features, history, index), components, outcomes, record, horizon, periods)


def fitted(history: FleetHistory, index: RowIndex, component: str) -> NDArray[np.bool_]:
    """Tell which rows are of a machine that has the component."""
    having = {m.id for m in history.machines if component in m.components}
    return np.array([machine in having for machine in index.machine.tolist()], dtype=bool)


def runs(history: FleetHistory, index: RowIndex, component: str) -> NDArray[np.bool_]:
    """Tell which rows are of a machine that has the component, and where it does not stand failed (`Downtime`)."""
    downtime = Downtime.of(history.failures, history.maintenance)
    return fitted(history, index, component) & ~downtime.of_rows(index, component)


def scorable_rows(
    history: FleetHistory, lookback: timedelta, *, end: datetime, every: timedelta, start: datetime | None = None
) -> RowIndex:
    """Return the grid rows in [start, end) that stand at least `lookback` after their machine's first telemetry.

    A machine that never spoke has no rows, and one that was retired has none from then on.
    """
    first = first_times(history.telemetry)
    spoke = [m.id for m in history.machines if m.id in first]
    if not spoke:
        return RowIndex.of([])
    earliest = min(first.values()) if start is None else to_epoch_ms(start)
    grid = RowIndex.grid(spoke, from_epoch_ms(earliest), end, every)
    begin = np.array([first[m] for m in grid.machine.tolist()], dtype=np.int64) + span_ms(lookback)
    retired = {m.id: to_epoch_ms(m.retired_at) for m in history.machines if m.retired_at is not None}
    end_ms = np.array([retired.get(m, _NEVER_MS) for m in grid.machine.tolist()], dtype=np.int64)
    return grid.where((grid.time >= begin) & (grid.time < end_ms))


def first_times(table: pa.Table) -> dict[str, int]:
    """Return by machine the first time in a table of a fleet's history [epoch ms]."""
    times = table.select(["machine", "time"]).group_by("machine").aggregate([("time", "min")])
    first = times["time_min"].cast(pa.timestamp("ms", tz="UTC")).cast(pa.int64())
    return dict(zip(times["machine"].to_pylist(), first.to_pylist(), strict=True))
