"""Probes of a backtest for leaks: what it knew or was judged on that it may not."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from foreworn.errors import TooLittleHistory
from foreworn.fleet.history import FleetHistory
from foreworn.loop.backtest.time_split import Backtest
from foreworn.loop.backtest.unit_split import UnitBacktest, teaching
from foreworn.telemetry.sample import MILLISECOND
from models.evaluation.leakage import (
    LeakageFound,
    check_gap,
    check_plan,
    check_rows_after_failure,
    check_shuffled_labels,
    check_units_apart,
    shuffled_failures,
)
from models.evaluation.outcomes import Occurrences, Record
from models.evaluation.scored_rows import ScoredRows
from models.failure.plan_scores import plan_scores
from models.failure.training_rows import scorable_rows, training_rows
from models.features import FeatureSet, HoursSinceReplacement, RowIndex

Repeat = Callable[[FleetHistory], Backtest | UnitBacktest]
_SEEDS = (1, 2)


@dataclass(frozen=True, slots=True)
class Probe:
    """One check: its name, whether nothing was found, and what was measured or found."""

    name: str
    passed: bool
    said: str


def probe(done: Backtest | UnitBacktest, history: FleetHistory, repeat: Repeat) -> list[Probe]:
    """Run every probe that the split can be asked.

    Parameters
    ----------
    done
        The backtest.
    history
        What it was made of.
    repeat
        Makes the same backtest of another history.
    """
    folds = done.folds if isinstance(done, UnitBacktest) else (done,)
    learned = [_learned_rows(fold, past) for fold, past in zip(folds, _pasts(done, history), strict=True)]
    checks: dict[str, Callable[[], str]] = {
        "shuffled labels": lambda: _shuffled_labels(history, repeat),
        "rows after failure": lambda: _rows_after_failure(folds, learned, history),
        "plan": lambda: _plan(folds[0], history),
    }
    if isinstance(done, UnitBacktest):
        checks["units apart"] = lambda: _units_apart(done)
    if not isinstance(done, UnitBacktest) or not done.whole_record:
        checks["gap"] = lambda: _gap(folds, learned)
    return [_run(name, check) for name, check in checks.items()]


def check_probes(found: Sequence[Mapping[str, Any]]) -> None:
    """Hold that every probe of a report passed.

    Raises
    ------
    LeakageFound
        If one did not, with what they all found.
    """
    failed = [f"{one['name']}: {one['said']}" for one in found if not one["passed"]]
    if failed:
        raise LeakageFound(f"{len(failed)} of {len(found)} probes found a leak. {'. '.join(failed)}")


def _run(name: str, check: Callable[[], str]) -> Probe:
    try:
        return Probe(name, True, check())
    except LeakageFound as found:
        return Probe(name, False, str(found))


def _pasts(done: Backtest | UnitBacktest, history: FleetHistory) -> list[FleetHistory]:
    if isinstance(done, UnitBacktest):
        return [
            teaching(history, machines, fold.model.horizon, fold.model.provenance.settings)
            for fold, machines in zip(done.folds, done.taught, strict=True)
        ]
    return [history]


def _learned_rows(fold: Backtest, past: FleetHistory) -> RowIndex:
    """Return the rows that a fold's model was taught by."""
    model, until = fold.model, fold.model.provenance.trained_until
    known = past.until(until)
    every = model.provenance.settings.every
    index = scorable_rows(known, model.features.warm_up, end=until - min(model.horizons), every=every)
    failures = Record.of(known.failures, None, known_until=until - MILLISECOND).failures
    return index.where(~failures.at_own_time(index))


def _shuffled_labels(history: FleetHistory, repeat: Repeat) -> str:
    """Train on failures dealt out anew; what is found twice, in two deals, is not luck."""
    told: list[str] = []
    suspects: dict[str, LeakageFound] = {}
    for seed in _SEEDS:
        try:
            rows = repeat(shuffled_failures(history, seed=seed)).verdict.judgement.scored
        except TooLittleHistory as little:
            return f"could not be run: failures dealt out anew are too few to learn from ({little})"
        told, found = _against_chance(rows)
        suspects = found if seed == _SEEDS[0] else {name: why for name, why in found.items() if name in suspects}
        if not suspects:
            return "trained on failures dealt out anew, nothing is foretold: " + "; ".join(told)
    raise next(iter(suspects.values()))


def _against_chance(rows: ScoredRows) -> tuple[list[str], dict[str, LeakageFound]]:
    told: list[str] = []
    found: dict[str, LeakageFound] = {}
    for component in sorted(set(rows.component.tolist())):
        own = rows.of(component)
        if not own.failed.any():
            told.append(f"{component} has no failure to foretell")
            continue
        try:
            score = check_shuffled_labels(own)
        except LeakageFound as leak:
            found[component] = leak
        else:
            told.append(f"{component} {score.average_precision:.3f}, by chance up to {score.chance_high:.3f}")
    return told, found


def _rows_after_failure(folds: Sequence[Backtest], learned: Sequence[RowIndex], history: FleetHistory) -> str:
    failures, renewals = Occurrences(history.failures), Occurrences(history.maintenance)
    rows = 0
    for component, index in _rows_by_component(folds, learned):
        check_rows_after_failure(index, failures, renewals, component)
        rows += len(index)
    return f"none of {rows:,} rows learned from or judged stands at a failure, or after one that nothing has renewed"


def _rows_by_component(folds: Sequence[Backtest], learned: Sequence[RowIndex]) -> Iterator[tuple[str, RowIndex]]:
    for fold, taught in zip(folds, learned, strict=True):
        for component in fold.thresholds:
            judged = fold.judgement.scored.of(component)
            yield component, taught
            yield component, RowIndex(judged.machine, judged.time)


def _plan(fold: Backtest, history: FleetHistory) -> str:
    if not fold.model.features.plan_names:
        return "no feature of the maintenance plan is read"
    settings = fold.model.provenance.settings
    plan = FeatureSet(tuple(HoursSinceReplacement(component) for component in history.components))
    rows = training_rows(
        history,
        plan,
        until=fold.model.provenance.trained_until,
        horizon=fold.model.horizon,
        every=settings.every,
        censoring=settings.replaced_before_failure == "left_out",
    )
    told = []
    for component in fold.thresholds:
        calendar, age = plan_scores(rows, component, settings)
        if calendar.failed.any():
            found = check_plan(calendar, age)
            told.append(
                f"{component} {found.plan.average_precision:.3f}, by age {found.age.average_precision:.3f}, by chance "
                f"up to {found.plan.chance_high:.3f}"
            )
    return "time since maintenance and the hour alone foretell no more than age: " + "; ".join(told)


def _gap(folds: Sequence[Backtest], learned: Sequence[RowIndex]) -> str:
    for fold, taught in zip(folds, learned, strict=True):
        check_gap(taught, fold.index, min(fold.model.horizons))
    return "no outcome learned from reaches into the time that is judged"


def _units_apart(done: UnitBacktest) -> str:
    for fold, taught in zip(done.folds, done.taught, strict=True):
        check_units_apart(taught, set(fold.index.machine.tolist()))
    return f"no machine is on both sides of any of {len(done.folds)} folds"
