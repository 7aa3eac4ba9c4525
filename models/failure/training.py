"""Training a failure model on a fleet's past."""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import pyarrow.compute as pc

from foreworn.errors import TooLittleHistory
from foreworn.fleet.history import FleetHistory
from foreworn.telemetry.sample import MILLISECOND, from_epoch_ms, to_epoch_ms
from models.failure.age_model import AgeModel, fit_age_model
from models.failure.alarm_threshold import alarms_at, caught_by_chance, choose_alarm_threshold
from models.failure.booster import library
from models.failure.component_model import ComponentModel
from models.failure.component_training import Learned, learn, too_little
from models.failure.gradient_boosted import GradientBoostedFailureModel, Provenance
from models.failure.periods import periods_to
from models.failure.reasons import usual_ranges
from models.failure.settings import FailureModelSettings
from models.failure.silence import SignalsHeard
from models.failure.training_rows import TrainingRows, first_times, training_rows
from models.features import FeatureSet, features_of
from models.features.row_index import span_ms

NO_ALARM: Final = 1.0
"""The threshold of a model without a component that was learned from its signs: age alone alarms nobody."""

_DEFAULTS: Final = FailureModelSettings()


def train(
    history: FleetHistory,
    *,
    until: datetime,
    horizon: timedelta = timedelta(hours=24),
    settings: FailureModelSettings = _DEFAULTS,
    features: FeatureSet | None = None,
    leave_out: Collection[str] = (),
    on_step: Callable[[str], None] = lambda step: None,
) -> GradientBoostedFailureModel:
    """Train on what was stamped before `until`, and on nothing else.

    Hazards are learned for each interval up to the horizons of `settings.curve` (`models.failure.periods`), so that
    the probability of any horizon is read off one curve. Calibration and thresholds rest on inner folds of time:
    later stretches of the training time, foretold by trees that were grown on what lies before them. The trees that
    serve are then grown on all rows.

    Parameters
    ----------
    history
        The fleet's past; what is stamped at or after `until` is not looked at.
    until
        Up to where the model may know; where the record ends earlier, up to there: that nothing was recorded
        is no sign that nothing failed.
    horizon
        How far its forecasts look unless asked for others; it ends an interval.
    settings
        Size, seed, folds, and how much history is enough.
    features
        What to read; the default features of what the history holds before `until` unless given.
    leave_out
        Signals that the default features do not read, such as counters.
    on_step
        Called with what is begun or done, in words, for who waits.

    Raises
    ------
    TooLittleHistory
        If no component ever failed. One that failed too seldom to learn its signs is forecast by its age alone,
        and one that never failed is left out; `describe` says which and why.
    """
    until = min(until, _record_end(history, until))
    past = history.until(until)
    chosen = features or _features(past, horizon, settings, leave_out)
    on_step(f"Computing {len(chosen.names):,} features of {len(past.machines):,} machines")
    rows = training_rows(
        past,
        chosen,
        until=until,
        horizon=horizon,
        every=settings.every,
        periods=periods_to({horizon, *settings.curve}),
        censoring=settings.replaced_before_failure == "left_out",
    )
    ages = _ages(past, rows)
    unlearned = {name: why for name in rows.components if (why := too_little(rows, name, settings)) is not None}
    kept = [name for name in rows.components if name not in unlearned]
    if not kept and not ages:
        raise TooLittleHistory(_nothing_to_learn(rows, unlearned, until, settings.fewest_failures))
    # LightGBM lets go of the interpreter while it grows trees; each component's are its own.
    on_step(f"Learning the signs of {', '.join(kept)} from {len(rows.index):,} rows" if kept else "Fitting ages")
    with ThreadPoolExecutor() as workers:
        learned = []
        for part in workers.map(lambda name: learn(rows, name, settings, chosen.categories), kept):
            learned.append(part)
            on_step(f"Learned {part.model.component}, {len(learned)} of {len(kept)}")
    on_step("Choosing from which probability on it alarms")
    threshold = _alarm_threshold(learned, rows, settings)
    fingerprint = rows.fingerprint()
    return GradientBoostedFailureModel(
        version=_version(fingerprint, chosen, horizon, settings, ages),
        horizon=horizon,
        threshold=threshold,
        features=chosen,
        usual=usual_ranges(chosen, rows.rows.matrix),
        heard=SignalsHeard.of(
            chosen, rows.rows.matrix, {c: rows.foretold(c) for c in kept}, fewest=settings.fewest_failures
        ),
        components={part.model.component: _with_alarms(part, threshold, rows, settings) for part in learned},
        ages=ages,
        models_seen=_models_seen(past, rows),
        unlearned=unlearned,
        horizons=tuple(period.end for period in rows.periods),
        provenance=Provenance(
            trained_from=from_epoch_ms(int(rows.index.time.min())),
            trained_until=until,
            rows=len(rows.index),
            fingerprint=fingerprint,
            library=library(),
            settings=settings,
        ),
    )


def _features(
    past: FleetHistory, horizon: timedelta, settings: FailureModelSettings, leave_out: Collection[str]
) -> FeatureSet:
    found = features_of(
        past,
        with_events=settings.with_events,
        horizon=horizon,
        step_window=settings.step_window,
        with_templates=settings.with_templates,
        leave_out=leave_out,
    )
    return found.without_plan() if settings.without_plan else found


def _record_end(history: FleetHistory, otherwise: datetime) -> datetime:
    last: datetime | None = pc.max(history.telemetry["time"]).as_py()
    return otherwise if last is None else last + MILLISECOND


def _models_seen(history: FleetHistory, rows: TrainingRows) -> frozenset[str]:
    """Return the machine models that any row was learned from."""
    machines = set(rows.index.machine.tolist())
    return frozenset(machine.model for machine in history.machines if machine.id in machines)


def _ages(history: FleetHistory, rows: TrainingRows) -> dict[str, AgeModel]:
    """Return the age model of each component that ever failed."""
    if not len(rows.index):
        return {}
    since, until = _record_start(history), int(rows.index.time.max()) + span_ms(rows.periods[0].end)
    watched = _watched_from(history)
    fitted = {
        c: fit_age_model(history, c, since_ms=since, until_ms=until, watched_from=watched) for c in rows.components
    }
    return {component: age for component, age in fitted.items() if age is not None}


def _record_start(history: FleetHistory) -> int:
    """Return when the record of the fleet begins [epoch ms]."""
    tables = (history.telemetry, history.maintenance, history.failures)
    return min(to_epoch_ms(pc.min(table["time"]).as_py()) for table in tables if len(table))


def _watched_from(history: FleetHistory) -> dict[str, int]:
    """Return by machine from when on its failures are on record [epoch ms]: maintenance may go back further.

    That is its first telemetry, or its first failure where that is earlier. What shows that the record has begun is
    not counted itself: whoever starts to count at a failure, and counts it, finds too many.
    """
    watched = first_times(history.telemetry)
    for machine, time in first_times(history.failures).items():
        watched[machine] = min(time, watched.get(machine, time))
    return watched


def _alarm_threshold(learned: Sequence[Learned], rows: TrainingRows, settings: FailureModelSettings) -> float:
    if not learned:
        return NO_ALARM
    return choose_alarm_threshold(
        [part.unseen for part in learned],
        rows.record,
        horizon=rows.horizon,
        notice=settings.notice,
        missed_weight=settings.missed_weight,
    )


def _with_alarms(part: Learned, threshold: float, rows: TrainingRows, settings: FailureModelSettings) -> ComponentModel:
    """Return a component's model with what alarms at the model's threshold foretold on its inner folds."""
    ahead = {"horizon": rows.horizon, "notice": settings.notice}
    found = alarms_at(threshold, part.unseen, rows.record, **ahead)
    by_chance, variance = caught_by_chance(threshold, part.unseen, rows.record, **ahead)
    counts = {
        "inner_failures": found.failures,
        "inner_caught": found.caught,
        "inner_false_alarms": found.false_alarms,
        "inner_caught_by_chance": by_chance,
        "inner_caught_by_chance_variance": variance,
    }
    return replace(part.model, metrics={**part.model.metrics, **counts})


def _nothing_to_learn(rows: TrainingRows, unlearned: dict[str, str], until: datetime, fewest: int) -> str:
    if not rows.components:
        return "no machine of the history has a component that can fail: name them in machines.csv"
    if not len(rows.index):
        return (
            f"there is too little telemetry to learn from before {until:%Y-%m-%d %H:%M} UTC: a machine needs more than "
            f"the features' look-back and the horizon together, and a component at least {fewest} failures"
        )
    return "no component has history enough to train on: " + "; ".join(f"{c}: {why}" for c, why in unlearned.items())


def _version(
    fingerprint: str,
    features: FeatureSet,
    horizon: timedelta,
    settings: FailureModelSettings,
    ages: Mapping[str, AgeModel],
) -> str:
    origin = {
        "data": fingerprint,
        "features": features.as_data(),
        "horizon_s": horizon.total_seconds(),
        "settings": settings.model_dump(mode="json"),
        "library": library(),
        "ages": {name: [age.life.shape, age.life.scale, age.life.failures] for name, age in ages.items()},
    }
    return "gb-" + hashlib.sha256(json.dumps(origin, sort_keys=True).encode()).hexdigest()[:8]
