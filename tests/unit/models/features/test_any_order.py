"""What every kind of feature promises, in one table: a kind that is not in it fails the first test."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from random import Random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreworn.fleet.history import EVENT_SCHEMA, LOG_SCHEMA, FleetHistory
from foreworn.fleet.machine import Machine
from models.features import (
    AgeYears,
    DecayingLevel,
    DecayingMean,
    EventCount,
    ExponentialTrend,
    Feature,
    FeatureSet,
    FirstLevel,
    HoursInLife,
    HoursSinceReplacement,
    HoursSinceStep,
    LifeChange,
    LifeLevel,
    LifeSlope,
    MachineModel,
    PeerDifference,
    StepSize,
    TemplateCount,
    UnknownTextCount,
    UseInLife,
    WindowChange,
    WindowHigh,
    WindowLow,
    WindowMean,
    WindowSlope,
    WindowSpread,
    compute,
)
from models.features.feature_data import KINDS, feature_as_data, feature_from_data
from tests.unit.models.small_fleet import HOUR, at, history

TABLE: tuple[Feature, ...] = (
    AgeYears(),
    MachineModel(("px",)),
    WindowMean("vibration", 9 * HOUR),
    WindowSpread("vibration", 9 * HOUR),
    WindowChange("vibration", 3 * HOUR, 20 * HOUR),
    WindowLow("vibration", 20 * HOUR),
    WindowHigh("vibration", 20 * HOUR),
    WindowSlope("vibration", 20 * HOUR),
    DecayingMean("vibration", 4 * HOUR),
    HoursSinceStep("vibration", 20 * HOUR),
    StepSize("vibration", 20 * HOUR),
    PeerDifference("vibration", 9 * HOUR),
    EventCount("E1", 20 * HOUR),
    TemplateCount("valve <*> stuck", 20 * HOUR),
    TemplateCount("valve <*> stuck", 20 * HOUR, of="logs"),
    UnknownTextCount(("valve <*> stuck",), 20 * HOUR),
    UnknownTextCount(("valve <*> stuck",), 20 * HOUR, of="logs"),
    HoursSinceReplacement("bearing"),
    HoursInLife("bearing"),
    UseInLife("turns", "bearing"),
    LifeLevel("vibration", "bearing", 9 * HOUR, lag=3 * HOUR),
    LifeLevel("vibration", "bearing"),
    FirstLevel("vibration", "bearing", 15 * HOUR),
    LifeChange("vibration", "bearing", 3 * HOUR, 9 * HOUR),
    LifeChange("vibration", "bearing", 3 * HOUR),
    LifeSlope("vibration", "bearing", 20 * HOUR),
    LifeSlope("vibration", "bearing"),
    DecayingLevel("vibration", "bearing", 3 * HOUR),
    ExponentialTrend("vibration", "bearing", "level"),
    ExponentialTrend("vibration", "bearing", "misfit"),
)
FLEET = tuple(Machine(f"m{i}", "px" if i < 4 else "py", "west", at(-9), ("bearing",)) for i in range(5))
SIGNALS = (("vibration", pa.float64()), ("turns", pa.int64()))
TEXTS = ("valve A stuck", "valve B stuck", "door open", "")
ONE_MS = timedelta(milliseconds=1)

halves = st.integers(0, 2 * 40)  # half hours: many stamps stand on a window's very edge
moments = st.tuples(st.sampled_from([machine.id for machine in FLEET]), halves)
values = st.none() | st.integers(-900, 900).map(lambda n: n / 7)


@st.composite
def records(draw: st.DrawFn) -> FleetHistory:
    """Draw a fleet's record over forty hours."""
    samples = draw(st.dictionaries(moments, st.tuples(values, st.integers(0, 9)), min_size=20, max_size=60))
    events = draw(st.lists(st.tuples(moments, st.sampled_from(("E1", "E2")), st.sampled_from(TEXTS)), max_size=20))
    work = draw(st.sets(moments, max_size=6))
    logs = draw(st.lists(st.tuples(moments, st.sampled_from(TEXTS)), max_size=20))
    return record(samples, events, work, logs)


def record(samples: Any, events: Any, work: Any, logs: Any) -> FleetHistory:
    telemetry = [{"machine": m, "time": at(t / 2), "vibration": v, "turns": n} for (m, t), (v, n) in samples.items()]
    said = [
        {"machine": m, "time": at(t / 2), "code": code, "severity": "", "message": text}
        for (m, t), code, text in events
    ]
    lines = [{"machine": m, "time": at(t / 2), "level": "info", "message": text} for (m, t), text in logs]
    done = [(m, at(t / 2), "bearing", "preventive") for m, t in work]
    bare = history(machines=FLEET, telemetry=telemetry, signals=SIGNALS, maintenance=done)
    return replace(
        bare,
        events=pa.Table.from_pylist(said, schema=EVENT_SCHEMA),
        logs=pa.Table.from_pylist(lines, schema=LOG_SCHEMA),
    )


def arrived(known: FleetHistory, chance: Random) -> FleetHistory:
    """Return the same record as it stands when everything came in some order, much of it late."""

    def mixed(table: pa.Table) -> pa.Table:
        return table.take(pa.array(chance.sample(range(len(table)), len(table)), pa.int64()))

    return replace(
        known,
        telemetry=mixed(known.telemetry),
        events=mixed(known.events),
        logs=mixed(known.logs),
        maintenance=mixed(known.maintenance),
    )


def seen(known: FleetHistory, time: datetime, lookback: timedelta) -> FleetHistory:
    """Return what a row may see: what was said in (t - lookback, t], maintenance before t, no failure."""
    window, past = known.between(time - lookback + ONE_MS, time + ONE_MS), known.until(time)
    return replace(window, maintenance=past.maintenance, failures=known.failures.slice(0, 0))


def by_lookback() -> list[FeatureSet]:
    ordered = sorted(TABLE, key=lambda feature: feature.lookback)
    return [FeatureSet(tuple(own)) for _, own in groupby(ordered, key=lambda feature: feature.lookback)]


def test_every_kind_of_feature_is_in_the_table() -> None:
    assert {type(feature) for feature in TABLE} == set(KINDS.values())


@settings(derandomize=True, max_examples=25, deadline=None)
@given(records(), st.lists(moments, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_any_order_of_arrival_and_a_live_window_give_the_value_of_the_whole_history(
    known: FleetHistory, wanted: list[tuple[str, int]], chance: Random
) -> None:
    rows = [(machine, at(half / 2)) for machine, half in wanted]
    for features in by_lookback():
        whole = compute(features, known, rows).matrix
        for row, expected in zip(rows, whole, strict=True):
            live = arrived(seen(known, row[1], features.lookback), chance)
            found = compute(features, live, [row]).matrix[0]
            for feature, a, b in zip(features.features, found, expected, strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9, err_msg=feature.name)


@pytest.mark.parametrize("feature", [pytest.param(feature, id=feature.name) for feature in TABLE])
def test_every_kind_says_something_of_a_machine_that_speaks(feature: Feature) -> None:
    samples = {(m.id, t): (float(i + t % 11), t) for i, m in enumerate(FLEET) for t in range(80)}
    events = [(("m0", 70), "E1", "valve A stuck"), (("m0", 71), "E1", "door open")]
    logs = [(("m0", 70), "valve A stuck"), (("m0", 71), "door open")]
    known = record(samples, events, {("m0", 10)}, logs)
    value = compute(FeatureSet((feature,)), known, [("m0", at(39.5))]).matrix[0, 0]
    assert np.isfinite(value)


@pytest.mark.parametrize("feature", [pytest.param(feature, id=feature.name) for feature in TABLE])
def test_every_kind_survives_the_way_through_json(feature: Feature) -> None:
    assert feature_from_data(json.loads(json.dumps(feature_as_data(feature)))) == feature


def test_a_definition_from_before_log_lines_were_counted_counts_events() -> None:
    old = {"kind": "template_count", "template": "door open", "width_ms": 3_600_000}
    assert feature_from_data(old) == TemplateCount("door open", HOUR, of="events")


def test_a_kind_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown kind of feature 'tomorrow'"):
        feature_from_data({"kind": "tomorrow"})
