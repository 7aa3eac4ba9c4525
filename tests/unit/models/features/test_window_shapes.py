import math
import statistics
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings

from foreworn.fleet.history import FleetHistory
from models.features import (
    DecayingMean,
    Feature,
    FeatureSet,
    HoursSinceStep,
    StepSize,
    WindowHigh,
    WindowLow,
    WindowSlope,
    compute,
)
from tests.unit.models.features.test_feature_rows import FEATURES, histories, rows
from tests.unit.models.small_fleet import HOUR, at, history

SHAPES = FeatureSet(
    (
        WindowLow("vibration", 20 * HOUR),
        WindowHigh("vibration", 20 * HOUR),
        WindowSlope("vibration", 20 * HOUR),
        DecayingMean("vibration", 4 * HOUR),
        HoursSinceStep("vibration", 20 * HOUR),
        StepSize("vibration", 20 * HOUR),
    )
)
examples = settings(derandomize=True, max_examples=30, deadline=None)


def seen(known: FleetHistory, machine: str, time: datetime) -> list[tuple[float, float]]:
    """Return (hours before the row, value) of the last 20 hours, oldest first."""
    return [
        ((time - row["time"]) / HOUR, row["vibration"])
        for row in known.telemetry.to_pylist()
        if row["machine"] == machine and time - 20 * HOUR < row["time"] <= time and row["vibration"] is not None
    ]


def naive_step(samples: list[tuple[float, float]]) -> tuple[float, float]:
    """Return the step of the cut whose two levels leave the least squares."""
    values, cuts = [v for _, v in samples], range(2, len(samples) - 1)
    if not cuts:
        return math.nan, math.nan
    left = {cut: sum((v - statistics.fmean(values[:cut])) ** 2 for v in values[:cut]) for cut in cuts}
    right = {cut: sum((v - statistics.fmean(values[cut:])) ** 2 for v in values[cut:]) for cut in cuts}
    best = min(cuts, key=lambda cut: left[cut] + right[cut])
    return samples[best][0], statistics.fmean(values[best:]) - statistics.fmean(values[:best])


@examples
@given(histories(), rows)
def test_shapes_are_those_of_the_naive_twin(known: FleetHistory, wanted: list[tuple[str, int]]) -> None:
    for name, minute in wanted:
        low, high, slope, decayed, _, _ = compute(SHAPES, known, [(name, at(minute / 60))]).matrix[0]
        samples = seen(known, name, at(minute / 60))
        values = [value for _, value in samples]
        assert (low, high) == (
            (min(values), max(values)) if values else pytest.approx((math.nan, math.nan), nan_ok=True)
        )
        if len(samples) > 2:
            expected = np.polynomial.polynomial.polyfit([-h for h, _ in samples], values, 1)[1]
            assert slope == pytest.approx(expected, rel=1e-6, abs=1e-3)
        weights = [math.exp(-hours / 4) for hours, _ in samples]
        mean = sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights) if samples else math.nan
        assert decayed == pytest.approx(mean, rel=1e-9, abs=1e-6, nan_ok=True)


@examples
@given(histories(), rows)
def test_a_live_window_gives_the_same_bits_as_the_whole_history(
    known: FleetHistory, wanted: list[tuple[str, int]]
) -> None:
    together = compute(SHAPES, known, [(m, at(t / 60)) for m, t in wanted]).matrix
    for (name, minute), row in zip(wanted, together, strict=True):
        now = at(minute / 60)
        live = known.between(now - SHAPES.lookback, now + timedelta(milliseconds=1))
        assert compute(SHAPES, live, [(name, now)]).matrix[0].tobytes() == row.tobytes()


def test_a_step_is_found_where_the_naive_twin_finds_it() -> None:
    draw = np.random.default_rng(3)
    values = draw.normal(0, 1, 60) + 3 * (np.arange(60) % 17 > 8)
    known = history(telemetry=[{"time": at(h), "machine": "m1", "vibration": float(v)} for h, v in enumerate(values)])
    for hour in range(5, 60, 7):
        found = compute(SHAPES, known, [("m1", at(hour))]).matrix[0, -2:]
        assert found == pytest.approx(naive_step(seen(known, "m1", at(hour))))


@pytest.mark.parametrize(
    ("feature", "samples"),
    [
        pytest.param(WindowSlope("vibration", 20 * HOUR), 2, id="a slope of two samples"),
        pytest.param(HoursSinceStep("vibration", 20 * HOUR), 3, id="a step in three samples"),
        pytest.param(StepSize("vibration", 20 * HOUR), 3, id="the size of a step in three samples"),
        pytest.param(WindowLow("vibration", 20 * HOUR), 0, id="the lowest of none"),
    ],
)
def test_too_few_samples_say_nothing(feature: Feature, samples: int) -> None:
    known = history(telemetry=[{"time": at(h), "machine": "m1", "vibration": float(h)} for h in range(samples)])
    assert math.isnan(compute(FeatureSet((feature,)), known, [("m1", at(9))]).matrix[0, 0])


def test_definitions_survive_the_way_through_data() -> None:
    assert FeatureSet.from_data(SHAPES.as_data()) == SHAPES
    assert SHAPES.signals == {"vibration"}
    assert SHAPES.lookback == timedelta(hours=20)
    assert FEATURES.plan_names == ("hours since replacement of bearing", "hours since replacement of seal")
    assert set(FEATURES.names) - set(FEATURES.without_plan().names) == set(FEATURES.plan_names)
