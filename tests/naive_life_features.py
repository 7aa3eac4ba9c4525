"""The features of a life the slow and obvious way: row by row, sample by sample."""

import math
import statistics
from datetime import datetime, timedelta
from itertools import pairwise

from foreworn.fleet.history import FleetHistory
from models.features.definition import Feature
from models.features.trend import DecayingLevel, ExponentialTrend, FirstLevel, LifeChange, LifeLevel, LifeSlope
from models.features.use import HoursInLife, UseInLife

Samples = list[tuple[datetime, float]]
HOUR = timedelta(hours=1)


def naive_value(feature: Feature, history: FleetHistory, machine: str, time: datetime) -> float:
    """Return one feature of one row by looking at every record there is."""
    match feature:
        case HoursInLife(component):
            return (time - _start(history, machine, component, time)) / HOUR
        case UseInLife(counter, component):
            return _use([v for _, v in _life(history, machine, counter, component, time)])
        case LifeLevel(signal, component, width, lag):
            return _mean(
                _since(_life(history, machine, signal, component, time - lag, seen_at=time), time - lag, width)
            )
        case FirstLevel(signal, component, width):
            start = _start(history, machine, component, time)
            return _mean([s for s in _life(history, machine, signal, component, time) if s[0] <= start + width])
        case LifeChange(signal, component, width, lag, against):
            now = naive_value(LifeLevel(signal, component, width), history, machine, time)
            then: Feature = FirstLevel(signal, component, against)
            if lag is not None:
                then = LifeLevel(signal, component, width, lag)
            return now - naive_value(then, history, machine, time)
        case LifeSlope(signal, component, width):
            return _slope(_since(_life(history, machine, signal, component, time), time, width))
        case DecayingLevel(signal, component, constant):
            seen = _since(_life(history, machine, signal, component, time), time, 8 * constant)
            weights = [math.exp(-((time - t) / constant)) for t, _ in seen]
            return sum(w * v for w, (_, v) in zip(weights, seen, strict=True)) / sum(weights) if seen else math.nan
        case ExponentialTrend(signal, component, part, constants):
            return _exponential(_life(history, machine, signal, component, time), time, constants).get(part, math.nan)
    raise AssertionError(f"no naive twin for {feature}")


def _start(history: FleetHistory, machine: str, component: str, time: datetime) -> datetime:
    owner = next(m for m in history.machines if m.id == machine)
    done: list[datetime] = [
        m["time"]
        for m in history.maintenance.to_pylist()
        if m["machine"] == machine and m["component"] == component and m["time"] < time
    ]
    return max([owner.installed_at, *done])


def _life(
    history: FleetHistory, machine: str, signal: str, component: str, time: datetime, seen_at: datetime | None = None
) -> Samples:
    start = _start(history, machine, component, seen_at or time)
    return [
        (row["time"], float(row[signal]))
        for row in history.telemetry.sort_by("time").to_pylist()
        if row["machine"] == machine and start < row["time"] <= time and row[signal] is not None
    ]


def _since(samples: Samples, time: datetime, width: timedelta | None) -> Samples:
    return [s for s in samples if width is None or time - width < s[0]]


def _mean(samples: Samples) -> float:
    return statistics.fmean(v for _, v in samples) if samples else math.nan


def _use(counts: list[float]) -> float:
    if not counts:
        return math.nan
    return sum(b - a if b >= a else b for a, b in pairwise(counts))


def _slope(samples: Samples) -> float:
    if len(samples) < 2:
        return math.nan
    times = [(t - samples[0][0]) / HOUR for t, _ in samples]
    return statistics.linear_regression(times, [v for _, v in samples]).slope


def _exponential(samples: Samples, time: datetime, constants: tuple[timedelta, ...]) -> dict[str, float]:
    best: dict[str, float] = {}
    for constant in constants if len(samples) >= 3 else ():
        bend = [math.exp(-((time - t) / constant)) for t, _ in samples]
        line = statistics.linear_regression(bend, [v for _, v in samples])
        left = [v - line.intercept - line.slope * b for b, (_, v) in zip(bend, samples, strict=True)]
        misfit = math.sqrt(statistics.fmean(r * r for r in left))
        if not best or misfit < best["misfit"] - 1e-12:
            level, rate = line.intercept + line.slope, line.slope / (constant / HOUR)
            best = {"level": level, "rate": rate, "constant": constant / HOUR, "misfit": misfit}
    return best
