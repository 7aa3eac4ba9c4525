"""Training a failure model on a fleet's past."""

import hashlib
import json
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from foreworn.errors import TooLittleHistory
from foreworn.fleet.history import FleetHistory
from foreworn.telemetry.sample import MILLISECOND, from_epoch_ms
from models.evaluation.classification import average_precision, best_f1_threshold, f1_score
from models.evaluation.outcomes import FAILED, SURVIVED
from models.evaluation.probability import brier_skill, calibration_line
from models.failure.alarm_threshold import UnseenForecasts, choose_alarm_threshold
from models.failure.booster import Booster, library
from models.failure.calibrator import choose_calibrator
from models.failure.component_model import ComponentModel
from models.failure.gradient_boosted import GradientBoostedFailureModel, Provenance
from models.failure.inner_folds import InnerFolds
from models.failure.reasons import usual_ranges
from models.failure.settings import FailureModelSettings
from models.failure.training_rows import NOT_FITTED, TrainingRows, training_rows
from models.features import FeatureSet, features_of

_DEFAULTS: Final = FailureModelSettings()


def train(
    history: FleetHistory,
    *,
    until: datetime,
    horizon: timedelta = timedelta(hours=24),
    settings: FailureModelSettings = _DEFAULTS,
    features: FeatureSet | None = None,
    leave_out: Collection[str] = (),
) -> GradientBoostedFailureModel:
    """Train on what was stamped before `until`, and on nothing else.

    Calibration and thresholds rest on inner folds of time: later stretches of the training time,
    foretold by trees that were grown on what lies before them. The trees that serve are then grown on
    all rows.

    Parameters
    ----------
    history
        The fleet's past; what is stamped at or after `until` is not looked at.
    until
        Up to where the model may know; where the record ends earlier, up to there: that nothing was recorded
        is no sign that nothing failed.
    horizon
        How far its forecasts look.
    settings
        Size, seed, folds, and how much history is enough.
    features
        What to read; the default features of what the history holds before `until` unless given.
    leave_out
        Signals that the default features do not read, such as counters.

    Raises
    ------
    TooLittleHistory
        If no component has failures enough. Where only some have not, they are left out, and
        `components_left_out` says why.
    """
    until = min(until, _record_end(history, until))
    past = history.until(until)
    chosen = features or features_of(past, with_events=settings.with_events, horizon=horizon, leave_out=leave_out)
    censoring = settings.replaced_before_failure == "left_out"
    rows = training_rows(past, chosen, until=until, horizon=horizon, every=settings.every, censoring=censoring)
    left_out = {name: why for name in rows.components if (why := _too_little(rows, name, settings)) is not None}
    kept = [name for name in rows.components if name not in left_out]
    if not kept:
        raise TooLittleHistory(_nothing_to_learn(rows, left_out, until, settings.fewest_failures))
    # LightGBM lets go of the interpreter while it grows trees; each component's are its own.
    with ThreadPoolExecutor() as workers:
        learned = list(workers.map(lambda name: _learn(rows, name, settings, chosen.categories), kept))
    fingerprint = rows.fingerprint()
    return GradientBoostedFailureModel(
        version=_version(fingerprint, chosen, horizon, settings),
        horizon=horizon,
        threshold=choose_alarm_threshold(
            [part.unseen for part in learned],
            rows.record,
            horizon=horizon,
            notice=settings.notice,
            missed_weight=settings.missed_weight,
        ),
        features=chosen,
        usual=usual_ranges(chosen, rows.rows.matrix),
        components={part.model.component: part.model for part in learned},
        components_left_out=left_out,
        provenance=Provenance(
            trained_from=from_epoch_ms(int(rows.index.time.min())),
            trained_until=until,
            rows=len(rows.index),
            fingerprint=fingerprint,
            library=library(),
            settings=settings,
        ),
    )


def _record_end(history: FleetHistory, otherwise: datetime) -> datetime:
    last: datetime | None = pc.max(history.telemetry["time"]).as_py()
    return otherwise if last is None else last + MILLISECOND


@dataclass(frozen=True, slots=True)
class _Learned:
    model: ComponentModel
    unseen: UnseenForecasts


def _learn(rows: TrainingRows, component: str, settings: FailureModelSettings, categories: tuple[int, ...]) -> _Learned:
    matrix, failed, known = rows.rows.matrix, *_targets(rows, component)
    raw, fold = np.full(len(failed), np.nan), np.full(len(failed), -1)
    for number, (before, within) in enumerate(_folds(rows, settings)):
        teach = before & known
        raw[within] = Booster.fit(matrix[teach], failed[teach], settings, categories).raw(matrix[within])
        fold[within] = number
    scored = (fold >= 0) & (rows.outcome_of(component) != NOT_FITTED)
    judged = scored & known
    calibrator = choose_calibrator(raw[judged], failed[judged], fold[judged])
    probability = calibrator.probability(raw[judged])
    threshold = best_f1_threshold(probability, failed[judged])
    base_rate = float(failed[known].mean())
    metrics = _unseen_metrics(raw[judged], failed[judged], fold[judged], base_rate)
    metrics |= {"failures": len(rows.failure_times(component)), "rows": int(known.sum()), "base_rate": base_rate}
    model = ComponentModel(
        component=component,
        booster=Booster.fit(matrix[known], failed[known], settings, categories),
        calibrator=calibrator,
        threshold=threshold,
        base_rate=base_rate,
        metrics=metrics,
    )
    unseen = UnseenForecasts(component, rows.index.where(scored), calibrator.probability(raw[scored]))
    return _Learned(model, unseen)


def _targets(rows: TrainingRows, component: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which rows failed, and of which rows that is known."""
    outcome = rows.outcome_of(component)
    return outcome == FAILED, (outcome == FAILED) | (outcome == SURVIVED)


def _folds(rows: TrainingRows, settings: FailureModelSettings) -> InnerFolds:
    return InnerFolds(rows.index.time, rows.horizon, settings.inner_folds, settings.first_fold_from)


def _unseen_metrics(
    raw: NDArray[np.float64], failed: NDArray[np.bool_], fold: NDArray[np.int_], base_rate: float
) -> dict[str, float]:
    """Measure each inner fold with a calibrator and a threshold that were fitted on the other folds."""
    if any(not failed[fold != f].any() for f in np.unique(fold)):
        return {}  # one fold, or all failures in one: nothing to fit on
    probability, alarm = np.empty(len(raw)), np.empty(len(raw))
    for f in np.unique(fold):
        other, own = fold != f, fold == f
        calibrator = choose_calibrator(raw[other], failed[other], fold[other])
        threshold = best_f1_threshold(calibrator.probability(raw[other]), failed[other])
        probability[own] = calibrator.probability(raw[own])
        alarm[own] = probability[own] >= threshold
    found = {
        "inner_f1": f1_score(alarm, failed, 1.0),
        "inner_average_precision": average_precision(probability, failed),
        "inner_brier_skill": brier_skill(probability, failed, base_rate),
        "inner_calibration_slope": calibration_line(probability, failed)[0],
    }
    return {name: value for name, value in found.items() if not np.isnan(value)}


def _too_little(rows: TrainingRows, component: str, settings: FailureModelSettings) -> str | None:
    """Return why a component cannot be learned, or None if it can."""
    failures = len(rows.failure_times(component))
    days = rows.span / timedelta(days=1)
    if failures < settings.fewest_failures:
        return f"{failures} failures in {days:.0f} days of training rows; {settings.fewest_failures} are needed"
    failed, _ = _targets(rows, component)
    folds = list(_folds(rows, settings))
    if not (failed & folds[0][0]).any() or not any((failed & within).any() for _, within in folds):
        first = days * settings.first_fold_from
        return (
            f"its {failures} failures all lie in one part of the {days:.0f} days of training rows; some are needed "
            f"in the first {first:.0f} days, to learn from, and some after them, to calibrate on"
        )
    return None


def _nothing_to_learn(rows: TrainingRows, left_out: dict[str, str], until: datetime, fewest: int) -> str:
    if not rows.components:
        return "no machine of the history has a component that can fail: name them in machines.csv"
    if not len(rows.index):
        return (
            f"there is too little telemetry to learn from before {until:%Y-%m-%d %H:%M} UTC: a machine needs more than "
            f"the features' look-back and the horizon together, and a component at least {fewest} failures"
        )
    return "no component has history enough to train on: " + "; ".join(f"{c}: {why}" for c, why in left_out.items())


def _version(fingerprint: str, features: FeatureSet, horizon: timedelta, settings: FailureModelSettings) -> str:
    origin = {
        "data": fingerprint,
        "features": features.as_data(),
        "horizon_s": horizon.total_seconds(),
        "settings": settings.model_dump(mode="json"),
        "library": library(),
    }
    return "gb-" + hashlib.sha256(json.dumps(origin, sort_keys=True).encode()).hexdigest()[:8]
