"""From a matrix of features to stored forecasts, beside what the bare boosters need to predict."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.scoring.fleet import CATALOGUE, START, FleetPlan, fleet, machines_of
from benchmarks.scoring.turns import alternate, ratio, spread
from foreworn.fleet.history import FleetHistory
from foreworn.storage.telemetry.duck import DuckTelemetryStore
from foreworn.telemetry.sample import to_epoch_ms
from models.failure import GradientBoostedFailureModel
from models.failure.scored_matrix import ScoredMatrix
from models.features import RowIndex, compute

_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ManyMachines:
    """A fleet at one moment, its features known.

    Parameters
    ----------
    history
        The machines; nothing else is on record of them.
    matrix : (n_machines, n_features) float
    """

    history: FleetHistory
    matrix: NDArray[np.float64]

    def at(self, time: datetime) -> RowIndex:
        """Return one row per machine."""
        names = np.array([machine.id for machine in self.history.machines], dtype=object)
        return RowIndex(names, np.full(len(names), to_epoch_ms(time)))


def many_machines(model: GradientBoostedFailureModel, machines: int) -> ManyMachines:
    """Return a fleet whose features are those of other machines at other times, drawn from a record of 30 days."""
    plan = FleetPlan(machines=100, days=30, failures_per_year=8, seed=2)
    rows = RowIndex.grid([m.id for m in machines_of(plan)], START + 24 * _HOUR, plan.end, 3 * _HOUR)
    known = compute(model.features, fleet(plan), rows).matrix
    drawn = np.random.default_rng(plan.seed).integers(0, len(known), machines)
    silent = fleet(FleetPlan(machines=1, days=1, failures_per_year=0))
    return ManyMachines(replace(silent, machines=machines_of(replace(plan, machines=machines))), known[drawn])


def against_predict(
    model: GradientBoostedFailureModel, machines: int, turns: int, folder: Path
) -> dict[str, float | int]:
    """Return how much longer it takes to store forecasts than to have the bare boosters predict.

    Once at the model's own horizon, and once at the end of its last interval, for which all boosters are needed.
    """
    many = many_machines(model, machines)
    said = machines * len(model.components)
    figures: dict[str, float | int] = {}
    for name, horizon in (("", model.horizon), ("_all_intervals", model.horizons[-1])):
        asked = replace(model, horizon=horizon)
        store = DuckTelemetryStore(folder / f"forecasts{name}.duckdb", CATALOGUE)
        try:
            contenders = {"stored": _stored(asked, many, store), "predict": _predict(asked, many)}
            found = alternate(contenders, turns)
            _check(store, said * (turns + 1))
        finally:
            store.close()
        figures |= ratio(f"ratio_vs_predict{name}", found["stored"], found["predict"])
        figures |= spread(f"from_features{name}_cpu_seconds", found["stored"])
        figures |= spread(f"predict{name}_cpu_seconds", found["predict"])
        figures[f"from_features{name}_forecasts_per_cpu_second"] = round(said / median(found["stored"]))
    return figures


def _stored(model: GradientBoostedFailureModel, many: ManyMachines, store: DuckTelemetryStore) -> Callable[[], object]:
    """Return what scores and stores the fleet, an hour later each time it is called."""
    hours = count()

    def once() -> None:
        time = START + next(hours) * _HOUR
        store.write_forecast_table(ScoredMatrix(model, many.history, many.at(time), many.matrix, time).table())

    return once


def _predict(model: GradientBoostedFailureModel, many: ManyMachines) -> Callable[[], object]:
    """Return what asks the same boosters for the same rows, and does nothing with what they say."""
    needed = [
        period.booster
        for part in model.components.values()
        for period in part.periods
        if period.period.start < model.horizon
    ]
    return lambda: [booster.raw(many.matrix) for booster in needed]


def _check(store: DuckTelemetryStore, expected: int) -> None:
    kept = store.forecasts(START, START + expected * _HOUR)
    if len(kept) != expected:
        raise RuntimeError(f"{len(kept)} forecasts are stored, not {expected}")
