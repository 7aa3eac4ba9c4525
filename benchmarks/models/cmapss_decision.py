"""What acting on forecasts of remaining life is worth, on C-MAPSS engines that ran to their end.

A replacement has to be ordered ten cycles ahead; a failure costs ten planned replacements. In ten folds by engine the
forecasts of the held-out engines come from a model of the other nine; when to order is chosen on those nine alone, by
inner folds of their engines. Nothing of the test part is read.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from benchmarks.models.cmapss import UNTIL, settings_of
from benchmarks.report import BenchmarkReport
from foreworn.economics.control_limit import (
    PLANNED,
    ControlLimit,
    ForetoldLife,
    LifeOutcome,
    best_age,
    choose_limit,
    cost_rate,
    perfect,
    replaced_at,
)
from foreworn.fleet.history import FleetHistory
from foreworn.storage.history.cmapss import COMPONENT, CYCLES, TRAIN, read_cmapss
from models.features.fleet_record import FleetRecord
from models.features.weighting import WHOLE_LIFE
from models.features.window import Values
from models.life import LifeModelSettings
from models.life.inputs import LifeInputs
from models.life.life_rows import LifeRows
from models.life.training import machine_folds, prepare
from models.life.trees import LifeTrees

LEAD: Final = 10
BREAKDOWN: Final = 10.0
FOLDS: Final = 10
INNER_FOLDS: Final = 3
CAP: Final = 60.0
TREES: Final = 250
LIMITS: Final = tuple(np.arange(LEAD + 0.5, 45.5, 0.5).tolist())
THIRDS: Final = 3
SAMPLES: Final = 4000
SEED: Final = 20150101


@dataclass(frozen=True, slots=True)
class FoldForecasts:
    """One fold: what was foretold of the lives it holds out, and of those it is chosen on.

    Parameters
    ----------
    chosen_on
        Lives of the other folds, foretold by trees of inner folds that had not seen them.
    held_out
        Its own lives, foretold by a model of all the others.
    dead
        The same with each third of the sensors silent from the first cycle on.
    """

    chosen_on: tuple[ForetoldLife, ...]
    held_out: tuple[ForetoldLife, ...]
    dead: tuple[tuple[ForetoldLife, ...], ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of all engines under one kind of rule, in the order of the engines."""

    outcomes: tuple[LifeOutcome, ...]

    @property
    def rate(self) -> float:
        """Cost per cycle."""
        return cost_rate(self.outcomes)

    @property
    def failures(self) -> int:
        """How many failed before they were replaced."""
        return sum(o.failed for o in self.outcomes)


def measure(folder: Path, subset: str) -> BenchmarkReport:
    """Forecast every fold, decide on every engine, and price it."""
    settings = settings_of(cap=CAP, learn_up_to=150.0, folds=FOLDS, trees=TREES, seeds=1, library_every=4)
    history = read_cmapss(folder, subset, parts=[TRAIN]).history
    rows, signals = prepare(history, COMPONENT, until=UNTIL, settings=settings)
    fold = machine_folds(rows, settings)
    folds = [forecast_fold(history, rows, signals, fold, f, settings) for f in range(FOLDS)]
    return BenchmarkReport("models", f"cmapss_decision_{subset.lower()}", PROTOCOL, figures(folds), settings.seed)


def forecast_fold(
    history: FleetHistory,
    rows: LifeRows,
    signals: tuple[str, ...],
    fold: NDArray[np.int64],
    held_out: int,
    settings: LifeModelSettings,
) -> FoldForecasts:
    """Forecast the engines of one fold, and, by inner folds of the others, those that its rule is chosen on."""
    row_fold = fold[rows.record.machine]
    teach, own = row_fold != held_out, row_fold == held_out
    inputs, matrix = LifeInputs.fit(rows, signals, COMPONENT, teach, settings)
    trees = _trees(rows, matrix, teach, settings)
    told = np.full(len(rows.left), np.nan)
    told[own] = trees(matrix[own])
    inner = (np.cumsum(fold != held_out) % INNER_FOLDS)[rows.record.machine]  # deals the others out in turn
    for i in range(INNER_FOLDS):
        unseen = teach & (inner == i)
        told[unseen] = _trees(rows, matrix, teach & (inner != i), settings)(matrix[unseen])
    dead = []
    for third in range(THIRDS):
        silent = inputs.residuals.signals[third::THIRDS]
        told_dead = np.full(len(rows.left), np.nan)
        told_dead[own] = trees(_without(history, rows, own, inputs, silent))
        dead.append(_lives(rows, told_dead, own))
    return FoldForecasts(_lives(rows, told, teach), _lives(rows, told, own), tuple(dead))


def _trees(
    rows: LifeRows, matrix: Values, teach: NDArray[np.bool_], settings: LifeModelSettings
) -> Callable[[Values], Values]:
    """Return trees for the expected life, as a function of columns."""
    trees = LifeTrees.fit(matrix[teach], rows.left[teach], rows.ended[teach], settings, whole=False)
    return lambda columns: np.clip(trees.expected_life(columns), 0.0, settings.cap)


def _without(
    history: FleetHistory, rows: LifeRows, own: NDArray[np.bool_], inputs: LifeInputs, silent: Sequence[str]
) -> Values:
    """Return the columns of the held-out rows with some sensors silent."""
    telemetry = history.telemetry
    for signal in silent:
        place = telemetry.column_names.index(signal)
        telemetry = telemetry.set_column(place, signal, pa.nulls(len(telemetry), pa.float64()))
    index = rows.index.where(own)
    blind = FleetHistory(history.machines, telemetry, history.events, history.maintenance, history.failures)
    return inputs.matrix(FleetRecord(blind, index, WHOLE_LIFE), index.machine)


def _lives(rows: LifeRows, told: Values, which: NDArray[np.bool_]) -> tuple[ForetoldLife, ...]:
    """Return the lives of these rows; a row `left` cycles before the failure in cycle n stands after cycle n - left."""
    places, use = rows.record.samples(CYCLES)
    cycle = use[np.searchsorted(places, rows.record.place)].astype(np.int64)
    lives = []
    for machine, all_rows in rows.index.places().items():
        own = all_rows[which[all_rows]]
        if len(own):
            length = int(cycle[own[0]] + rows.left[own[0]])
            lives.append(ForetoldLife(machine, length, cycle[own], told[own]))
    return tuple(lives)


def decide(
    folds: Sequence[FoldForecasts], *, smoothings: Sequence[int] = (1, 5, 10)
) -> tuple[list[ControlLimit], Decided]:
    """Return the rule of each fold, chosen on its other folds, and what it makes of the fold's engines."""
    rules = [
        choose_limit(f.chosen_on, lead=LEAD, breakdown=BREAKDOWN, limits=LIMITS, smoothings=smoothings) for f in folds
    ]
    return rules, apply(rules, [f.held_out for f in folds])


def apply(rules: Sequence[ControlLimit], lives: Sequence[Sequence[ForetoldLife]]) -> Decided:
    """Return what each fold's rule makes of its lives."""
    return Decided(
        tuple(
            rule.outcome(life, lead=LEAD, breakdown=BREAKDOWN)
            for rule, own in zip(rules, lives, strict=True)
            for life in own
        )
    )


def with_error_times(life: ForetoldLife, factor: float) -> ForetoldLife:
    """Return the life with every forecast's error, against the truth up to the cap, times `factor`."""
    true = np.minimum(life.length - life.cycle, CAP)
    worse = np.clip(true + factor * (life.foretold - true), 0.0, CAP)
    return ForetoldLife(life.unit, life.length, life.cycle, worse)


def _worse(fold: FoldForecasts) -> FoldForecasts:
    chosen_on, held_out = (tuple(with_error_times(x, 2.0) for x in part) for part in (fold.chosen_on, fold.held_out))
    return FoldForecasts(chosen_on, held_out, ())


def figures(folds: Sequence[FoldForecasts]) -> dict[str, float | int]:
    """Return all figures."""
    rules, decided = decide(folds)
    by_age = Decided(
        tuple(
            replaced_at(life, age, breakdown=BREAKDOWN)
            for f in folds
            for age in [best_age(f.chosen_on, breakdown=BREAKDOWN)]
            for life in f.held_out
        )
    )
    lives = [life for f in folds for life in f.held_out]
    known = Decided(tuple(perfect(life) for life in lives))
    hindsight = best_age(lives, breakdown=BREAKDOWN)
    best = Decided(tuple(replaced_at(life, hindsight, breakdown=BREAKDOWN) for life in lives))
    to_failure = Decided(tuple(replaced_at(life, None, breakdown=BREAKDOWN) for life in lives))
    low, high = gap_interval(decided, by_age, known, lives)
    slack = sorted(o.slack for o in decided.outcomes)
    noisy = [_worse(f) for f in folds]
    unnoticed = apply(rules, [f.held_out for f in noisy])
    chosen_noisy = decide(noisy)[1]
    dead = [apply(rules, [f.dead[third] for f in folds]) for third in range(THIRDS)]
    gaps = {
        "gap_closed": decided,
        "gap_closed_noise_doubled": chosen_noisy,
        "gap_closed_noise_doubled_unnoticed": unnoticed,
        "gap_closed_third_of_sensors_dead": max(dead, key=lambda d: d.rate),
    }
    found: dict[str, float | int] = {name: gap_closed(d.rate, by_age.rate, known.rate) for name, d in gaps.items()}
    found |= {
        f"failures_{name.removeprefix('gap_closed').removeprefix('_') or 'of_rule'}": d.failures
        for name, d in gaps.items()
    }
    moved = [dead_moves(folds, third) for third in range(THIRDS)]
    one_more = Decided((*decided.outcomes[1:], replaced_at(lives[0], None, breakdown=BREAKDOWN)))
    return found | {
        "gap_closed_low": low,
        "gap_closed_high": high,
        "gap_closed_against_age_in_hindsight": gap_closed(decided.rate, best.rate, known.rate),
        "one_more_failure_costs": found["gap_closed"] - gap_closed(one_more.rate, by_age.rate, known.rate),
        "third_of_sensors_dead_moves_forecasts_least": min(moved),
        "third_of_sensors_dead_moves_forecasts_most": max(moved),
        "engines": len(lives),
        "failures": decided.failures,
        "slack_of_closest_engine": slack[0],
        "slack_p10": float(np.quantile(slack, 0.1)),
        "slack_median": float(np.median(slack)),
        "failures_age_replacement": by_age.failures,
        "cost_per_1000_cycles": 1000 * decided.rate,
        "cost_per_1000_cycles_age_replacement": 1000 * by_age.rate,
        "cost_per_1000_cycles_perfect": 1000 * known.rate,
        "cost_per_1000_cycles_to_failure": 1000 * to_failure.rate,
        "limit_least": min(r.limit for r in rules),
        "limit_most": max(r.limit for r in rules),
    }


def dead_moves(folds: Sequence[FoldForecasts], third: int) -> float:
    """Return by how many cycles forecasts of the held-out engines move on average when a third of the sensors dies."""
    pairs = [pair for f in folds for pair in zip(f.held_out, f.dead[third], strict=True)]
    return float(np.mean(np.concatenate([np.abs(whole.foretold - blind.foretold) for whole, blind in pairs])))


def gap_closed(rate: float, age: float, known: float) -> float:
    """Return which share of the way from age replacement to perfect foresight a cost rate goes."""
    return (age - rate) / (age - known)


def gap_interval(
    decided: Decided, by_age: Decided, known: Decided, lives: Sequence[ForetoldLife]
) -> tuple[float, float]:
    """Return the middle 95 % of the gap closed over fleets of engines drawn anew.

    A bootstrap never draws a failure that has not happened. So each fleet also draws how likely one is, from
    Beta(failures + 1, survivors), whose 95 % point without failures is the rule of three's 3 / n, and lets as many
    of its other engines fail.
    """
    draw, n = np.random.default_rng(SEED), len(lives)
    cost, used = (
        np.array([[getattr(o, a) for o in d.outcomes] for d in (decided, by_age, known)]) for a in ("cost", "used")
    )
    length = np.array([life.length for life in lives])
    failed = np.array([o.failed for o in decided.outcomes])
    found = []
    for _ in range(SAMPLES):
        picked = draw.integers(n, size=n)
        costs, uses = cost[:, picked].copy(), used[:, picked].astype(np.float64)
        likely = draw.beta(decided.failures + 1, n - decided.failures)
        excess = max(int(draw.binomial(n, likely)) - int(failed[picked].sum()), 0)
        unlucky = draw.permutation(np.flatnonzero(~failed[picked]))[:excess]
        costs[0, unlucky], uses[0, unlucky] = BREAKDOWN, length[picked][unlucky]
        rates = costs.sum(axis=1) / uses.sum(axis=1)
        found.append(gap_closed(*rates.tolist()))
    low, high = np.quantile(found, (0.025, 0.975))
    return float(low), float(high)


PROTOCOL: Final = (
    f"train part alone; a replacement is ordered {LEAD} cycles ahead, a failure costs {BREAKDOWN:g} planned "
    f"replacements (each {PLANNED:g}); {FOLDS} folds by engine: held-out engines are forecast by a model of the other "
    f"folds, and the limit is chosen on those other folds by {INNER_FOLDS} inner folds of their engines, for each of "
    "which trees are grown anew (regimes, indices and past lives are those of all the other folds); best "
    "replacement age computed on the other folds; perfect foresight replaces after the last cycle before the failure; "
    "all costs over all cycles. noise_doubled: every forecast's error times two, limits chosen on such forecasts; "
    "unnoticed: limits as without; third_of_sensors_dead: silent from the first cycle on, nothing chosen or trained "
    "anew, the worst of three thirds. The interval draws engines, and failures that did not happen"
)
