"""Pumps whose signals hang together: flow drives current and pressure, vibration is its own."""

from dataclasses import replace
from datetime import timedelta
from functools import cache

import numpy as np
import pyarrow as pa

from foreworn.fleet.history import TIME, FleetHistory
from models.anomaly import AnomalySettings, SubspaceDetector, train
from tests.unit.models.small_fleet import HOUR, at, history, machine

SIGNALS = ("current", "flow", "pressure", "vibration")
QUICK = AnomalySettings(
    every=13 * HOUR,  # further apart than the smoothing reaches: rows are independent
    time_constant=3 * HOUR,
    width=12 * HOUR,
    fewest_rows=200,
    fewest_own_rows=20,
    false_alarm_rate=0.02,
    before_failure=timedelta(0),
)
TRAINED_UNTIL = at(200 * 24)


def pumps(count: int = 8, *, days: int = 200, seed: int = 5, first_day: int = 0) -> FleetHistory:
    """Return hourly telemetry of pumps that are all healthy; each is a little different from the others."""
    built, draw = np.random.default_rng(1), np.random.default_rng(seed)
    fleet = [machine(f"m{i}", components=("bearing",)) for i in range(count)]
    hours = np.arange(days * 24) + first_day * 24
    stamps = pa.array([at(int(h)) for h in hours], TIME)
    parts = []
    for one in fleet:
        own = built.normal(0, 1, 4)
        flow = 50 + 5 * draw.normal(size=len(hours))
        columns = {
            "current": 0.2 * flow + 0.3 * draw.normal(size=len(hours)) + own[0],
            "flow": flow + own[1],
            "pressure": 8 - 0.08 * flow + 0.1 * draw.normal(size=len(hours)) + own[2],
            "vibration": 2 + 0.3 * draw.normal(size=len(hours)) + own[3],
        }
        parts.append(pa.table({"time": stamps, "machine": pa.array([one.id] * len(hours)), **columns}))
    bare = history(machines=fleet)
    return FleetHistory(bare.machines, pa.concat_tables(parts), bare.events, bare.maintenance, bare.failures)


def changed(past: FleetHistory, signal: str, name: str, by: float) -> FleetHistory:
    """Return the history with one machine's signal moved."""
    column = past.telemetry.column_names.index(signal)
    own = np.array(past.telemetry["machine"].to_pylist()) == name
    values = past.telemetry[signal].to_numpy() + np.where(own, by, 0.0)
    return replace(past, telemetry=past.telemetry.set_column(column, signal, pa.array(values)))


@cache
def detector() -> SubspaceDetector:
    return train(pumps(), until=TRAINED_UNTIL, settings=QUICK)
