"""Engines that run until they fail, under two ways of working, for tests of remaining life."""

from datetime import datetime, timedelta
from functools import cache

import numpy as np
import pyarrow as pa

from foreworn.fleet.history import EVENT_SCHEMA, FAILURE_SCHEMA, MAINTENANCE_SCHEMA, TIME, FleetHistory
from foreworn.fleet.machine import Machine
from models.life import GradientBoostedLifeModel, LifeModelSettings, train
from tests.unit.models.small_fleet import HOUR, START, at

UNTIL = at(10_000)
SETTINGS = LifeModelSettings(
    unit="cycles",
    operating_settings=("load",),
    cap=60.0,
    calibrate_up_to=90.0,
    trees=60,
    quantile_trees=60,
    learning_rate=0.1,
    feature_share=0.3,
    fewest_rows_in_leaf=20,
    folds=3,
    nearest=10,
)


@cache
def engines(count: int = 24, running: int = 3, seed: int = 5) -> FleetHistory:
    """Return engines whose temperature rises as they wear; the last `running` of them have not failed yet.

    Two cycles an hour; at full load everything is hotter. `dead` never changes.
    """
    draw = np.random.default_rng(seed)
    machines, parts, failures = [], [], []
    for number in range(count):
        life = int(draw.integers(90, 160))
        seen = life if number < count - running else life // 2
        worn = np.exp((np.arange(1, seen + 1) - life) / 25)
        load = draw.choice([0.5, 1.0], size=seen)
        name = f"e{number:02d}"
        machines.append(Machine(name, "px", "west", START, ("engine",)))
        columns = {
            "time": pa.array([at(h) for h in range(1, seen + 1)], TIME),
            "machine": [name] * seen,
            "cycles": pa.array(2 * np.arange(1, seen + 1)),
            "load": load + draw.normal(0, 0.001, seen),
            "temperature": 100 * load + 8 * worn + draw.normal(0, 0.8, seen),
            "pressure": 30 - 10 * load - 3 * worn + draw.normal(0, 0.4, seen),
            "dead": np.full(seen, 1.5),
        }
        parts.append(pa.table(columns))
        if seen == life:
            failures.append({"time": at(life), "machine": name, "component": "engine", "mode": ""})
    return FleetHistory(
        tuple(machines),
        pa.concat_tables(parts),
        EVENT_SCHEMA.empty_table(),
        MAINTENANCE_SCHEMA.empty_table(),
        pa.Table.from_pylist(failures, schema=FAILURE_SCHEMA),
    )


@cache
def model() -> GradientBoostedLifeModel:
    return train(engines(), "engine", until=UNTIL, settings=SETTINGS)


def last_row(name: str) -> tuple[str, datetime]:
    """Return the engine at the end of its record."""
    telemetry = engines().telemetry
    times = [
        t for t, m in zip(telemetry["time"].to_pylist(), telemetry["machine"].to_pylist(), strict=True) if m == name
    ]
    return name, max(times)


def before_failure(name: str, hours: float) -> tuple[str, datetime]:
    machine, end = last_row(name)
    return machine, end - timedelta(hours=hours)


__all__ = ["HOUR", "SETTINGS", "UNTIL", "before_failure", "engines", "last_row", "model"]
