"""Learning one component's hazards, and what they are worth on rows that they have not seen."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from models.evaluation.classification import average_precision, best_f1_threshold, f1_score
from models.evaluation.outcomes import FAILED, SURVIVED
from models.evaluation.probability import brier_skill, calibration_line
from models.failure.alarm_threshold import UnseenForecasts
from models.failure.booster import Booster
from models.failure.calibrator import Calibrator, choose_calibrator
from models.failure.component_model import ComponentModel, PeriodModel
from models.failure.inner_folds import InnerFolds
from models.failure.machine_folds import MachineFolds
from models.failure.periods import Period, PeriodOutcomes, cumulative, read_off
from models.failure.settings import FailureModelSettings
from models.failure.training_rows import NOT_FITTED, TrainingRows

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Learned:
    """A component's model, and its forecasts of the inner folds by trees that had not seen them."""

    model: ComponentModel
    unseen: UnseenForecasts


@dataclass(frozen=True, slots=True)
class _UnseenPeriod:
    """Scores of one period by trees that had not seen the rows; NaN where no fold holds the row."""

    outcomes: PeriodOutcomes
    raw: Values

    def calibrator(self, fold: NDArray[np.int_], rows: Flags) -> Calibrator:
        """Return the calibrator chosen on the rows given that teach the period."""
        own = rows & self.outcomes.known
        return choose_calibrator(self.raw[own], self.outcomes.failed[own], fold[own])


def learn(rows: TrainingRows, component: str, settings: FailureModelSettings, categories: tuple[int, ...]) -> Learned:
    """Learn a component's hazards from rows of which `too_little` has nothing to say."""
    periods = _teachable(rows, component, settings)
    unseen = [_unseen(rows, component, period, settings, categories) for period in periods]
    fold = _fold_of(rows, component, settings)
    scored = (fold >= 0) & (rows.outcome_of(component) != NOT_FITTED)
    calibrators = [part.calibrator(fold, scored) for part in unseen]
    probability = np.full(len(fold), np.nan)
    probability[scored] = _at(rows.horizon, periods, unseen, calibrators, scored)
    failed, known = targets(rows, component)
    judged = scored & known
    base_rate = float(failed[known].mean())
    metrics = _unseen_metrics(rows.horizon, periods, unseen, fold, scored, failed, known, base_rate)
    metrics |= {"failures": len(rows.failure_times(component)), "rows": int(known.sum()), "base_rate": base_rate}
    model = ComponentModel(
        component=component,
        periods=tuple(
            _period_model(rows, part.outcomes, period, calibrator, settings, categories)
            for part, period, calibrator in zip(unseen, periods, calibrators, strict=True)
        ),
        threshold=best_f1_threshold(probability[judged], failed[judged]),
        base_rate=base_rate,
        metrics=metrics,
    )
    return Learned(model, UnseenForecasts(component, rows.index.where(scored), probability[scored]))


def targets(rows: TrainingRows, component: str) -> tuple[Flags, Flags]:
    """Return which rows failed within the model's horizon, and of which rows that is known."""
    outcome = rows.outcome_of(component)
    return outcome == FAILED, (outcome == FAILED) | (outcome == SURVIVED)


def folds_of_time(rows: TrainingRows, settings: FailureModelSettings, gap: timedelta) -> InnerFolds:
    """Return the later stretches of the training time; the gap is how far the outcomes learned from look."""
    return InnerFolds(rows.index.time, gap, settings.inner_folds, settings.first_fold_from)


def inner_folds(
    rows: TrainingRows, component: str, settings: FailureModelSettings, gap: timedelta
) -> Iterable[tuple[Flags, Flags]]:
    """Return which rows to train on and which to score, fold by fold, as the settings have it.

    Machines are dealt by failures within the model's horizon, so that all periods of a component have the same folds.
    """
    if settings.inner_folds_by == "time":
        return folds_of_time(rows, settings, gap)
    failed, _ = targets(rows, component)
    having = rows.outcome_of(component) != NOT_FITTED
    return MachineFolds(rows.index.machine, failed, having, settings.inner_folds, settings.seed)


def too_little(rows: TrainingRows, component: str, settings: FailureModelSettings) -> str | None:
    """Return why a component cannot be learned from its signs, or None if it can."""
    failures = len(rows.failure_times(component))
    days = rows.span / timedelta(days=1)
    if failures < settings.fewest_failures:
        told = f"{failures} failure{'s' * (failures != 1)}"
        return f"{told} in {days:.0f} days of training rows; {settings.fewest_failures} are needed"
    failed, _ = targets(rows, component)
    if not _teaches(rows, component, settings, failed, rows.horizon):
        if settings.inner_folds_by == "machine":
            return f"its {failures} failures are all of one machine; some are needed of others, to calibrate on"
        first = days * settings.first_fold_from
        return (
            f"its {failures} failures all lie in one part of the {days:.0f} days of training rows; some are needed "
            f"in the first {first:.0f} days, to learn from, and some after them, to calibrate on"
        )
    return None


def _teaches(rows: TrainingRows, component: str, settings: FailureModelSettings, failed: Flags, gap: timedelta) -> bool:
    """Tell whether every fold has failures to learn from, and some fold has failures to calibrate on."""
    parts = list(inner_folds(rows, component, settings, gap))
    return all(bool((failed & before).any()) for before, _ in parts) and any(
        bool((failed & within).any()) for _, within in parts
    )


def _teachable(rows: TrainingRows, component: str, settings: FailureModelSettings) -> list[Period]:
    """Return the finest intervals with failures to learn from and to calibrate on; the horizon always ends one.

    An interval without them joins the next. What is left over at the end is no interval: the curve ends before it.
    """
    kept: list[timedelta] = []
    for period in rows.periods:
        end = period.end
        while end == rows.horizon and kept and not _is_taught(rows, component, settings, Period(kept[-1], end)):
            kept.pop()
        start = kept[-1] if kept else timedelta(0)
        if end == rows.horizon or _is_taught(rows, component, settings, Period(start, end)):
            kept.append(end)
    return [Period(start, end) for start, end in zip([timedelta(0), *kept], kept, strict=False)]


def _is_taught(rows: TrainingRows, component: str, settings: FailureModelSettings, period: Period) -> bool:
    return _teaches(rows, component, settings, rows.of_period(component, period).failed, period.end)


def _unseen(
    rows: TrainingRows, component: str, period: Period, settings: FailureModelSettings, categories: tuple[int, ...]
) -> _UnseenPeriod:
    matrix, outcomes = rows.rows.matrix, rows.of_period(component, period)
    raw = np.full(len(matrix), np.nan)
    for before, within in inner_folds(rows, component, settings, period.end):
        teach = before & outcomes.known
        raw[within] = Booster.fit(matrix[teach], outcomes.failed[teach], settings, categories).raw(matrix[within])
    return _UnseenPeriod(outcomes, raw)


def _fold_of(rows: TrainingRows, component: str, settings: FailureModelSettings) -> NDArray[np.int_]:
    fold = np.full(len(rows.index), -1)
    for number, (_, within) in enumerate(inner_folds(rows, component, settings, rows.horizon)):
        fold[within] = number
    return fold


def _at(
    horizon: timedelta,
    periods: Sequence[Period],
    unseen: Sequence[_UnseenPeriod],
    calibrators: Sequence[Calibrator],
    own: Flags,
) -> Values:
    """Return the probability of failing within the horizon, of the rows given."""
    hazards = [c.probability(part.raw[own]) for part, c in zip(unseen, calibrators, strict=True)]
    return read_off(cumulative(np.stack(hazards, axis=1)), [period.end for period in periods], horizon)


def _period_model(
    rows: TrainingRows,
    outcomes: PeriodOutcomes,
    period: Period,
    calibrator: Calibrator,
    settings: FailureModelSettings,
    categories: tuple[int, ...],
) -> PeriodModel:
    matrix, failed = rows.rows.matrix[outcomes.known], outcomes.failed[outcomes.known]
    booster = Booster.fit(matrix, failed, settings, categories)
    return PeriodModel(period, booster, calibrator, float(failed.mean()))


def _unseen_metrics(
    horizon: timedelta,
    periods: Sequence[Period],
    unseen: Sequence[_UnseenPeriod],
    fold: NDArray[np.int_],
    scored: Flags,
    failed: Flags,
    known: Flags,
    base_rate: float,
) -> dict[str, float]:
    """Measure each inner fold with calibrators and a threshold that were fitted on the other folds."""
    judged = scored & known
    numbers = np.unique(fold[judged])
    if len(numbers) < 2 or any(not failed[judged & (fold == number)].any() for number in numbers):
        return {}  # one fold, or all failures in one: nothing to fit on
    probability, alarm = np.zeros(len(fold)), np.zeros(len(fold))
    for number in numbers:
        others, own = judged & (fold != number), judged & (fold == number)
        calibrators = [part.calibrator(fold, scored & (fold != number)) for part in unseen]
        threshold = best_f1_threshold(_at(horizon, periods, unseen, calibrators, others), failed[others])
        probability[own] = _at(horizon, periods, unseen, calibrators, own)
        alarm[own] = probability[own] >= threshold
    found = {
        "inner_f1": f1_score(alarm[judged], failed[judged], 1.0),
        "inner_average_precision": average_precision(probability[judged], failed[judged]),
        "inner_brier_skill": brier_skill(probability[judged], failed[judged], base_rate),
        "inner_calibration_slope": calibration_line(probability[judged], failed[judged])[0],
    }
    return {name: value for name, value in found.items() if not np.isnan(value)}
