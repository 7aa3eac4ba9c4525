"""Slow, obvious twins that the fast code must equal."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction

from foreworn.telemetry.sample import EPOCH, Sample
from foreworn.telemetry.signal import SignalValue


def kept(samples: Sequence[Sample]) -> dict[tuple[str, datetime], dict[str, SignalValue]]:
    """What a store keeps of samples in the order they were received: by (device, time), in that order."""
    rows: dict[tuple[str, datetime], dict[str, SignalValue]] = {}
    for sample in samples:
        for name, value in sample.values.items():
            rows.setdefault((sample.device, sample.time), {})[name] = value
    return dict(sorted(rows.items()))


def windows(samples: Sequence[Sample], start: datetime, end: datetime, every: timedelta) -> list[dict[str, object]]:
    """The aggregates of the numeric values in [start, end), with exact arithmetic until the last step."""
    panes: dict[tuple[str, str, datetime], list[float]] = {}
    for (device, time), values in kept(samples).items():
        for name, value in values.items():
            if start <= time < end and not isinstance(value, str):
                panes.setdefault((device, name, EPOCH + (time - EPOCH) // every * every), []).append(float(value))
    return [
        {
            "time": time,
            "device": device,
            "signal": name,
            "min": min(pane),
            "max": max(pane),
            "mean": float(sum(map(Fraction, pane)) / len(pane)),
            "sd": _sd(pane) if len(pane) > 1 else None,
            "count": len(pane),
            "first": pane[0],
            "last": pane[-1],
        }
        for (device, name, time), pane in sorted(panes.items())
    ]


def _sd(values: Sequence[float]) -> float:
    mean = sum(map(Fraction, values)) / len(values)
    return math.sqrt(sum((Fraction(v) - mean) ** 2 for v in values) / (len(values) - 1))
