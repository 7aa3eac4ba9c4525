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

from collections.abc import Iterable, Iterator
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
class _Series:
    """One machine's component: its alarms in order of time, since when each had been ringing, and what followed."""

    machine: str
    component: str
    alarms: NDArray[np.int64]
    issued: NDArray[np.int64]
    since: NDArray[np.int64]
    next_failure: NDArray[np.int64]
    next_replacement: NDArray[np.int64]


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
    span = span_ms(horizon)
    known = to_epoch_ms(record.known_until)
    episodes = []
    for series in _alarms(index, index.time, probability, component, record, threshold):
        start = 0
        for stop in _cuts(series, span):
            episodes.append(_episode(series, start, stop, span, known))
            start = stop
    return episodes


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
    issued = index.time if issued is None else issued
    alarms = _alarms(index, issued, probability, component, record, threshold)
    earliest = _earliest_alarms(alarms, span_ms(horizon))
    notices = []
    for machine, own in index.places().items():
        begin = int(index.time[own].min())
        for time in record.failures.of(machine, component).tolist():
            if first <= time < end:
                told = [(time - moment) / _HOUR_MS for moment in earliest.get((machine, time), ())]
                lead, ringing = told or (None, None)
                notices.append(FailureNotice(machine, component, time, lead, ringing, (time - begin) / _HOUR_MS))
    return notices


def _earliest_alarms(alarms: Iterable[_Series], span: int) -> dict[tuple[str, int], tuple[int, int]]:
    """Return by machine and failure when the first alarm in time was issued, and since when it had been ringing."""
    earliest: dict[tuple[str, int], tuple[int, int]] = {}
    for series in alarms:
        in_time = (series.next_failure - series.alarms <= span) & (series.next_failure <= series.next_replacement)
        columns = (column[in_time].tolist() for column in (series.issued, series.since, series.next_failure))
        for said, since, failure in zip(*columns, strict=True):
            before = earliest.get((series.machine, failure), (said, since))
            earliest[series.machine, failure] = min(said, before[0]), min(since, before[1])
    return earliest


def _alarms(
    index: RowIndex,
    issued: NDArray[np.int64],
    probability: NDArray[np.float64],
    component: str,
    record: Record,
    threshold: float,
) -> Iterator[_Series]:
    rings = probability >= threshold
    failure = record.failures.next_after(index, component)
    replacement = record.preventive.next_after(index, component)
    for machine, own in index.places().items():
        order = own[np.argsort(index.time[own], kind="stable")]
        alarms = order[rings[order]]
        if not len(alarms):
            continue
        since = _ringing_since(rings[order], issued[order], np.minimum(failure[order], replacement[order]))
        yield _Series(
            machine, component, index.time[alarms], issued[alarms], since, failure[alarms], replacement[alarms]
        )


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
    times = series.alarms.tolist()
    ends = np.minimum(series.next_failure, series.next_replacement).tolist()
    start = 0
    for i in range(1, len(times)):
        if times[i] > times[start] + span or ends[i] != ends[start]:
            yield i
            start = i
    yield len(times)


def _episode(series: _Series, start: int, stop: int, span: int, known: int) -> Episode:
    first, last = int(series.alarms[start]), int(series.alarms[stop - 1])
    failure, replacement = int(series.next_failure[start]), int(series.next_replacement[start])
    if failure <= last + span and failure <= replacement:
        end = EpisodeEnd.CONFIRMED
    elif replacement <= last + span:
        end = EpisodeEnd.CENSORED
    else:
        end = EpisodeEnd.UNDECIDED if last + span > known else EpisodeEnd.FALSE_ALARM
    return Episode(series.machine, series.component, first, last, end)
