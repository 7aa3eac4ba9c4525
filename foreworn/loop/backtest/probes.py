"""Probes of a backtest for leaks: what it knew or was judged on that it may not."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from foreworn.errors import TooLittleHistory
from foreworn.fleet.history import FleetHistory
from foreworn.loop.backtest.lone_sign import check_lone_sign
from foreworn.loop.backtest.time_split import Backtest, record_end
from foreworn.loop.backtest.unit_split import UnitBacktest, teaching
from models.evaluation.leakage import (
    LeakageFound,
    PlanProbe,
    check_gap,
    check_plan,
    check_rows_after_failure,
    check_shuffled_labels,
    check_taught,
    check_units_apart,
    shuffled_failures,
)
from models.evaluation.outcomes import Downtime
from models.evaluation.scored_rows import ScoredRows
from models.failure.periods import Period, periods_to
from models.failure.plan_scores import plan_scores
from models.failure.training_rows import TrainingRows, runs, training_rows
from models.features import FeatureSet, HoursSinceReplacement, RowIndex

OnStep = Callable[[str], None]
Repeat = Callable[[FleetHistory], Backtest | UnitBacktest]
_ASKED: Final[Mapping[str, tuple[str, str]]] = {
    "shuffled labels": (
        "does it foretell failures that were dealt out at random?",
        "The record of failures and repairs itself is read before it is made, or was learned from and judged as well. "
        "No reading of a machine can do that, because failures dealt out at random left none. Do not use these "
        "figures, and report it.",
    ),
    "lone sign": (
        "is a status or an event written because of a failure?",
        "Find out who writes it, and when. If it is filled in afterwards, leave it out of the history and judge again; "
        "if it truly comes before the failure is known, a rule on it alone does what the model does.",
    ),
    "rows after failure": (
        "was it taught, or judged, while a component was broken?",
        "Add the repairs to the maintenance record; of a machine that was given up, leave out what it sent afterwards. "
        "Then judge again.",
    ),
    "plan": (
        "does the calendar of maintenance give failures away?",
        "Judge again without the features of the maintenance plan and compare: the difference is what the calendar "
        "gave.",
    ),
    "gap": (
        "does what it learned reach into the time it is judged on?",
        "Leave one horizon or more between the end of what is learned from and the beginning of what is judged.",
    ),
    "units apart": (
        "was a machine learned from and judged?",
        "Do not use these figures, and report it: the split by machine should make this impossible.",
    ),
}
"""By probe, what it asks, and what to do where it found a leak."""
_DEALS = 2
_SEEDS = (1, 2, 3, 4)  # a deal that leaves too few failures to learn from is dealt again


@dataclass(frozen=True, slots=True)
class Probe:
    """One check for leaks.

    Parameters
    ----------
    name
        Which.
    passed
        Whether nothing was found; None where it could not be run.
    said
        What was measured or found, or why it could not be run.
    asks
        What it looks for, as a question; no is the good answer.
    remedy
        What to do; empty unless a leak was found.
    """

    name: str
    passed: bool | None
    said: str
    asks: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class _Taught:
    """What the split lets a fold's model learn from, and whether that is what it did learn from."""

    fold: Backtest
    past: FleetHistory
    index: RowIndex
    fingerprint: str

    @classmethod
    def of(cls, fold: Backtest, past: FleetHistory) -> "_Taught":
        """Take the rows of the machines' past up to the split, as training would."""
        model, settings = fold.model, fold.model.provenance.settings
        rows = _rows(fold, past, model.features, periods_to({model.horizon, *settings.curve}))
        return cls(fold, past, rows.index, rows.fingerprint())

    def hold(self) -> None:
        """Raise `LeakageFound` if the model was taught by anything else."""
        check_taught(self.fold.model.provenance.fingerprint, self.fingerprint)


def probe(
    done: Backtest | UnitBacktest, history: FleetHistory, repeat: Repeat, on_step: OnStep = lambda step: None
) -> list[Probe]:
    """Run every probe that the split can be asked.

    Parameters
    ----------
    done
        The backtest.
    history
        What it was made of.
    repeat
        Makes the same backtest of another history.
    on_step
        Called with what is begun, in words, for who waits.
    """
    on_step("Probes: making the rows that were learned from again")
    folds = done.folds if isinstance(done, UnitBacktest) else (done,)
    taught = [_Taught.of(fold, past) for fold, past in zip(folds, _pasts(done, history), strict=True)]
    checks: dict[str, Callable[[], str]] = {
        "shuffled labels": lambda: _shuffled_labels(history, repeat, on_step),
        "lone sign": lambda: check_lone_sign(history, folds[0].model.horizon),
        "rows after failure": lambda: _rows_after_failure(taught, history),
        "plan": lambda: _plan(taught),
    }
    if isinstance(done, UnitBacktest):
        checks["units apart"] = lambda: _units_apart(taught)
    if not isinstance(done, UnitBacktest) or not done.whole_record:
        checks["gap"] = lambda: _gap(taught)
    return [_run(name, check, on_step) for name, check in checks.items()]


def check_probes(found: Sequence[Mapping[str, Any]]) -> None:
    """Hold that no probe of a report found a leak; one that could not be run found none, and says so where it is shown.

    Raises
    ------
    LeakageFound
        If one did, with what they all found.
    """
    failed = [f"{one['name']}: {one['said']}" for one in found if one["passed"] is False]
    if failed:
        raise LeakageFound(f"{len(failed)} of {len(found)} probes found a leak. {'. '.join(failed)}")


def _run(name: str, check: Callable[[], str], on_step: OnStep) -> Probe:
    if name != "shuffled labels":  # it tells each deal
        on_step(f"Probing: {name}")
    asks, remedy = _ASKED[name]
    try:
        return Probe(name, True, check(), asks)
    except LeakageFound as found:
        return Probe(name, False, str(found), asks, remedy)
    except TooLittleHistory as little:
        return Probe(name, None, str(little), asks)


def _pasts(done: Backtest | UnitBacktest, history: FleetHistory) -> list[FleetHistory]:
    if isinstance(done, UnitBacktest):
        return [
            teaching(history, machines, fold.model.horizon, fold.model.provenance.settings)
            for fold, machines in zip(done.folds, done.taught, strict=True)
        ]
    return [history]


def _rows(fold: Backtest, past: FleetHistory, features: FeatureSet, periods: tuple[Period, ...] = ()) -> TrainingRows:
    """Return the rows of a fold's past that its split lets be learned from."""
    settings = fold.model.provenance.settings
    return training_rows(
        past,
        features,
        until=record_end(past, fold.train_until),
        horizon=fold.model.horizon,
        every=settings.every,
        periods=periods,
        censoring=settings.replaced_before_failure == "left_out",
    )


def _shuffled_labels(history: FleetHistory, repeat: Repeat, on_step: OnStep) -> str:
    """Train on failures dealt out anew; what one deal finds is a leak unless another deal clears it as luck."""
    found: dict[str, LeakageFound] = {}
    cleared: dict[str, str] = {}
    problems: list[str] = []
    deals = 0
    for seed in _SEEDS:
        try:
            on_step(f"Probing: shuffled labels, deal {deals + 1} of {_DEALS} at most")
            rows = repeat(shuffled_failures(history, seed=seed)).verdict.judgement.scored
        except TooLittleHistory as little:
            problems.append(str(little))
            continue
        deals += 1
        chance, leaks = _against_chance(rows)
        cleared, found = chance | cleared, leaks | found
        if deals == _DEALS or (cleared and not found):
            break
    for component, leak in found.items():
        if component not in cleared:
            raise leak
    if not cleared:
        why = problems[0] if problems else "no failure is left in the judged time"
        raise TooLittleHistory(f"failures dealt out anew cannot be judged by: {why}")
    return "average precision of " + "; ".join(cleared.values())


def _against_chance(rows: ScoredRows) -> tuple[dict[str, str], dict[str, LeakageFound]]:
    """Return by component what is no more than chance, and what is more; one without a failure is neither."""
    chance: dict[str, str] = {}
    leaks: dict[str, LeakageFound] = {}
    for component in sorted(set(rows.component.tolist())):
        own = rows.of(component)
        if own.failed.any():
            try:
                score = check_shuffled_labels(own)
            except LeakageFound as leak:
                leaks[component] = leak
            else:
                said = f"{component} {score.average_precision:.3f}, where chance alone reaches {score.chance_high:.3f}"
                chance[component] = said
    return chance, leaks


def _rows_after_failure(taught: Sequence[_Taught], history: FleetHistory) -> str:
    downtime = Downtime.of(history.failures, history.maintenance, repaired=history.components)
    rows = 0
    for component, index in _rows_by_component(taught):
        check_rows_after_failure(index, downtime, component)
        rows += len(index)
    return f"none of {rows:,} rows learned from or judged stands at a failure, or after one that nothing has renewed"


def _rows_by_component(taught: Sequence[_Taught]) -> Iterator[tuple[str, RowIndex]]:
    for one in taught:
        for component in one.fold.thresholds:
            judged = one.fold.judgement.scored.of(component)
            yield component, one.index.where(runs(one.past, one.index, component))
            yield component, RowIndex(judged.machine, judged.time)


def _plan(taught: Sequence[_Taught]) -> str:
    """Look at what each fold was taught by, and tell of each component where the plan's features found most."""
    if not any(one.fold.model.features.plan_names for one in taught):
        return "it reads nothing of the maintenance plan"
    found: dict[str, PlanProbe] = {}
    for one in taught:
        for component, probed in _plan_of(one):
            before = found.get(component, probed)
            found[component] = max(before, probed, key=lambda p: p.plan.average_precision)
    if not found:
        raise TooLittleHistory("no failure lies in the later stretches of the training time")
    told = [
        f"{component} {probed.plan.average_precision:.3f}, age alone {probed.age.average_precision:.3f}, chance up to "
        f"{probed.plan.chance_high:.3f}"
        for component, probed in sorted(found.items())
    ]
    return f"average precision of what the calendar alone foretells: {'; '.join(told)}"


def _plan_of(taught: _Taught) -> Iterator[tuple[str, PlanProbe]]:
    plan = FeatureSet(tuple(HoursSinceReplacement(component) for component in taught.past.components))
    rows = _rows(taught.fold, taught.past, plan)
    for component in taught.fold.thresholds:
        calendar, age = plan_scores(rows, component, taught.fold.model.provenance.settings)
        if calendar.failed.any():
            yield component, check_plan(calendar, age)


def _gap(taught: Sequence[_Taught]) -> str:
    for one in taught:
        check_gap(one.index, one.fold.index, min(one.fold.model.horizons))
        one.hold()
    return "the rows learned from are those of the split, and none of their outcomes reaches into the time judged"


def _units_apart(taught: Sequence[_Taught]) -> str:
    for one in taught:
        check_units_apart(one.index.machine.tolist(), set(one.fold.index.machine.tolist()))
        one.hold()
    return f"the rows learned from are those of the other machines, in each of {len(taught)} folds"
