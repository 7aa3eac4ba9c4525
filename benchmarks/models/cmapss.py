"""Remaining life on NASA's C-MAPSS turbofan sets: one forecast per test engine, at its last cycle.

Everything is learned, chosen and calibrated on the engines of the train part, in folds of engines cut at ages like
those of the test part. The file of true lives is opened by `judge` alone, after the last forecast is made.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import BenchmarkReport
from foreworn.errors import ConfigurationError
from foreworn.fleet.history import FleetHistory
from foreworn.storage.history.cmapss import (
    COMPONENT,
    CYCLE,
    CYCLES,
    SETTINGS,
    START,
    TEST,
    TRAIN,
    read_cmapss,
    read_remaining_cycles,
)
from foreworn.telemetry.sample import to_epoch_ms
from models.evaluation.remaining_life import LifeForecasts, alpha_lambda_accuracy, prognostic_horizon
from models.features import RowIndex
from models.life import GradientBoostedLifeModel, LifeModelSettings
from models.life.life_rows import LifeRows
from models.life.training import UnseenLives, fit, forecast_unseen, prepare, widening

FOLDER: Final = "cmapss"
CAP: Final = 125.0
UNTIL: Final = datetime(2100, 1, 1, tzinfo=UTC)
SHORTEST_LEFT, LONGEST_LEFT, YOUNGEST = 6, 150, 20
"""Where training engines are cut: chosen before the test was opened, to be like it."""
DRAWS, SEED = 1000, 20150101
"""How often every training engine is cut once at random, as the test part was; and the seed of it."""
ALLOWED: Final = 15.0


@dataclass(frozen=True, slots=True)
class Trained:
    """A model, and what its folds said of engines they had not seen."""

    model: GradientBoostedLifeModel
    rows: LifeRows
    unseen: UnseenLives


def folder_of(data: Path) -> Path:
    """Return the folder of the set.

    Raises
    ------
    ConfigurationError
        If it is not there.
    """
    folder = data / FOLDER
    if not folder.is_dir():
        raise ConfigurationError(f"there is no folder {FOLDER} in {data}: give the folder that holds it with --data")
    return folder


def settings_of(**changes: object) -> LifeModelSettings:
    """Return the settings of the benchmark: lives in cycles, regimes by the three operating settings."""
    return LifeModelSettings.model_validate(
        {"unit": CYCLES, "operating_settings": SETTINGS, "cap": CAP, "learn_up_to": 200.0, "calibrate_up_to": 200.0}
        | changes
    )


def train_on(folder: Path, subset: str, settings: LifeModelSettings) -> Trained:
    """Train on the train part alone."""
    history = read_cmapss(folder, subset, parts=[TRAIN]).history
    rows, signals = prepare(history, COMPONENT, until=UNTIL, settings=settings)
    unseen = forecast_unseen(rows, signals, COMPONENT, settings)
    return Trained(fit(rows, signals, COMPONENT, until=UNTIL, settings=settings, unseen=unseen), rows, unseen)


def last_cycles(history: FleetHistory) -> RowIndex:
    """Return each engine at the last cycle of its record, by engine."""
    found = history.telemetry.group_by("machine").aggregate([("time", "max")]).sort_by("machine")
    return RowIndex.of(zip(found["machine"].to_pylist(), found["time_max"].to_pylist(), strict=True))


@dataclass(frozen=True, slots=True)
class TestForecasts:
    """What the model says of the test engines at their last cycles; made without their true lives."""

    index: RowIndex
    forecasts: LifeForecasts

    def digest(self) -> str:
        """Return a SHA-256 of all forecasts, to the last bit."""
        content = hashlib.sha256("\t".join(self.index.machine.tolist()).encode())
        for values in (self.index.time, self.forecasts.expected, self.forecasts.quantiles):
            content.update(np.ascontiguousarray(values).tobytes())
        return content.hexdigest()


def forecast_test(trained: Trained, folder: Path, subset: str) -> TestForecasts:
    """Forecast the test engines; the truth beside the forecasts is NaN."""
    history = read_cmapss(folder, subset, parts=[TEST]).history
    index = last_cycles(history)
    told = trained.model.told(history, index)
    unknown = np.full(len(index), np.nan)
    return TestForecasts(index, LifeForecasts(index.machine, unknown, told.expected, told.quantiles))


def judge(told: TestForecasts, folder: Path, subset: str) -> LifeForecasts:
    """Open the true lives and put them beside the forecasts."""
    true = read_remaining_cycles(folder, subset).astype(np.float64)
    if len(true) != len(told.index):
        raise ConfigurationError(f"there are {len(true)} true lives for {len(told.index)} test engines of {subset}")
    return LifeForecasts(told.index.machine, true, told.forecasts.expected, told.forecasts.quantiles)


def run(folder: Path, subset: str) -> tuple[Trained, TestForecasts]:
    """Train, and forecast the test engines; nothing is judged."""
    trained = train_on(folder, subset, settings_of(**SUBSETS.get(subset, {})))
    return trained, forecast_test(trained, folder, subset)


def report(trained: Trained, told: TestForecasts, folder: Path, subset: str) -> BenchmarkReport:
    """Judge the forecasts, and put what the folds say beside it."""
    figures = test_figures(judge(told, folder, subset)) | fold_figures(trained) | seed_figures(trained)
    seed = trained.model.settings.seed
    return BenchmarkReport("models", f"cmapss_{subset.lower()}", protocol(trained, subset), figures, seed)


SUBSETS: Final[dict[str, dict[str, object]]] = {
    "FD002": {"library_every": 5},
    "FD004": {"library_every": 5},
}
"""More engines give a library that is large enough with fewer shapes of each."""


def cuts(trained: Trained) -> LifeForecasts:
    """Return the folds' forecasts at cycles where the engine could have been cut, intervals as they would stand.

    A fold's intervals are stretched by the other folds alone.
    """
    told, fold = trained.unseen.forecasts, trained.unseen.fold
    quantiles = np.empty_like(told.quantiles)
    for f in np.unique(fold):
        stretch = widening(told.where(fold != f), trained.model.settings)
        quantiles[fold == f] = stretch.of(told.quantiles[fold == f])
    stretched = LifeForecasts(told.unit, told.true, told.expected, quantiles)
    return stretched.where(_cuttable(trained))


def _cuttable(trained: Trained) -> NDArray[np.bool_]:
    told = trained.unseen.forecasts
    age = (trained.rows.index.time[trained.unseen.row] - to_epoch_ms(START)) / (CYCLE.total_seconds() * 1000)
    return np.asarray((told.true >= SHORTEST_LEFT) & (told.true <= LONGEST_LEFT) & (age >= YOUNGEST))


def fold_figures(trained: Trained) -> dict[str, float | int]:
    """Return what the folds of training engines say, and how far the folds lie apart."""
    told, fold = cuts(trained), trained.unseen.fold[_cuttable(trained)]
    by_fold = [told.where(fold == f).rmse(CAP) for f in np.unique(fold)]
    spread = told.interval(lambda t: t.rmse(CAP))
    return {
        "folds_rmse_capped": told.rmse(CAP),
        "folds_rmse_capped_low": spread.low,
        "folds_rmse_capped_high": spread.high,
        "folds_rmse_capped_best_fold": min(by_fold),
        "folds_rmse_capped_worst_fold": max(by_fold),
        "folds_bias_capped": told.bias(CAP),
        "folds_coverage_p10_p90": told.coverage(),
        "folds_interval_width": told.width(),
        "folds_pinball": told.pinball(),
        **cut_once(told),
        **prognostics(trained.unseen.forecasts),
    }


def cut_once(told: LifeForecasts) -> dict[str, float]:
    """Return what tests of as many engines, each cut once at a random cycle, would find: their mean and middle 95 %."""
    draw = np.random.default_rng(SEED)
    _, place = np.unique(told.unit.astype(str), return_inverse=True)
    order = np.argsort(place, kind="stable")
    counts = np.bincount(place)
    first = np.cumsum(counts) - counts
    picked = [told.where(order[first + draw.integers(counts, dtype=np.intp)]) for _ in range(DRAWS)]
    found = {"rmse_capped": [p.rmse(CAP) for p in picked], "coverage_p10_p90": [p.coverage() for p in picked]}
    figures: dict[str, float] = {}
    for name, values in found.items():
        low, high = np.quantile(values, (0.025, 0.975))
        figures |= {f"cut_once_{name}": float(np.mean(values)), f"cut_once_{name}_low": float(low)}
        figures[f"cut_once_{name}_high"] = float(high)
    return figures


def prognostics(told: LifeForecasts) -> dict[str, float]:
    """Return alpha-lambda accuracy and prognostic horizon, a mean over engines of the folds' forecasts."""
    accuracy, horizon = [], []
    for unit in np.unique(told.unit.astype(str)):
        own = told.where(told.unit == unit)
        order = np.argsort(-own.true, kind="stable")
        left, expected = own.true[order], own.expected[order]
        accuracy.append(alpha_lambda_accuracy(left, expected))
        horizon.append(prognostic_horizon(left, expected, allowed=ALLOWED))
    return {
        "folds_alpha_lambda_20_percent": float(np.mean(accuracy)),
        "folds_prognostic_horizon_15_cycles_median": float(np.median(horizon)),
    }


def seed_figures(trained: Trained) -> dict[str, float | int]:
    """Return the folds' figure by the seeds of the trees, whose mean is forecast: how far chance alone moves it."""
    keep, unseen = _cuttable(trained), trained.unseen
    left = np.minimum(unseen.forecasts.true[keep], CAP)
    found = np.sqrt(np.mean(np.square(unseen.by_seed[keep] - left[:, None]), axis=0))
    return {
        "seeds": len(found),
        "seeds_rmse_capped_least": float(found.min()),
        "seeds_rmse_capped_most": float(found.max()),
    }


def test_figures(judged: LifeForecasts) -> dict[str, float | int]:
    """Return the figures of the test part with intervals by engine."""
    named: dict[str, Callable[[LifeForecasts], float]] = {
        "rmse_capped": lambda t: t.rmse(CAP),
        "rmse_raw": lambda t: t.rmse(),
        "phm08_capped": lambda t: t.phm08(CAP),
        "phm08_raw": lambda t: t.phm08(),
        "bias_capped": lambda t: t.bias(CAP),
        "coverage_p10_p90": lambda t: t.coverage(),
        "interval_width": lambda t: t.width(),
        "pinball": lambda t: t.pinball(),
    }
    figures: dict[str, float | int] = {"engines": len(judged.true)}
    for name, figure in named.items():
        interval = judged.interval(figure)
        figures |= {name: figure(judged), f"{name}_low": interval.low, f"{name}_high": interval.high}
    return figures


def protocol(trained: Trained, subset: str) -> str:
    """Return what was done, in sentences."""
    settings, regimes = trained.model.settings, len(trained.model.inputs.residuals.regimes)
    return (
        f"C-MAPSS {subset}: one forecast per test engine at its last cycle; truth capped at {CAP:g} cycles where a "
        "figure says capped, raw otherwise; intervals are held against the raw truth. Learned from the "
        f"{trained.rows.lives} engines of the train part alone, in {settings.folds} folds by engine for which "
        f"everything ({regimes} operating regime(s), health indices, past lives, trees) is learned anew; rows with "
        f"more than {settings.learn_up_to:g} cycles left do not teach; trees of {settings.seeds} seeds are averaged; "
        "intervals are stretched by the folds' forecasts. folds_ figures: held-out engines at all cycles with "
        f"{SHORTEST_LEFT} to {LONGEST_LEFT} left and at least {YOUNGEST} flown, each fold's intervals "
        f"stretched by the others; cut_once: each of them at one such cycle drawn at random, {DRAWS} times. "
        "Published, best deep nets: FD001 10.97, FD002 12.55; a careful booster 9.73 and 9.06"
    )


def permutation_changes_nothing(told: TestForecasts, folder: Path, subset: str) -> bool:
    """Train and forecast again beside true lives dealt out anew; print the digests, tell if they agree."""
    with tempfile.TemporaryDirectory() as scratch:
        other = Path(scratch)
        for part in (TRAIN, TEST):
            shutil.copyfile(folder / f"{part}_{subset}.txt", other / f"{part}_{subset}.txt")
        true = np.random.default_rng(1).permutation(read_remaining_cycles(folder, subset))
        (other / f"RUL_{subset}.txt").write_text("".join(f"{life}\n" for life in true.tolist()))
        again = forecast_test(train_on(other, subset, settings_of(**SUBSETS.get(subset, {}))), other, subset)
    print(f"predictions sha256, true test labels     {told.digest()}")
    print(f"predictions sha256, permuted test labels {again.digest()}")
    same = told.digest() == again.digest()
    print("identical" if same else "DIFFERENT: the forecasts have seen what comes later")
    return same
