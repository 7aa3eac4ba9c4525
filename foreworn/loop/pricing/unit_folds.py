"""Failure models of folds of machines: what each says of machines that it has not seen."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import pyarrow.compute as pc

from foreworn.economics.weibull_life import Life, WeibullLife, fit_weibull
from foreworn.errors import TooLittleHistory
from foreworn.fleet.history import FleetHistory
from foreworn.fleet.machine import Machine
from foreworn.loop.pricing.lives import HOUR, UNWATCHED, RecordedLives, RunLife, by_machine, first_and_last
from foreworn.telemetry.sample import MILLISECOND
from models.failure import FailureModelSettings, GradientBoostedFailureModel, train

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Fold:
    """One model, and the lives of machines that it has not seen.

    Parameters
    ----------
    model
        Trained on the other machines.
    held_out
        Which lives, as places among all that are priced.
    taught_by
        The lives of the other machines: costs are weighed and ages chosen on them alone.
    bases
        By kind, how long such components last, fitted to the other machines.
    """

    model: GradientBoostedFailureModel
    held_out: tuple[int, ...]
    taught_by: tuple[RunLife, ...]
    bases: dict[str, WeibullLife]


def unit_folds(
    history: FleetHistory,
    lives: RecordedLives,
    *,
    folds: int,
    seed: int,
    horizon: timedelta,
    settings: FailureModelSettings,
    leave_out: Collection[str] = (),
    on_fold: Callable[[int], None] = lambda _: None,
) -> list[Fold]:
    """Train one model per fold of machines, each on the machines of the others.

    Parameters
    ----------
    history, lives
        The record, and what is priced of it.
    folds, seed
        How many, and how the machines of each model are dealt out to them.
    horizon, settings, leave_out
        As in `models.failure.train`; the inner folds are by machine, as these are.
    on_fold
        Called with the number of each fold that is done.

    Raises
    ------
    TooLittleHistory
        If there are too few machines to fold, or too few failures to train on.
    """
    fold_of = _dealt([life.machine for life in lives.priced], folds, seed)
    chosen = settings.for_unseen_machines()
    found = []
    for fold in range(folds):
        unseen = {machine for machine, own in fold_of.items() if own == fold}
        past = _teaching(by_machine(history, {m.id for m in history.machines} - unseen), max(settings.curve))
        model = train(past, until=_end(history), horizon=horizon, settings=chosen, leave_out=leave_out)
        found.append(fold_with(model, lives, unseen))
        on_fold(fold)
    return found


def fold_with(model: GradientBoostedFailureModel, lives: RecordedLives, unseen: Collection[str]) -> Fold:
    """Return the fold of a model that was trained without some machines."""
    taught_by = tuple(life for life in lives.priced if life.machine.id not in unseen)
    held_out = tuple(place for place, life in enumerate(lives.priced) if life.machine.id in unseen)
    return Fold(model, held_out, taught_by, bases_of(taught_by, lives, unseen))


def _dealt(machines: Sequence[Machine], folds: int, seed: int) -> dict[str, int]:
    """Return the fold of each machine; those of a model are spread over all folds."""
    by_model: dict[str, list[str]] = defaultdict(list)
    for machine in sorted({m.id: m for m in machines}.values(), key=lambda m: m.id):
        by_model[machine.model].append(machine.id)
    count = sum(len(own) for own in by_model.values())
    if count < folds or folds < 2:
        raise TooLittleHistory(
            f"{count} machines have lives that ended in a failure and were watched whole; {max(folds, 2)} folds need "
            "as many: give a longer record of more machines, or fewer folds"
        )
    dice = np.random.default_rng(seed)
    order = [own[i] for _, own in sorted(by_model.items()) for i in dice.permutation(len(own))]
    return {machine: place % folds for place, machine in enumerate(order)}


def _teaching(history: FleetHistory, horizon: timedelta) -> FleetHistory:
    """Return a history in which a machine whose record ends early teaches nothing false of the time after.

    One that failed for good is taken as retired from then on. One that fell silent without a failure, long before
    the others' record ends, is left out: what became of it is not on record.
    """
    spoke, failed = first_and_last(history.telemetry), _last_failures(history)
    end = max((last for _, last in spoke.values()), default=None)
    machines = []
    for machine in history.machines:
        last = spoke[machine.id][1] if machine.id in spoke else None
        if end is None or last is None:
            continue
        if last < end and machine.id in failed and failed[machine.id] >= last - HOUR:
            machines.append(replace(machine, retired_at=last + MILLISECOND))
        elif last > end - horizon:
            machines.append(machine)
    kept = by_machine(history, {machine.id for machine in machines})
    return replace(kept, machines=tuple(machines))


def _last_failures(history: FleetHistory) -> dict[str, datetime]:
    last = history.failures.select(["machine", "time"]).group_by("machine").aggregate([("time", "max")])
    return {row["machine"]: row["time_max"] for row in last.to_pylist()}


def _end(history: FleetHistory) -> datetime:
    end: datetime = pc.max(history.telemetry["time"]).as_py()
    return end + MILLISECOND


def bases_of(
    taught_by: Sequence[RunLife], lives: RecordedLives, unseen: Collection[str] = ()
) -> dict[str, WeibullLife]:
    """Return by kind how long components last, from lives that failed and from those of other machines that go on.

    Of both only those that were watched from their beginning: among older ones whoever failed before is not on record.
    """
    known: dict[str, list[Life]] = defaultdict(list)
    for life in taught_by:
        entry = lives.entry(life.machine, life.begun) / _DAY
        known[life.kind].append(Life((life.failed_at - life.begun) / _DAY, failed=True, entry=entry))
    for machine, component, begun, until in lives.going_on:
        kind, entered = f"{machine.model}/{component}", lives.entry(machine, begun)
        if machine.id not in unseen and kind in known and entered <= UNWATCHED * (until - begun):
            known[kind].append(Life((until - begun) / _DAY, failed=False, entry=entered / _DAY))
    return {kind: fit_weibull(some) for kind, some in known.items()}
