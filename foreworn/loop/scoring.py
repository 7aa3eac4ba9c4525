"""Score what is due: every machine at every grid time the clock has passed, and again where data came late."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from foreworn.clock import Clock, grid_times
from foreworn.fleet.registry import FleetRegistry
from foreworn.health.failure_model import FailureModel
from foreworn.health.forecast import FORECAST_SCHEMA, TIME, Forecast, ForecastStore, VerdictBoard
from foreworn.health.scored_rows import ScoredForecasts, ScoredRows
from foreworn.loop.live_history import LiveHistory
from foreworn.loop.revisions import as_revisions
from foreworn.telemetry.intake import DirtyWindow, DirtyWindows
from foreworn.telemetry.sample import MILLISECOND

Row = tuple[str, datetime]


class Scoring:
    """The use case that turns stored telemetry into forecasts.

    A forecast of time t rests on what is stamped at or before t. When late data changes what a forecast
    rested on, the new verdict is appended as a revision; the old one stays on record. Where only reasons and curve
    changed, the verdict board has the new ones, and the record nothing to add. Reasons are found for the
    forecasts that go up on the verdict board, which is where people see them, and not for those that only go on record.

    Parameters
    ----------
    history, registry, forecasts, verdicts, dirty
        Where data comes from and verdicts go to.
    serving
        Returns the model that scores, asked anew each time; None while there is none. Grid times that pass
        without a model are not made up for.
    clock
        Grid times up to its present are due.
    every
        The grid: whole multiples of this since 1970.
    start
        Grid times up to here count as scored; the newest verdict's time where there is one.
    on_dirty
        Told of the windows that data came late for, before they are forgotten.
    """

    def __init__(
        self,
        *,
        history: LiveHistory,
        registry: FleetRegistry,
        serving: Callable[[], FailureModel | None],
        forecasts: ForecastStore,
        verdicts: VerdictBoard,
        dirty: DirtyWindows,
        clock: Clock,
        every: timedelta,
        start: datetime,
        on_dirty: Callable[[Sequence[DirtyWindow]], object] | None = None,
    ) -> None:
        self._on_dirty = on_dirty
        self._history = history
        self._registry = registry
        self._serving = serving
        self._forecasts = forecasts
        self._verdicts = verdicts
        self._dirty = dirty
        self._clock = clock
        self._every = every
        self._scored_until = start

    @property
    def scored_until(self) -> datetime:
        """The newest grid time that was scored; data at or before it comes late."""
        return self._scored_until

    def score_due(self) -> int:
        """Score all that is due and return how many forecasts were issued.

        Late data first: its windows end before the new grid times begin.
        """
        model = self._serving()
        due = grid_times(self._scored_until, self._clock.now(), self._every)
        if model is None:
            self._scored_until = due[-1] if due else self._scored_until
            return 0
        issued = self._score_dirty(model)
        for day in _days(due):
            issued += self._score(model, day)
        return issued

    def _score(self, model: FailureModel, times: Sequence[datetime]) -> int:
        """Score every machine at these times; where a store fails they stay due."""
        before = self._scored_until
        # From here on, data at or before these times is late and marks its windows.
        self._scored_until = times[-1]
        try:
            rows = [(machine, time) for time in times for machine in self._machines_at(time)]
            said = self._say(model, rows)
            self._write(said.table.filter(pa.array(said.fresh)))
            self._verdicts.post(said.forecasts(_at(said.table, times[-1])))
            return int(said.fresh.sum())
        except BaseException:
            self._scored_until = before
            raise

    def _machines_at(self, time: datetime) -> list[str]:
        return [m.id for m in self._registry.machines() if m.components and m.in_service_at(time)]

    def _say(self, model: FailureModel, rows: Sequence[Row]) -> "_Said":
        """Score the rows and hold what is said against what is on record.

        What is on record is never written over: another probability, or another model's, is the next revision.
        """
        if not rows:
            return _Said(ScoredForecasts(()), FORECAST_SCHEMA.empty_table(), np.empty(0, np.bool_))
        first, last = min(t for _, t in rows), max(t for _, t in rows)
        history = self._history.between(first - model.lookback, last + MILLISECOND, with_logs=model.reads_logs)
        scored = model.score(history, rows, issued_at=self._clock.now())
        standing = self._forecasts.forecasts(first, last + MILLISECOND, machines=sorted({name for name, _ in rows}))
        return _Said(scored, *as_revisions(scored.table(), standing))

    def _write(self, forecasts: pa.Table) -> None:
        if len(forecasts):
            self._forecasts.write_forecast_table(forecasts)

    def _score_dirty(self, model: FailureModel) -> int:
        generation, windows = self._dirty.pending()
        issued = 0
        for rows in _by_machine(sorted(self._rows_in(windows))):
            said = self._say(model, rows)
            revised = said.fresh & (said.table["revision"].to_numpy() > 0)
            self._write(said.table.filter(pa.array(revised)))
            # The same probability may come with other reasons and another curve, which only the board keeps.
            on_record = np.flatnonzero(revised | ~said.fresh)
            self._verdicts.post(said.forecasts(_newest_of_each(said.table, on_record)))
            issued += int(revised.sum())
        if windows and self._on_dirty is not None:
            self._on_dirty(windows)
        self._dirty.clear(generation)
        return issued

    def _rows_in(self, windows: Iterable[DirtyWindow]) -> set[Row]:
        seats = defaultdict(list)
        for attachment in self._registry.attachments():
            seats[attachment.device].append(attachment)
        return {
            (seat.machine, time)
            for window in windows
            for seat in seats[window.device]
            if seat.since <= window.end and (seat.until is None or window.start < seat.until)
            for time in grid_times(window.start - MILLISECOND, min(window.end, self._scored_until), self._every)
        }


@dataclass(frozen=True, slots=True)
class _Said:
    """What a model says of some rows.

    Parameters
    ----------
    scored
        As it was said.
    table
        All forecasts, each with the revision that it is.
    fresh : (n_forecasts,) bool
        Which of them are not on record yet.
    """

    scored: ScoredRows
    table: pa.Table
    fresh: NDArray[np.bool_]

    def forecasts(self, chosen: Sequence[int]) -> list[Forecast]:
        """Return some, with reasons: those that people will see."""
        revisions = self.table["revision"].take(pa.array(chosen, pa.int64())).to_pylist()
        forecasts = self.scored.forecasts(chosen)
        return [replace(f, revision=n) if n else f for f, n in zip(forecasts, revisions, strict=True)]


def _at(forecasts: pa.Table, time: datetime) -> list[int]:
    """Return the rows of one time."""
    return np.flatnonzero(pc.equal(forecasts["time"], pa.scalar(time, TIME)).to_numpy()).tolist()


def _newest_of_each(forecasts: pa.Table, rows: NDArray[np.intp]) -> list[int]:
    """Return, of these rows, that of the latest time of each machine and component: the board keeps no other."""
    told = forecasts.select(["machine", "component", "time"]).take(pa.array(rows)).to_pylist()
    newest: dict[tuple[str, str], tuple[datetime, int]] = {}
    for row, said in zip(rows.tolist(), told, strict=True):
        key = (said["machine"], said["component"])
        newest[key] = max(newest.get(key, (said["time"], row)), (said["time"], row))
    return sorted(row for _, row in newest.values())


def _days(times: Sequence[datetime]) -> Iterable[list[datetime]]:
    """Split a catch-up into days, so that a long absence does not load a long past at once."""
    day: list[datetime] = []
    for time in times:
        if day and time.date() != day[-1].date():
            yield day
            day = []
        day.append(time)
    if day:
        yield day


def _by_machine(rows: Sequence[Row]) -> Iterable[list[Row]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[0]].append(row)
    return groups.values()
