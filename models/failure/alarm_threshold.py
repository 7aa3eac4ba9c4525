"""One threshold for all components: from which probability on a planner should be told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.evaluation.alarms import EpisodeEnd, alarm_episodes, failure_notices
from models.evaluation.outcomes import Record
from models.features.row_index import RowIndex, span_ms

CANDIDATES: Final = tuple(round(0.01 * i, 2) for i in range(1, 100))


@dataclass(frozen=True, slots=True)
class UnseenForecasts:
    """Forecasts of one component by boosters that had not seen the rows.

    Parameters
    ----------
    component
        What is forecast.
    index
        The rows.
    probability : (n_rows,) float
    """

    component: str
    index: RowIndex
    probability: NDArray[np.float64]


def choose_alarm_threshold(
    unseen: Sequence[UnseenForecasts], record: Record, *, horizon: timedelta, notice: timedelta, missed_weight: float
) -> float:
    """Return the threshold that best weighs failures missed against alarms for nothing.

    The burden of a threshold is `missed_weight` x failures without the notice asked for + false-alarm
    episodes, as `models.evaluation.alarms` counts them. Of the candidates (0.01 to 0.99) whose burden
    is within half a missed failure of the least, the middle one: a few episodes should not place it.
    """
    burdens = np.array([_burden(unseen, record, c, horizon, notice, missed_weight) for c in CANDIDATES])
    good = np.flatnonzero(burdens <= burdens.min() + missed_weight / 2)
    return CANDIDATES[int(good[len(good) // 2])]


def _burden(
    unseen: Sequence[UnseenForecasts],
    record: Record,
    threshold: float,
    horizon: timedelta,
    notice: timedelta,
    missed_weight: float,
) -> float:
    burden = 0.0
    for part in unseen:
        terms = (part.index, part.probability, part.component, record)
        first, last = int(part.index.time.min()), int(part.index.time.max())
        notices = failure_notices(
            *terms, threshold=threshold, horizon=horizon, first=first + span_ms(notice), end=last + span_ms(horizon)
        )
        episodes = alarm_episodes(*terms, threshold=threshold, horizon=horizon)
        burden += missed_weight * sum(not n.caught(notice) for n in notices)
        burden += sum(e.end is EpisodeEnd.FALSE_ALARM for e in episodes)
    return burden
