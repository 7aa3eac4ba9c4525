"""One threshold for all components: from which probability on a planner should be told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.evaluation.alarms import ComponentWatch, EpisodeEnd
from models.evaluation.outcomes import Record
from models.features.row_index import RowIndex, span_ms

CANDIDATES: Final = tuple(round(0.01 * i, 2) for i in range(1, 100))
_DRAWS: Final = 20


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
    burdens = np.sum([_burdens(part, record, horizon, notice, missed_weight) for part in unseen], axis=0)
    good = np.flatnonzero(burdens <= burdens.min() + missed_weight / 2)
    return CANDIDATES[int(good[len(good) // 2])]


def _burdens(
    part: UnseenForecasts, record: Record, horizon: timedelta, notice: timedelta, missed_weight: float
) -> list[float]:
    """Return the burden of each candidate on one component."""
    watch = ComponentWatch(part.index, part.component, record, horizon=horizon)
    counts = [_counted(watch, threshold, part, horizon=horizon, notice=notice) for threshold in CANDIDATES]
    return [missed_weight * (found.failures - found.caught) + found.false_alarms for found in counts]


@dataclass(frozen=True, slots=True)
class AlarmCounts:
    """What alarms of one component foretold.

    Parameters
    ----------
    failures, caught
        Failures that could have been foretold with the notice asked for, and those that were.
    false_alarms
        Episodes that nothing followed.
    """

    failures: int
    caught: int
    false_alarms: int


def alarms_at(
    threshold: float, part: UnseenForecasts, record: Record, *, horizon: timedelta, notice: timedelta
) -> AlarmCounts:
    """Return what alarms from a probability on would have foretold, as `models.evaluation.alarms` counts it."""
    watch = ComponentWatch(part.index, part.component, record, horizon=horizon)
    return _counted(watch, threshold, part, horizon=horizon, notice=notice)


def caught_by_chance(
    threshold: float, part: UnseenForecasts, record: Record, *, horizon: timedelta, notice: timedelta
) -> tuple[float, float]:
    """Return mean and variance of the failures that the same alarms would catch at other times.

    Each machine's forecasts are moved along its own rows, all by one random stretch. That keeps how many alarms there
    are and how they cluster, and breaks what they have to do with its failures.
    """
    watch = ComponentWatch(part.index, part.component, record, horizon=horizon)
    rows = [own[np.argsort(part.index.time[own], kind="stable")] for own in part.index.places().values()]
    dice = np.random.default_rng(1)
    caught = []
    for _ in range(_DRAWS):
        moved = np.empty_like(part.probability)
        for own in rows:
            moved[own] = np.roll(part.probability[own], int(dice.integers(len(own))))
        notices = watch.notices(moved, threshold, **_stretch(part, horizon, notice))
        caught.append(sum(n.caught(notice) for n in notices))
    return float(np.mean(caught)), float(np.var(caught, ddof=1))


def _stretch(part: UnseenForecasts, horizon: timedelta, notice: timedelta) -> dict[str, int]:
    """Return in which time failures count: notice of them could have been given."""
    first, last = int(part.index.time.min()), int(part.index.time.max())
    return {"first": first + span_ms(notice), "end": last + span_ms(horizon)}


def _counted(
    watch: ComponentWatch, threshold: float, part: UnseenForecasts, *, horizon: timedelta, notice: timedelta
) -> AlarmCounts:
    notices = watch.notices(part.probability, threshold, **_stretch(part, horizon, notice))
    false_alarms = sum(e.end is EpisodeEnd.FALSE_ALARM for e in watch.episodes(part.probability, threshold))
    return AlarmCounts(len(notices), sum(n.caught(notice) for n in notices), false_alarms)
