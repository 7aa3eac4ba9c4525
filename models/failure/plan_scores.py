"""What the calendar of the maintenance plan says of failures on its own: scores for the probe of leakage."""

import numpy as np
from numpy.typing import NDArray

from models.evaluation.scored_rows import ScoredRows
from models.failure.booster import Booster
from models.failure.component_training import folds_of_time, targets
from models.failure.settings import FailureModelSettings
from models.failure.training_rows import TrainingRows
from models.features import HoursSinceReplacement

_HOUR_MS = 3_600_000
_DAY_H, _WEEK_H = 24, 168


def plan_scores(rows: TrainingRows, component: str, settings: FailureModelSettings) -> tuple[ScoredRows, ScoredRows]:
    """Return what the plan's features, and what age alone, say of later stretches of time that they have not seen.

    The first are scores of trees on time since the maintenance of each component, the hour of the day and the hour of
    the week; the second is the component's own age.

    Raises
    ------
    ValueError
        If the rows do not hold the component's hours since replacement.
    """
    name = HoursSinceReplacement(component).name
    if name not in rows.rows.names:
        raise ValueError(f"the rows do not hold {name!r}: compute them with the plan's features")
    calendar = _calendar(rows)
    failed, known = targets(rows, component)
    score = np.full(len(failed), np.nan)
    for before, within in folds_of_time(rows, settings, rows.horizon):
        teach = before & known
        score[within] = Booster.fit(calendar[teach], failed[teach], settings, ()).raw(calendar[within])
    age = np.nan_to_num(rows.rows.matrix[:, rows.rows.names.index(name)], nan=0.0)
    judged = known & ~np.isnan(score)
    return _scored(rows, component, score, failed, judged), _scored(rows, component, age, failed, judged)


def _calendar(rows: TrainingRows) -> NDArray[np.float64]:
    since = [i for i, name in enumerate(rows.rows.names) if name.startswith("hours since replacement of ")]
    hours = rows.index.time // _HOUR_MS
    return np.column_stack([rows.rows.matrix[:, since], hours % _DAY_H, hours % _WEEK_H])


def _scored(
    rows: TrainingRows, component: str, score: NDArray[np.float64], failed: NDArray[np.bool_], own: NDArray[np.bool_]
) -> ScoredRows:
    names = np.full(len(score), component, dtype=object)
    return ScoredRows(rows.index.machine, names, rows.index.time, score, failed).where(own)
