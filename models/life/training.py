"""Training a model of remaining life on a fleet's past."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from foreworn.errors import TooLittleHistory
from foreworn.fleet.history import FleetHistory
from foreworn.telemetry.sample import MILLISECOND, from_epoch_ms
from models.evaluation.remaining_life import LifeForecasts
from models.failure.reasons import usual_ranges
from models.features import FeatureSet
from models.features.fleet_record import is_numeric
from models.features.window import Values
from models.life.gradient_boosted import GradientBoostedLifeModel, LifeProvenance
from models.life.inputs import LifeInputs
from models.life.life_rows import LifeRows, life_rows
from models.life.settings import LifeModelSettings
from models.life.trees import LifeTrees, library
from models.life.widening import Widening

_DEFAULTS = LifeModelSettings()


@dataclass(frozen=True, slots=True)
class UnseenLives:
    """Forecasts of rows whose machines the trees had not seen, before any widening.

    Parameters
    ----------
    forecasts
        Beside what was left.
    fold : (n,) int
        Which fold each row's machine is in.
    row : (n,) int
        The rows' places among the training rows.
    by_seed : (n, n_seeds) float
        Expected lives by the trees of each seed, whose mean is forecast.
    """

    forecasts: LifeForecasts
    fold: NDArray[np.int64]
    row: NDArray[np.intp]
    by_seed: Values


def train(
    history: FleetHistory,
    component: str,
    *,
    until: datetime,
    settings: LifeModelSettings = _DEFAULTS,
) -> GradientBoostedLifeModel:
    """Train on what was stamped before `until`, and on nothing else.

    Intervals and metrics rest on folds of machines: each fold is foretold by residuals, indices, past lives and
    trees that know nothing of its machines. What serves is then learned from all of them.

    Raises
    ------
    TooLittleHistory
        If too few lives ended in a failure, or nothing can be read; the message says what is missing.
    """
    rows, signals = prepare(history, component, until=until, settings=settings)
    unseen = forecast_unseen(rows, signals, component, settings)
    return fit(rows, signals, component, until=until, settings=settings, unseen=unseen)


def prepare(
    history: FleetHistory, component: str, *, until: datetime, settings: LifeModelSettings
) -> tuple[LifeRows, tuple[str, ...]]:
    """Return the training rows and the signals that can be read.

    Raises
    ------
    TooLittleHistory
        If there is too little to learn from.
    """
    until = min(until, _end_of_record(history))
    signals = _readable(history, settings)
    rows = life_rows(history, component, until=until, settings=settings)
    machines = len(np.unique(rows.record.machine[rows.ended]))
    if rows.lives < settings.fewest_lives or machines < settings.folds:
        raise TooLittleHistory(
            f"{rows.lives} lives of {component!r} on {machines} machines ended in a failure before "
            f"{until:%Y-%m-%d %H:%M} UTC and {rows.cut_short} did not; {settings.fewest_lives} on at least "
            f"{settings.folds} machines are needed to tell how long it lasts"
        )
    return rows, signals


def forecast_unseen(
    rows: LifeRows, signals: tuple[str, ...], component: str, settings: LifeModelSettings
) -> UnseenLives:
    """Forecast every machine's rows without it; lives without a known end are left out."""
    fold = machine_folds(rows, settings)[rows.record.machine]
    quantiles = np.full((len(rows.left), 3), np.nan)
    by_seed = np.full((len(rows.left), settings.seeds), np.nan)
    for f in range(settings.folds):
        teach, held_out = fold != f, (fold == f) & rows.ended
        if held_out.any():
            _, matrix = LifeInputs.fit(rows, signals, component, teach, settings)
            trees = LifeTrees.fit(matrix[teach], rows.left[teach], rows.ended[teach], settings)
            by_seed[held_out] = trees.expected_by_seed(matrix[held_out])
            quantiles[held_out] = trees.quantile_lives(matrix[held_out])
    known = np.flatnonzero(~np.isnan(by_seed[:, 0]) & ~np.isnan(rows.left))
    expected = np.clip(by_seed[known].mean(axis=1), 0.0, settings.cap)
    forecasts = LifeForecasts(rows.index.machine[known], rows.left[known], expected, quantiles[known])
    return UnseenLives(forecasts, fold[known], known, np.clip(by_seed[known], 0.0, settings.cap))


def machine_folds(rows: LifeRows, settings: LifeModelSettings) -> NDArray[np.int64]:
    """Return the fold of each machine of the record, dealt out by the seed."""
    count = len(rows.record.machines)
    return np.random.default_rng(settings.seed).permutation(count) % settings.folds


def fit(
    rows: LifeRows,
    signals: tuple[str, ...],
    component: str,
    *,
    until: datetime,
    settings: LifeModelSettings,
    unseen: UnseenLives,
) -> GradientBoostedLifeModel:
    """Return the model that serves: learned from all rows, its intervals stretched by the unseen forecasts."""
    everything = np.ones(len(rows.left), dtype=bool)
    inputs, matrix = LifeInputs.fit(rows, signals, component, everything, settings)
    fingerprint = _fingerprint(rows, matrix)
    return GradientBoostedLifeModel(
        version=_version(fingerprint, component, inputs, settings),
        component=component,
        inputs=inputs,
        trees=LifeTrees.fit(matrix, rows.left, rows.ended, settings),
        widening=widening(unseen.forecasts, settings),
        usual=usual_ranges(FeatureSet(inputs.columns), matrix),
        metrics=unseen_metrics(unseen, settings),
        provenance=LifeProvenance(
            trained_from=from_epoch_ms(int(rows.index.time.min())),
            trained_until=until,
            rows=len(rows.left),
            lives=rows.lives,
            lives_cut_short=rows.cut_short,
            fingerprint=fingerprint,
            library=library(),
            settings=settings,
        ),
    )


def widening(forecasts: LifeForecasts, settings: LifeModelSettings) -> Widening:
    """Return how far intervals have to be stretched, from rows near enough to their end to matter.

    Raises
    ------
    TooLittleHistory
        If no row is that near.
    """
    near = forecasts.where(forecasts.true <= settings.calibrate_up_to)
    if not len(near.true):
        raise TooLittleHistory(
            f"no life is on record in its last {settings.calibrate_up_to:g} {settings.unit}: raise calibrate_up_to"
        )
    return Widening.fit(near.unit, near.true, near.quantiles, cap=settings.cap)


def unseen_metrics(unseen: UnseenLives, settings: LifeModelSettings) -> dict[str, float]:
    """Measure the unseen forecasts; a fold's intervals are stretched by the other folds alone."""
    told, parts = unseen.forecasts, []
    for f in np.unique(unseen.fold):
        stretched = widening(told.where(unseen.fold != f), settings).of(told.quantiles[unseen.fold == f])
        own = told.where(unseen.fold == f)
        parts.append(LifeForecasts(own.unit, own.true, own.expected, stretched))
    near = [p.where(p.true <= settings.calibrate_up_to) for p in parts]
    whole = LifeForecasts(*(np.concatenate([getattr(p, name) for p in near]) for name in LifeForecasts.__slots__))
    by_fold = [p.rmse(settings.cap) for p in near if len(p.true)]
    return {
        "unseen_rmse_capped": whole.rmse(settings.cap),
        "unseen_rmse_capped_spread_of_folds": float(np.std(by_fold)),
        "unseen_bias": whole.bias(settings.cap),
        "unseen_coverage_p10_p90": whole.coverage(),
        "unseen_interval_width": whole.width(),
        "unseen_pinball": whole.pinball(),
    }


def _readable(history: FleetHistory, settings: LifeModelSettings) -> tuple[str, ...]:
    """Return the numeric signals but counters named as unit, settings, and what is left out."""
    missing = sorted(set(settings.operating_settings) - set(history.signals))
    if missing:
        raise TooLittleHistory(f"the operating setting {missing[0]!r} is not in the telemetry")
    aside = {settings.unit, *settings.operating_settings, *settings.leave_out}
    found = tuple(s for s in history.signals if s not in aside and is_numeric(history.telemetry, s))
    if not found:
        raise TooLittleHistory("there is no numeric signal besides settings and counters: wear shows in nothing")
    return found


def _end_of_record(history: FleetHistory) -> datetime:
    if not len(history.telemetry):
        raise TooLittleHistory("there is no telemetry to learn from")
    end: datetime = pc.max(history.telemetry["time"]).as_py() + MILLISECOND
    return end


def _fingerprint(rows: LifeRows, matrix: Values) -> str:
    content = hashlib.sha256("\t".join(rows.index.machine.tolist()).encode())
    for array in (rows.index.time, matrix, rows.left, rows.ended):
        content.update(np.ascontiguousarray(array).tobytes())
    return content.hexdigest()


def _version(fingerprint: str, component: str, inputs: LifeInputs, settings: LifeModelSettings) -> str:
    origin = {
        "data": fingerprint,
        "component": component,
        "features": inputs.features.as_data(),
        "settings": settings.model_dump(mode="json"),
        "library": library(),
    }
    return "life-" + hashlib.sha256(json.dumps(origin, sort_keys=True).encode()).hexdigest()[:8]
