from datetime import timedelta

import pyarrow as pa
import pytest

from models.features import AgeYears, FeatureSet, default_features, features_of
from tests.unit.models.small_fleet import at, history, machine


def test_definitions_survive_the_way_through_data() -> None:
    features = default_features(["p", "q"], ["E1"], ["bearing"], machine_models=["px", "py"])
    assert FeatureSet.from_data(features.as_data()) == features


def test_an_unknown_kind_of_feature_is_refused() -> None:
    with pytest.raises(ValueError, match=r"unknown kind of feature 'moon_phase'; known: age_years, "):
        FeatureSet.from_data([{"kind": "moon_phase"}])


def test_two_features_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two features are called 'machine age'"):
        FeatureSet((AgeYears(), AgeYears()))


def test_lookback_is_the_longest_window() -> None:
    assert default_features(["p"], [], []).lookback == timedelta(hours=24)
    assert FeatureSet((AgeYears(),)).lookback == timedelta(0)


def test_without_events_no_code_is_counted() -> None:
    with_codes = default_features(["p"], ["E1", "E2"], ["seal"])
    without = default_features(["p"], ["E1", "E2"], ["seal"], with_events=False)
    assert set(with_codes.names) - set(without.names) == {"E1 count 24 h", "E2 count 24 h"}


def test_state_signals_have_no_means() -> None:
    known = history(
        machines=[machine("m1", "px"), machine("m2", "py")],
        telemetry=[{"time": at(0), "machine": "m1", "speed": 3, "mode": "run"}],
        signals=[("speed", pa.int64()), ("mode", pa.string())],
        events=[("m1", at(0), "E9")],
    )
    features = features_of(known)
    assert features.signals == {"speed"}
    assert features.names[-5:] == (
        "E9 count 24 h",
        "hours since replacement of bearing",
        "hours since replacement of seal",
        "machine age",
        "machine model",
    )
    assert features.categories == (len(features.names) - 1,)


def test_a_far_horizon_asks_for_slow_windows() -> None:
    features = default_features(["p"], ["E1"], [], horizon=timedelta(days=7))
    assert features.lookback == timedelta(days=7)
    assert "p change 24 h against 168 h" in features.names
    assert FeatureSet.from_data(features.as_data()) == features
    assert features.signals == {"p"}
