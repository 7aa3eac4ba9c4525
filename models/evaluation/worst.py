"""Where forecasts were most wrong: failures without notice, and alarms for nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.evaluation.alarms import Episode, EpisodeEnd, FailureNotice
from models.evaluation.judgement import NOTICE, Judgement
from models.evaluation.scored_rows import ScoredRows
from models.features.row_index import RowIndex, span_ms

MOST: Final = 10
FALSE_ALARMS: Final = 3
"""Places that are kept for false alarms where there are more misses than places."""


class MissKind(Enum):
    """How a forecast was wrong."""

    MISSED = "missed"
    LATE = "late"
    FALSE_ALARM = "false_alarm"


@dataclass(frozen=True, slots=True)
class Miss:
    """One failure that was missed or foretold late, or one false alarm.

    Parameters
    ----------
    kind
        Which of them.
    machine, component
        Whose.
    time
        Of the failure, or of the false alarm's first forecast [epoch ms].
    probability
        The highest forecast within the horizon before the failure, or in the false alarm; NaN where there was none.
    threshold
        From which a forecast was an alarm.
    lead_time_h
        Of a late one, its notice.
    """

    kind: MissKind
    machine: str
    component: str
    time: int
    probability: float
    threshold: float
    lead_time_h: float | None = None


def worst_misses(
    judgement: Judgement, thresholds: Mapping[str, float], *, horizon: timedelta, notice: timedelta = NOTICE
) -> list[Miss]:
    """Return at most ten, the worst first.

    Missed failures, the least suspected first; then those foretold late, the shortest notice first; then false alarms,
    the most sure first. At least three false alarms are among them where there are as many.

    Parameters
    ----------
    judgement
        Of all forecasts.
    thresholds
        By machine, from which a forecast of it was an alarm.
    horizon, notice
        How far forecasts look, and how much notice is enough.
    """
    highest = _highest(judgement.scored)
    missed = [_missed(n, highest, thresholds, horizon) for n in judgement.notices if not n.caught(notice)]
    missed.sort(key=lambda m: (m.lead_time_h is not None, m.lead_time_h or 0.0, _known(m.probability), m.machine))
    false = [_false_alarm(e, highest, thresholds) for e in judgement.episodes if e.end is EpisodeEnd.FALSE_ALARM]
    false.sort(key=lambda m: (-_known(m.probability), m.machine, m.time))
    failures = missed[: max(MOST - len(false), MOST - FALSE_ALARMS)]
    return [*failures, *false[: MOST - len(failures)]]


_NOWHERE: Final = np.empty(0, dtype=np.intp)
_Highest = Callable[[str, str, int, int], float]


def _missed(notice: FailureNotice, highest: _Highest, thresholds: Mapping[str, float], horizon: timedelta) -> Miss:
    said = highest(notice.machine, notice.component, notice.time - span_ms(horizon), notice.time - 1)
    return Miss(
        MissKind.MISSED if notice.lead_time_h is None else MissKind.LATE,
        notice.machine,
        notice.component,
        notice.time,
        said,
        thresholds[notice.machine],
        notice.lead_time_h,
    )


def _false_alarm(episode: Episode, highest: _Highest, thresholds: Mapping[str, float]) -> Miss:
    return Miss(
        MissKind.FALSE_ALARM,
        episode.machine,
        episode.component,
        episode.first,
        highest(episode.machine, episode.component, episode.first, episode.last),
        thresholds[episode.machine],
    )


def _highest(rows: ScoredRows) -> _Highest:
    """Return the function that looks up the highest forecast of a machine's component from one time to another."""
    places: dict[str, dict[str, NDArray[np.intp]]] = {}
    for component in set(rows.component.tolist()):
        own = np.flatnonzero(rows.component == component)
        by_machine = RowIndex(rows.machine[own], rows.time[own]).places()
        places[component] = {machine: own[found] for machine, found in by_machine.items()}

    def highest(machine: str, component: str, first: int, last: int) -> float:
        own = places.get(component, {}).get(machine, _NOWHERE)
        told = rows.probability[own[(rows.time[own] >= first) & (rows.time[own] <= last)]]
        return float(told.max()) if len(told) else float("nan")

    return highest


def _known(probability: float) -> float:
    return -1.0 if np.isnan(probability) else probability
