from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreworn.fleet.history import FleetHistory
from models.features import FeatureSet, compute
from models.features.definition import Feature
from models.features.trend import (
    DecayingLevel,
    ExponentialPart,
    ExponentialTrend,
    FirstLevel,
    LifeChange,
    LifeLevel,
    LifeSlope,
)
from models.features.use import HoursInLife, UseInLife
from tests.naive_life_features import naive_value
from tests.unit.models.small_fleet import HOUR, at, history, machine

FEATURES = FeatureSet(
    (
        LifeLevel("vibration", "bearing", 5 * HOUR),
        LifeLevel("vibration", "bearing", 5 * HOUR, 10 * HOUR),
        LifeLevel("vibration", "bearing"),
        FirstLevel("vibration", "bearing", 15 * HOUR),
        LifeChange("vibration", "bearing", 10 * HOUR, 20 * HOUR),
        LifeChange("vibration", "bearing", 10 * HOUR),
        LifeSlope("vibration", "bearing", 20 * HOUR),
        LifeSlope("vibration", "bearing"),
        DecayingLevel("vibration", "bearing", 3 * HOUR),
        HoursInLife("bearing"),
        UseInLife("turns", "bearing"),
    )
)
BENDS = FeatureSet(
    tuple(
        ExponentialTrend("vibration", "bearing", part, (5 * HOUR, 20 * HOUR, 80 * HOUR))
        for part in get_args(ExponentialPart)
    )
)
ALL = FeatureSet((*FEATURES.features, *BENDS.features))
MACHINES = ("m1", "m2")
SIGNALS = (("vibration", pa.float64()), ("turns", pa.int64()))
MINUTES = st.integers(0, 60 * 72)


@st.composite
def histories(draw: st.DrawFn) -> FleetHistory:
    """Draw two machines with irregular samples, nulls, a counter that resets, and replacements, over three days."""
    stamps = draw(st.lists(st.tuples(st.sampled_from(MACHINES), MINUTES), max_size=60, unique=True))
    telemetry: list[dict[str, Any]] = [
        {
            "machine": m,
            "time": at(t / 60),
            "vibration": draw(st.one_of(st.none(), st.floats(-100, 100, allow_subnormal=False))),
            "turns": draw(st.one_of(st.none(), st.integers(0, 9))),
        }
        for m, t in stamps
    ]
    moments = st.tuples(st.sampled_from(MACHINES), MINUTES)
    kinds = st.sampled_from(["preventive", "corrective"])
    work = draw(st.lists(st.tuples(moments, st.sampled_from(["bearing", "seal"]), kinds), max_size=4))
    return history(
        machines=[machine("m1", "px"), machine("m2", "pz")],
        telemetry=telemetry,
        signals=SIGNALS,
        maintenance=[(m, at(t / 60), c, k) for (m, t), c, k in work],
    )


rows = st.lists(st.tuples(st.sampled_from(MACHINES), MINUTES), min_size=1, max_size=8)
examples = settings(derandomize=True, max_examples=25, deadline=None)


@examples
@given(histories(), rows)
def test_rows_are_those_of_the_naive_twin(known: FleetHistory, wanted: list[tuple[str, int]]) -> None:
    pairs = [(m, at(t / 60)) for m, t in wanted]
    found = compute(FEATURES, known, pairs).matrix
    naive = [[naive_value(f, known, m, t) for f in FEATURES.features] for m, t in pairs]
    np.testing.assert_allclose(found, naive, rtol=1e-9, atol=1e-7)


@examples
@given(histories(), rows)
def test_a_live_window_gives_the_same_as_the_whole_history_for_each_feature(
    known: FleetHistory, wanted: list[tuple[str, int]]
) -> None:
    for name, minute in wanted:
        row, now = [(name, at(minute / 60))], at(minute / 60)
        for feature in ALL.features:
            live = known.between(now - feature.lookback, now + timedelta(milliseconds=1))
            live = replace(live, maintenance=known.maintenance)
            one = FeatureSet((feature,))
            np.testing.assert_allclose(
                compute(one, live, row).matrix, compute(one, known, row).matrix, rtol=1e-9, atol=1e-12
            )


@examples
@given(histories(), rows)
def test_what_is_stamped_later_never_changes_a_row(known: FleetHistory, wanted: list[tuple[str, int]]) -> None:
    for name, minute in wanted:
        row = [(name, at(minute / 60))]
        past = known.until(row[0][1] + timedelta(milliseconds=1))
        assert compute(ALL, known, row).matrix.tobytes() == compute(ALL, past, row).matrix.tobytes()


@examples
@given(histories(), rows, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(known: FleetHistory, wanted: list[tuple[str, int]], chance: Any) -> None:
    pairs = [(m, at(t / 60)) for m, t in wanted]
    order = chance.sample(range(len(pairs)), len(pairs))

    def mixed(table: pa.Table) -> pa.Table:
        return table.take(pa.array(chance.sample(range(len(table)), len(table)), pa.int64()))

    late = replace(known, telemetry=mixed(known.telemetry), maintenance=mixed(known.maintenance))
    plain, other = compute(ALL, known, pairs), compute(ALL, late, [pairs[i] for i in order])
    np.testing.assert_allclose(other.matrix, plain.matrix[order], rtol=1e-9, atol=1e-12)


def bent(constant: float) -> FleetHistory:
    rows = [{"machine": "m1", "time": at(h), "vibration": 3.0 + 2.0 * np.exp((h - 100) / constant)} for h in range(101)]
    return history(telemetry=rows)


def test_an_exponential_is_found_again() -> None:
    level, rate, constant, misfit = compute(BENDS, bent(20.0), [("m1", at(100))]).matrix[0].tolist()
    assert constant == 20.0
    assert level == pytest.approx(5.0)
    assert rate == pytest.approx(0.1)
    assert misfit == pytest.approx(0.0, abs=1e-6)


@examples
@given(histories(), rows)
def test_an_exponential_fits_as_well_as_the_naive_twins(known: FleetHistory, wanted: list[tuple[str, int]]) -> None:
    pairs = [(m, at(t / 60)) for m, t in wanted]
    misfit = BENDS.features[3]
    naive: list[float] = []
    for m, t in pairs:
        try:
            naive.append(naive_value(misfit, known, m, t))
        except ValueError:  # all stamps so far back that the bend is one number
            return
    np.testing.assert_allclose(compute(BENDS, known, pairs).matrix[:, 3], naive, rtol=1e-4, atol=1e-3)


def test_nothing_of_the_life_before_a_replacement_is_seen() -> None:
    rows = [{"machine": "m1", "time": at(h), "vibration": 9.0 if h <= 50 else 1.0} for h in range(101)]
    known = history(telemetry=rows, maintenance=[("m1", at(50), "bearing", "corrective")])
    found = compute(FEATURES, known, [("m1", at(60))])
    values = dict(zip(found.names, found.matrix[0].tolist(), strict=True))
    assert values["vibration level in life of bearing"] == pytest.approx(1.0)
    assert values["vibration first level 15 h in life of bearing"] == pytest.approx(1.0)
    assert values["vibration slope in life of bearing"] == pytest.approx(0.0, abs=1e-12)
    assert values["hours in life of bearing"] == 10.0


def test_a_counter_that_resets_goes_on_counting() -> None:
    rows = [{"machine": "m1", "time": at(h), "turns": n} for h, n in enumerate([5, 8, 9, 0, 4])]
    known = history(telemetry=rows, signals=SIGNALS[1:])
    assert compute(FeatureSet((UseInLife("turns", "bearing"),)), known, [("m1", at(4))]).matrix.tolist() == [[8.0]]


@pytest.mark.parametrize("feature", [pytest.param(f, id=f.name) for f in ALL.features])
def test_a_definition_survives_as_data(feature: Feature) -> None:
    kept = FeatureSet((feature,)).as_data()
    assert FeatureSet.from_data(kept).features == (feature,)


def test_a_whole_life_asks_for_a_whole_life_of_telemetry() -> None:
    assert LifeSlope("vibration", "bearing").lookback > timedelta(days=365 * 50)
    assert LifeSlope("vibration", "bearing", 20 * HOUR).lookback == 20 * HOUR


def test_an_exponential_has_no_other_parts() -> None:
    with pytest.raises(ValueError, match="has no part 'shape'"):
        ExponentialTrend("vibration", "bearing", "shape")  # type: ignore[arg-type]
