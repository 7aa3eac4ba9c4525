"""Score what is due: every machine at every grid time the clock has passed, and again where data came late."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pyarrow as pa

from foreworn.clock import Clock, grid_times
from foreworn.fleet.registry import FleetRegistry
from foreworn.health.failure_model import FailureModel
from foreworn.health.forecast import Forecast, ForecastStore, VerdictBoard
from foreworn.loop.live_history import LiveHistory
from foreworn.telemetry.intake import DirtyWindow, DirtyWindows
from foreworn.telemetry.sample import MILLISECOND

Row = tuple[str, datetime]


class Scoring:
    """The use case that turns stored telemetry into forecasts.

    A forecast of time t rests on what is stamped at or before t. When late data changes what a forecast
    rested on, the new verdict is appended as a revision; the old one stays on record.

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
            forecasts = list(self._as_revisions(model, rows))
            fresh = [forecast for forecast, known in forecasts if not known]
            self._write(fresh)
            self._verdicts.post([forecast for forecast, _ in forecasts if forecast.time == times[-1]])
            return len(fresh)
        except BaseException:
            self._scored_until = before
            raise

    def _machines_at(self, time: datetime) -> list[str]:
        return [m.id for m in self._registry.machines() if m.components and m.in_service_at(time)]

    def _forecast(self, model: FailureModel, rows: Sequence[Row]) -> list[Forecast]:
        if not rows:
            return []
        first, last = min(t for _, t in rows), max(t for _, t in rows)
        history = self._history.between(first - model.lookback, last + MILLISECOND)
        return model.forecast(history, rows, issued_at=self._clock.now())

    def _write(self, forecasts: Sequence[Forecast]) -> None:
        if forecasts:
            self._forecasts.write_forecasts(forecasts)

    def _score_dirty(self, model: FailureModel) -> int:
        generation, windows = self._dirty.pending()
        issued = 0
        for rows in _by_machine(sorted(self._rows_in(windows))):
            revised = [f for f, known in self._as_revisions(model, rows) if f.revision > 0 and not known]
            self._write(revised)
            self._verdicts.post(revised)
            issued += len(revised)
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

    def _as_revisions(self, model: FailureModel, rows: Sequence[Row]) -> Iterator[tuple[Forecast, bool]]:
        """Yield the rows' forecasts, each with the revision that it is, and whether that is on record already.

        What is on record is never written over: another probability, or another model's, is the next revision.
        """
        if not rows:
            return
        machines, times = sorted({machine for machine, _ in rows}), [time for _, time in rows]
        standing = _newest(self._forecasts.forecasts(min(times), max(times) + MILLISECOND, machines=machines))
        for forecast in self._forecast(model, rows):
            before = standing.get((forecast.machine, forecast.component, forecast.time))
            if before is None:
                yield forecast, False
            else:
                version, revision, probability = before
                same = (version, probability) == (forecast.model_version, forecast.probability)
                yield replace(forecast, revision=revision + (not same)), same


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


def _newest(forecasts: pa.Table) -> dict[tuple[str, str, datetime], tuple[str, int, float]]:
    """Return (model version, revision, probability) of the newest revision, by machine, component and time."""
    columns = ("machine", "component", "time", "model_version", "revision", "probability")
    newest: dict[tuple[str, str, datetime], tuple[str, int, float]] = {}
    for machine, component, time, version, revision, probability in zip(
        *(forecasts[name].to_pylist() for name in columns), strict=True
    ):
        before = newest.get((machine, component, time))
        if before is None or revision >= before[1]:
            newest[machine, component, time] = version, revision, probability
    return newest
