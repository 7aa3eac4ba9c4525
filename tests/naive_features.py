"""The default features the slow and obvious way: row by row, sample by sample."""

import math
import statistics
from datetime import datetime, timedelta

from foreworn.fleet.history import FleetHistory
from models.features import (
    AgeYears,
    EventCount,
    Feature,
    FeatureSet,
    HoursSinceReplacement,
    MachineModel,
    WindowMean,
    WindowSpread,
)


def naive_row(features: FeatureSet, history: FleetHistory, machine: str, time: datetime) -> list[float]:
    """Return one row's features by looking at every record there is."""
    return [_naive(feature, history, machine, time) for feature in features.features]


def _naive(feature: Feature, history: FleetHistory, machine: str, time: datetime) -> float:
    owner = next(m for m in history.machines if m.id == machine)
    match feature:
        case WindowMean(signal, width):
            seen = _seen(history, machine, signal, time, width)
            return statistics.fmean(seen) if seen else math.nan
        case WindowSpread(signal, width):
            seen = _seen(history, machine, signal, time, width)
            return statistics.stdev(seen) if len(seen) > 1 else math.nan
        case EventCount(code, width):
            return float(
                sum(
                    e["machine"] == machine and e["code"] == code and time - width < e["time"] <= time
                    for e in history.events.to_pylist()
                )
            )
        case HoursSinceReplacement(component):
            done = [
                m["time"]
                for m in history.maintenance.to_pylist()
                if m["machine"] == machine and m["component"] == component and m["time"] < time
            ]
            return (time - max(done)) / timedelta(hours=1) if done else math.nan
        case AgeYears():
            return float(owner.age_years(time))
        case MachineModel(models):
            return float(models.index(owner.model)) if owner.model in models else math.nan
    raise AssertionError(f"no naive twin for {feature}")


def _seen(history: FleetHistory, machine: str, signal: str, time: datetime, width: timedelta) -> list[float]:
    return [
        row[signal]
        for row in history.telemetry.to_pylist()
        if row["machine"] == machine and time - width < row["time"] <= time and row[signal] is not None
    ]
