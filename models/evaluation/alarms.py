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
time. It is *caught* if the lead time is at least the notice asked for.
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
    """One failure and the notice that was given of it; None where no alarm came within the horizon."""

    machine: str
    component: str
    time: int
    lead_time_h: float | None

    def caught(self, notice: timedelta) -> bool:
        """Tell whether the notice was at least `notice`."""
        return self.lead_time_h is not None and self.lead_time_h >= notice / timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Series:
    """One machine's component: its alarms in order of time, and what followed each."""

    machine: str
    component: str
    alarms: NDArray[np.int64]
    issued: NDArray[np.int64]
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
    span = span_ms(horizon)
    issued = index.time if issued is None else issued
    earliest: dict[tuple[str, int], int] = {}
    for series in _alarms(index, issued, probability, component, record, threshold):
        in_time = (series.next_failure - series.alarms <= span) & (series.next_failure <= series.next_replacement)
        for said, failure in zip(series.issued[in_time].tolist(), series.next_failure[in_time].tolist(), strict=True):
            key = series.machine, failure
            earliest[key] = min(said, earliest.get(key, said))
    notices = []
    for machine in sorted(set(index.machine.tolist())):
        for time in record.failures.of(machine, component).tolist():
            if first <= time < end:
                alarm = earliest.get((machine, time))
                lead = None if alarm is None else (time - alarm) / _HOUR_MS
                notices.append(FailureNotice(machine, component, time, lead))
    return notices


def _alarms(
    index: RowIndex,
    issued: NDArray[np.int64],
    probability: NDArray[np.float64],
    component: str,
    record: Record,
    threshold: float,
) -> Iterator[_Series]:
    rings = probability >= threshold
    ringing, issued = index.where(rings), issued[rings]
    failure = record.failures.next_after(ringing, component)
    replacement = record.preventive.next_after(ringing, component)
    for machine, own in ringing.places().items():
        order = own[np.argsort(ringing.time[own], kind="stable")]
        yield _Series(machine, component, ringing.time[order], issued[order], failure[order], replacement[order])


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
