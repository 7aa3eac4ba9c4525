from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from foreworn.fleet.machine import Machine
from models.features import (
    AgeYears,
    EventCount,
    Feature,
    FeatureSet,
    HoursSinceReplacement,
    MachineModel,
    WindowChange,
    WindowMean,
    WindowSpread,
    compute,
)
from tests.unit.models.small_fleet import HOUR, at, history, machine

ONE_MS = timedelta(milliseconds=1)


def value(feature: Feature, **parts: object) -> float:
    rows = compute(FeatureSet((feature,)), history(**parts), [("m1", at(48))])  # type: ignore[arg-type]
    return float(rows.matrix[0, 0])


def vibration(*stamps: datetime) -> list[dict[str, object]]:
    return [{"time": t, "machine": "m1", "vibration": float(i + 1)} for i, t in enumerate(stamps)]


@pytest.mark.parametrize(
    ("stamp", "count"),
    [
        pytest.param(at(48), 1, id="at the row's own time"),
        pytest.param(at(48) + ONE_MS, 0, id="just after the row"),
        pytest.param(at(24) + ONE_MS, 1, id="just inside the last 24 h"),
        pytest.param(at(24), 0, id="24 h ago"),
    ],
)
def test_a_row_sees_the_events_of_its_window(stamp: datetime, count: int) -> None:
    assert value(EventCount("E1", 24 * HOUR), events=[("m1", stamp, "E1"), ("m1", stamp, "E2")]) == count


def test_a_row_sees_telemetry_of_its_own_time_and_none_that_comes_after() -> None:
    telemetry = vibration(at(47), at(48), at(48) + ONE_MS)
    assert value(WindowMean("vibration", 3 * HOUR), telemetry=telemetry) == 1.5


def test_a_change_holds_the_last_hours_against_a_longer_past() -> None:
    telemetry = vibration(at(10), at(20), at(47))
    assert value(WindowChange("vibration", 3 * HOUR, 40 * HOUR), telemetry=telemetry) == 3.0 - 2.0


def test_a_change_against_a_shorter_time_is_refused() -> None:
    with pytest.raises(ValueError, match="longer"):
        WindowChange("vibration", 24 * HOUR, 24 * HOUR)


def test_a_row_does_not_see_a_replacement_of_its_own_moment() -> None:
    done = [("m1", at(8), "bearing", "preventive"), ("m1", at(48), "bearing", "corrective")]
    assert value(HoursSinceReplacement("bearing"), maintenance=done) == 40.0


def test_a_replacement_counts_from_the_moment_after_it() -> None:
    done = [("m1", at(48) - ONE_MS, "bearing", "corrective")]
    assert value(HoursSinceReplacement("bearing"), maintenance=done) == pytest.approx(1 / 3_600_000)


def test_hours_since_replacement_are_unknown_before_the_first_record() -> None:
    assert np.isnan(value(HoursSinceReplacement("bearing"), maintenance=[("m1", at(1), "seal", "preventive")]))


def test_no_feature_sees_a_failure() -> None:
    features = FeatureSet(
        (WindowMean("vibration", 3 * HOUR), EventCount("E1", 24 * HOUR), HoursSinceReplacement("bearing"), AgeYears())
    )
    parts = {"telemetry": vibration(at(47)), "maintenance": [("m1", at(3), "bearing", "preventive")]}
    failures = [("m1", at(h), "bearing") for h in (10, 47, 48, 49)]
    calm = compute(features, history(**parts), [("m1", at(48))])  # type: ignore[arg-type]
    failed = compute(features, history(**parts, failures=failures), [("m1", at(48))])  # type: ignore[arg-type]
    assert calm.matrix.tobytes() == failed.matrix.tobytes()


def test_spread_is_the_sample_standard_deviation() -> None:
    assert value(WindowSpread("vibration", 3 * HOUR), telemetry=vibration(at(46), at(47), at(48))) == 1.0


@pytest.mark.parametrize(
    "installed",
    [
        pytest.param(datetime(2020, 3, 1, tzinfo=UTC), id="the day after a leap day"),
        pytest.param(datetime(2020, 2, 29, 13, tzinfo=UTC), id="a leap day"),
        pytest.param(datetime(1965, 12, 31, tzinfo=UTC), id="before 1970"),
    ],
)
def test_age_is_what_the_machine_says_of_itself(installed: datetime) -> None:
    old = Machine("m1", "px", "west", installed, ())
    times = [datetime(2020, 3, 2, tzinfo=UTC) + timedelta(hours=7 * i) for i in range(2000)]
    rows = compute(FeatureSet((AgeYears(),)), history(machines=[old]), [("m1", t) for t in times])
    assert rows.matrix[:, 0].tolist() == [float(old.age_years(t)) for t in times]


@pytest.mark.parametrize(
    ("model", "place"),
    [
        pytest.param("px", 0.0, id="the first"),
        pytest.param("py", 1.0, id="the second"),
        pytest.param("pz", float("nan"), id="one it was not told of"),
    ],
)
def test_a_machine_model_is_its_place_among_the_known_ones(model: str, place: float) -> None:
    found = value(MachineModel(("px", "py")), machines=[machine(model=model)])
    np.testing.assert_equal(found, place)


def test_names_are_fit_for_a_person() -> None:
    features = (WindowMean("vibration", 24 * HOUR), WindowSpread("vibration", 3 * HOUR), EventCount("E17", 24 * HOUR))
    assert [f.name for f in features] == ["vibration mean 24 h", "vibration spread 3 h", "E17 count 24 h"]
    assert [f.source for f in features] == ["vibration", "vibration", "E17"]
    assert HoursSinceReplacement("seal").name == "hours since replacement of seal"
