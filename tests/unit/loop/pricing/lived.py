"""Small histories that ran to failure, and forecasts along them written by hand."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import numpy as np
import pyarrow as pa

from foreworn.economics.cost_table import ComponentCost, CostTable
from foreworn.economics.weibull_life import Life, WeibullLife, fit_weibull
from foreworn.fleet.history import EVENT_SCHEMA, FAILURE_SCHEMA, MAINTENANCE_SCHEMA, TIME, FleetHistory
from foreworn.fleet.machine import Machine
from foreworn.loop.pricing.lives import RunLife
from foreworn.loop.pricing.settings import PricingSettings
from foreworn.loop.pricing.told import ToldLife
from foreworn.loop.pricing.unit_folds import Fold
from models.failure import GradientBoostedFailureModel

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
START = datetime(2026, 1, 1, tzinfo=UTC)
LEAD = timedelta(hours=10)
HORIZONS = PricingSettings(lead=LEAD).horizons
COST = ComponentCost(100.0, 1_000.0, 0.0, 0.0, timedelta(0), timedelta(0), HOUR)
COSTS = CostTable({("*", "*"): COST}, "CHF")


def machine(name: str) -> Machine:
    return Machine(name, "px", "west", START, ("seal",))


def life(name: str, length: int, *, renewed: bool = False) -> RunLife:
    return RunLife(machine(name), "seal", START, START + length * HOUR, renewed)


def told(of: RunLife, *, sees_ahead: float, certain: float = 0.999) -> ToldLife:
    """Return hourly forecasts that are as good as certain of a failure within a horizon if it is at most so far off."""
    time = tuple(START + hour * HOUR for hour in range(of.length))
    left = [(of.failed_at - moment) / HOUR for moment in time]
    rows = [[certain if x <= h / HOUR and x <= sees_ahead else 1e-6 for h in HORIZONS] for x in left]
    return ToldLife(of, time, np.array(rows), HORIZONS)


def base(lives: Sequence[RunLife]) -> WeibullLife:
    return fit_weibull(Life(one.length / 24, failed=True) for one in lives)


def fold(held_out: Sequence[int], taught_by: Sequence[RunLife]) -> Fold:
    model = cast("GradientBoostedFailureModel", SimpleNamespace(version="by-hand"))
    return Fold(model, tuple(held_out), tuple(taught_by), {"px/seal": base(taught_by)})


def history(
    lengths: Sequence[int],
    *,
    repairs: Sequence[tuple[int, int, str]] = (),
    silent_after: int | None = None,
) -> FleetHistory:
    """Return one machine per length, in hours; it shows its wear, and fails for good in its last hour.

    Parameters
    ----------
    lengths
        Of 0: it runs on to the end of the record.
    repairs
        (machine, hour, kind) of replacements.
    silent_after
        So many hours after which those that run on say nothing more.
    """
    end = max(lengths)
    rows: list[dict[str, object]] = []
    dice = np.random.default_rng(7)
    for number, length in enumerate(lengths):
        last = length or silent_after or end
        for hour in range(1, last + 1):
            wear = 1.0 / (1 + (length or 10 * end) - hour)
            value = 20.0 * wear + 0.05 * float(dice.standard_normal())
            rows.append({"time": START + hour * HOUR, "machine": f"m{number:02d}", "wear": value})
    failed = [
        {"time": START + length * HOUR, "machine": f"m{n:02d}", "component": "seal", "mode": "worn"}
        for n, length in enumerate(lengths)
        if length
    ]
    done = [
        {"time": START + hour * HOUR, "machine": f"m{n:02d}", "component": "seal", "action": "replaced", "kind": kind}
        for n, hour, kind in repairs
    ]
    schema = pa.schema([("time", TIME), ("machine", pa.string()), ("wear", pa.float64())])
    return FleetHistory(
        tuple(machine(f"m{n:02d}") for n in range(len(lengths))),
        pa.Table.from_pylist(rows, schema=schema),
        EVENT_SCHEMA.empty_table(),
        pa.Table.from_pylist(done, schema=MAINTENANCE_SCHEMA),
        pa.Table.from_pylist(failed, schema=FAILURE_SCHEMA),
    )
