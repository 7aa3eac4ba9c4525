"""Judge forecasts of machines by models that have seen other machines only."""

import hashlib
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from foreworn.errors import ConfigurationError
from foreworn.fleet.history import FleetHistory
from foreworn.fleet.machine import Machine
from foreworn.loop.backtest.report import report
from foreworn.loop.backtest.time_split import (
    Backtest,
    check_record,
    check_split,
    judged,
    judging_protocol,
    label_protocol,
    prefixed,
    record_end,
    stamp,
    trained,
)
from foreworn.loop.backtest.verdict import Verdict
from foreworn.loop.pricing.lives import by_machine
from foreworn.telemetry.sample import from_epoch_ms
from models.evaluation.judgement import NOTICE, Judgement
from models.evaluation.leakage import check_units_apart
from models.evaluation.outcomes import Occurrences
from models.evaluation.unit_folds import deal_units
from models.failure import FailureModelSettings
from models.failure.training_rows import scorable_rows
from models.features import RowIndex
from models.features.row_index import span_ms

SEED = 1
_MONTH = timedelta(days=30)
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class UnitBacktest:
    """Machines dealt into folds, each fold forecast by a model of the other machines.

    Parameters
    ----------
    folds
        One backtest per fold, whose record holds the machines judged.
    taught
        By fold, the machines learned from.
    whole_record
        Whether the others' whole record was learned from, later times than those judged included.
    seed
        Of the dealing.
    """

    folds: tuple[Backtest, ...]
    taught: tuple[tuple[str, ...], ...]
    whole_record: bool
    seed: int

    @property
    def verdict(self) -> Verdict:
        """What the forecasts of all folds were worth."""
        return Verdict.of(self.folds)

    def digest(self) -> str:
        """Return a SHA-256 of all forecasts, to the last bit."""
        return hashlib.sha256("\t".join(fold.digest() for fold in self.folds).encode()).hexdigest()

    def figures(self) -> dict[str, float | int]:
        """Return what it was worth, by name; each machine's alarms are at its own fold's threshold."""
        return self.verdict.figures()

    def protocol(self) -> str:
        """Return in a sentence or two what was trained on and what was judged."""
        first = self.folds[0]
        learned = (
            "their whole record, times later than those judged included"
            if self.whole_record
            else f"what was stamped before {stamp(first.train_until)}"
        )
        end = max(fold.test_to for fold in self.folds)
        return (
            f"{label_protocol(first.model)}; split by unit: machines dealt into {len(self.folds)} folds with seed "
            f"{self.seed}, each fold forecast by a model of the other machines, learned from {learned}; judged on rows "
            f"in [{stamp(min(fold.test_from for fold in self.folds))}, {stamp(end)}) up to a machine's last telemetry; "
            f"{judging_protocol(first.model, censoring=first.censoring)}"
        )

    def report(self) -> dict[str, Any]:
        """Return all of it as JSON-able values; `foreworn.loop.backtest.report` has the keys."""
        protocol, figures = self.protocol(), self.figures()
        return report(self.folds, split="unit", protocol=protocol, figures=figures, digest=self.digest())


def run_unit_backtest(
    history: FleetHistory,
    *,
    folds: int,
    train_until: datetime | None = None,
    test_from: datetime | None = None,
    test_to: datetime | None = None,
    horizon: timedelta = timedelta(hours=24),
    settings: FailureModelSettings | None = None,
    leave_out: Collection[str] = (),
    censoring: bool = True,
    seed: int = SEED,
    on_step: Callable[[str], None] = lambda step: None,
) -> UnitBacktest:
    """Deal machines into folds and judge each fold's forecasts by a model of the other machines.

    For machines that run to failure once, and for the question how a model does on machines that it has never seen.

    Parameters
    ----------
    history
        The whole record.
    folds
        How many.
    train_until, test_from, test_to
        Where given, time is split as well: other machines' past, and these machines' future. Otherwise the others'
        whole record is learned from; what a time has in common for all machines, such as weather, may then be known.
    horizon, settings, leave_out, censoring
        As in `run_backtest`; calibration and thresholds rest on inner folds by machine.
    seed
        Of the dealing.
    on_step
        Called with what is begun or done, in words, for who waits.

    Raises
    ------
    ConfigurationError
        If there are not as many machines as folds, fewer than two folds, or the times are no split.
    TooLittleHistory
        If there is too little to train on without one of the folds, or nothing to judge in one.
    LeakageFound
        If a machine stands on both sides.
    """
    settings = (settings or FailureModelSettings()).for_unseen_machines()
    end, start = record_end(history, test_to), _start(history, test_from)
    until = record_end(history, train_until)
    if train_until is not None:
        check_split(train_until, start, test_to)
    check_record(history, start)
    done, taught = [], []
    for number, held_out in enumerate(_dealt(history, folds, seed), 1):
        step = prefixed(on_step, f"fold {number} of {folds}")
        others = tuple(m.id for m in history.machines if m.id not in set(held_out))
        past = teaching(history, others, horizon, settings)
        model = trained(past, until=until, horizon=horizon, settings=settings, leave_out=leave_out, on_step=step)
        step(f"Forecasting and judging {len(held_out)} machines")
        own = by_machine(history, set(held_out))
        index = scorable_rows(own, model.features.warm_up, start=start, end=end, every=model.provenance.settings.every)
        index = _on_record(index, own, horizon)
        check_units_apart(others, set(index.machine.tolist()))
        fold = judged(model, own, index, until, start, end, censoring=censoring)
        done.append(replace(fold, judgement=_by_lives(fold)))
        taught.append(others)
    return UnitBacktest(tuple(done), tuple(taught), train_until is None, seed)


def teaching(
    history: FleetHistory, machines: Iterable[str], horizon: timedelta, settings: FailureModelSettings | None
) -> FleetHistory:
    """Return what some machines teach: nothing of the time after their record has ended.

    A machine that failed for good is retired from its last telemetry on. Of one that left the record otherwise, before
    the others did, no row is learned whose intervals reach past that: that nothing more is on record is no survival.
    """
    own = by_machine(history, set(machines))
    reach = span_ms(max(horizon, *(settings or FailureModelSettings()).curve))
    last, failures = _last_telemetry(own), Occurrences(own.failures)
    end = max(last.values(), default=0)

    def retired(machine: Machine) -> Machine:
        spoke = last.get(machine.id, end)
        if spoke > end - reach:
            return machine
        for_good = failures.of_machine(machine.id).max(initial=0) >= spoke - _HOUR_MS
        return replace(machine, retired_at=from_epoch_ms(spoke + 1 if for_good else spoke - reach + 1))

    return replace(own, machines=tuple(retired(machine) for machine in own.machines))


def _dealt(history: FleetHistory, folds: int, seed: int) -> tuple[tuple[str, ...], ...]:
    spoke = set(history.telemetry["machine"].unique().to_pylist())
    try:
        return deal_units([m.id for m in history.machines if m.id in spoke], folds, seed=seed)
    except ValueError as problem:
        raise ConfigurationError(f"{problem}: choose 2 to {len(spoke)} folds") from problem


def _start(history: FleetHistory, wanted: datetime | None) -> datetime:
    first: datetime = pc.min(history.telemetry["time"]).as_py()
    return first if wanted is None else wanted


def _on_record(index: RowIndex, history: FleetHistory, horizon: timedelta) -> RowIndex:
    """Return the rows that their machine's own record decides: its horizon is over, or it fails within it.

    Machines leave the record at different times. A row after a machine's last telemetry would be forecast from nothing,
    and one shortly before would count as survival because nothing more is known.
    """
    last, failures = _last_telemetry(history), Occurrences(history.failures)
    keep = np.zeros(len(index), dtype=bool)
    for machine, own in index.places().items():
        time, failed = index.time[own], np.append(failures.of_machine(machine), np.iinfo(np.int64).max)
        until = time + span_ms(horizon)
        following = failed[np.searchsorted(failed, time, side="right")]
        keep[own] = (time <= last[machine]) & ((until <= last[machine]) | (following <= until))
    return index.where(keep)


def _last_telemetry(history: FleetHistory) -> dict[str, int]:
    found = history.telemetry.select(["machine", "time"]).group_by("machine").aggregate([("time", "max")])
    last: NDArray[np.int64] = found["time_max"].cast(pa.timestamp("ms", tz="UTC")).cast(pa.int64()).to_numpy()
    return dict(zip(found["machine"].to_pylist(), last.tolist(), strict=True))


def _by_lives(fold: Backtest) -> Judgement:
    """Return the judgement by each machine's own time: its months, and failures that could have had notice."""
    step = span_ms(fold.model.provenance.settings.every)
    times = {machine: fold.index.time[own] for machine, own in fold.index.places().items()}
    covered = {machine: int(time.max() - time.min()) + step for machine, time in times.items()}
    return replace(
        fold.judgement,
        notices=[n for n in fold.judgement.notices if n.watched_h >= NOTICE / timedelta(hours=1)],
        months_by_machine={machine: time / span_ms(_MONTH) for machine, time in covered.items()},
    )
