"""Alarms against failures: what was caught, with how much notice, and what rang for nothing.

An *alarm* is a forecast at or above the threshold. An *episode* begins with an alarm and takes in the
alarms of the same machine and component over the following horizon; the component's failure, or its
preventive replacement where those are given, ends it. So an alarm that never stops ringing is a new
episode every horizon. An episode is

- *confirmed* if the component fails within the horizon of any of its alarms,
- *censored* if not, but the component is replaced preventively within the horizon of any of them,
- *undecided* if neither, and the horizon of its last alarm reaches past what is known,
- otherwise a *false alarm*.

A failure's *lead time* counts from when the first alarm within the horizon before it (and after the
component's previous failure or preventive replacement) was issued, which may be later than its data's
time. It is *caught* if the lead time is at least the notice asked for. A lead time is never longer than the
horizon; how long the alarm had been *ringing* counts on back from there, as long as no forecast lay below the
threshold in between. A pause after the first alarm within the horizon takes nothing back: who was told 24 h
before was told, whether or not the alarm was silent later. A pause before it does: what was silent when the
horizon began was about nothing that came.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from foreworn.telemetry.sample import to_epoch_ms
from models.evaluation.outcomes import Record
from models.features.row_index import RowIndex, span_ms

_HOUR_MS = 3_600_000.0


class EpisodeEnd(Enum):
    """What became of an episode."""

    CONFIRMED = "confirmed"
    CENSORED = "censored"
    UNDECIDED = "undecided"
    FALSE_ALARM = "false alarm"


@dataclass(frozen=True, slots=True)
class Episode:
    """Alarms that belong together; times are epoch ms of the first and the last."""

    machine: str
    component: str
    first: int
    last: int
    end: EpisodeEnd


@dataclass(frozen=True, slots=True)
class FailureNotice:
    """One failure and the notice that was given of it.

    Parameters
    ----------
    machine, component, time
        What failed, and when [epoch ms].
    lead_time_h
        From the first alarm within the horizon before it; None where there was none.
    ringing_h
        From the first of the alarms that went on without a break up to that first one within the horizon, and
        therefore as long or longer.
    watched_h
        From the first forecast of its machine: no longer notice could have been given.
    """

    machine: str
    component: str
    time: int
    lead_time_h: float | None
    ringing_h: float | None
    watched_h: float

    def caught(self, notice: timedelta) -> bool:
        """Tell whether the first alarm within the horizon came at least `notice` before."""
        return self.lead_time_h is not None and self.lead_time_h >= notice / timedelta(hours=1)

    def rang(self, notice: timedelta) -> bool:
        """Tell whether the alarm was raised at least `notice` before, longer than the horizon included.

        Raised is the first alarm within the horizon, or the first of those that went on without a break up to it.
        """
        return self.ringing_h is not None and self.ringing_h >= notice / timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Rows:
    """One machine's forecasts of a component in order of time: when each was issued, and what followed it."""

    machine: str
    places: NDArray[np.intp]
    time: NDArray[np.int64]
    issued: NDArray[np.int64]
    next_failure: NDArray[np.int64]
    next_replacement: NDArray[np.int64]
    failures: NDArray[np.int64]

    @property
    def life_ends(self) -> NDArray[np.int64]:
        """When the life that each forecast is about ended."""
        return np.minimum(self.next_failure, self.next_replacement)


@dataclass(frozen=True, slots=True)
class _Series:
    """One machine's component: its alarms in order of time, since when each had been ringing, and what followed."""

    rows: _Rows
    alarms: NDArray[np.int64]
    issued: NDArray[np.int64]
    since: NDArray[np.int64]
    next_failure: NDArray[np.int64]
    next_replacement: NDArray[np.int64]


class ComponentWatch:
    """Forecast rows of one component, beside what followed them: alarms from any threshold on are read off it.

    Parameters
    ----------
    index
        The forecast rows, in any order.
    component
        What is forecast.
    record
        What really happened.
    horizon
        How far a forecast looks.
    issued : (n_rows,) int, epoch ms, optional
        When each row was said; at its own time unless given.
    """

    def __init__(
        self,
        index: RowIndex,
        component: str,
        record: Record,
        *,
        horizon: timedelta,
        issued: NDArray[np.int64] | None = None,
    ) -> None:
        self._component = component
        self._span, self._known = span_ms(horizon), to_epoch_ms(record.known_until)
        issued = index.time if issued is None else issued
        failure = record.failures.next_after(index, component)
        replacement = record.preventive.next_after(index, component)
        self._machines = []
        for machine, own in index.places().items():
            order = own[np.argsort(index.time[own], kind="stable")]
            columns = (index.time[order], issued[order], failure[order], replacement[order])
            self._machines.append(_Rows(machine, order, *columns, record.failures.of(machine, component)))

    def episodes(self, probability: NDArray[np.float64], threshold: float) -> list[Episode]:
        """Return the episodes of alarms from a threshold on, by machine and time."""
        found = []
        for series in self._alarms(probability, threshold):
            start = 0
            for stop in _cuts(series, self._span):
                found.append(self._episode(series, start, stop))
                start = stop
        return found

    def notices(
        self, probability: NDArray[np.float64], threshold: float, *, first: int, end: int
    ) -> list[FailureNotice]:
        """Return each failure in [first, end), epoch ms, on a forecast machine, with the notice given of it."""
        earliest: dict[tuple[str, int], tuple[int, int]] = {}
        for series in self._alarms(probability, threshold):
            earliest |= _earliest_alarms(series, self._span)
        found = []
        for rows in self._machines:
            for time in rows.failures[(rows.failures >= first) & (rows.failures < end)].tolist():
                told = [(time - moment) / _HOUR_MS for moment in earliest.get((rows.machine, time), ())]
                lead, ringing = told or (None, None)
                watched = (time - int(rows.time[0])) / _HOUR_MS
                found.append(FailureNotice(rows.machine, self._component, time, lead, ringing, watched))
        return found

    def _alarms(self, probability: NDArray[np.float64], threshold: float) -> Iterator[_Series]:
        rings = probability >= threshold
        for rows in self._machines:
            own = rings[rows.places]
            if own.any():
                since = _ringing_since(own, rows.issued, rows.life_ends)
                failure, replacement = rows.next_failure[own], rows.next_replacement[own]
                yield _Series(rows, rows.time[own], rows.issued[own], since, failure, replacement)

    def _episode(self, series: _Series, start: int, stop: int) -> Episode:
        first, last = int(series.alarms[start]), int(series.alarms[stop - 1])
        failure, replacement = int(series.next_failure[start]), int(series.next_replacement[start])
        if failure <= last + self._span and failure <= replacement:
            end = EpisodeEnd.CONFIRMED
        elif replacement <= last + self._span:
            end = EpisodeEnd.CENSORED
        else:
            end = EpisodeEnd.UNDECIDED if last + self._span > self._known else EpisodeEnd.FALSE_ALARM
        return Episode(series.rows.machine, self._component, first, last, end)


def alarm_episodes(
    index: RowIndex,
    probability: NDArray[np.float64],
    component: str,
    record: Record,
    *,
    threshold: float,
    horizon: timedelta,
) -> list[Episode]:
    """Return the episodes of one component, by machine and time.

    Parameters
    ----------
    index
        The scored rows, in any order.
    probability : (n_rows,) float
    component
        The component that the probabilities are of.
    record
        What really happened.
    threshold
        The probability from which a forecast is an alarm.
    horizon
        How far a forecast looks.
    """
    return ComponentWatch(index, component, record, horizon=horizon).episodes(probability, threshold)


def failure_notices(
    index: RowIndex,
    probability: NDArray[np.float64],
    component: str,
    record: Record,
    *,
    threshold: float,
    horizon: timedelta,
    first: int,
    end: int,
    issued: NDArray[np.int64] | None = None,
) -> list[FailureNotice]:
    """Return each failure of one component in [first, end) on a scored machine, with its notice.

    Parameters as in `alarm_episodes`; `first`, `end` and `issued`, when each row was said (at its own time
    unless given), are epoch ms.
    """
    watch = ComponentWatch(index, component, record, horizon=horizon, issued=issued)
    return watch.notices(probability, threshold, first=first, end=end)


def _earliest_alarms(series: _Series, span: int) -> dict[tuple[str, int], tuple[int, int]]:
    """Return by machine and failure when the first alarm in time was issued, and since when it had been ringing."""
    in_time = (series.next_failure - series.alarms <= span) & (series.next_failure <= series.next_replacement)
    failure = series.next_failure[in_time]
    if not len(failure):
        return {}
    starts = np.flatnonzero(np.append(True, failure[1:] != failure[:-1]))  # alarms are in order, so failures are
    said = np.minimum.reduceat(series.issued[in_time], starts).tolist()
    since = np.minimum.reduceat(series.since[in_time], starts).tolist()
    keys = ((series.rows.machine, time) for time in failure[starts].tolist())
    return dict(zip(keys, zip(said, since, strict=True), strict=True))


def _ringing_since(
    rings: NDArray[np.bool_], issued: NDArray[np.int64], life_ends: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return per alarm of one machine's forecasts, in order of time, when the first of its unbroken run was issued."""
    goes_on = np.append(False, rings[1:] & rings[:-1] & (life_ends[1:] == life_ends[:-1]))[: len(rings)]
    begin = np.maximum.accumulate(np.where(goes_on, 0, np.arange(len(rings))))
    found: NDArray[np.int64] = issued[begin[rings]]
    return found


def _cuts(series: _Series, span: int) -> Iterator[int]:
    """Yield the end (exclusive) of each episode as a place in the series."""
    ends = np.minimum(series.next_failure, series.next_replacement)
    start = 0
    while start < len(ends):
        late = np.searchsorted(series.alarms, series.alarms[start] + span, side="right")
        start = int(min(late, np.searchsorted(ends, ends[start], side="right")))
        yield start
