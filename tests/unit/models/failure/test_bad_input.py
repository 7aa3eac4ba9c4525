"""Histories that are broken in ordinary ways: a clear message or a documented fallback, never a silent number."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from foreworn.errors import TooLittleHistory
from foreworn.fleet.history import FleetHistory
from foreworn.health.forecast import Forecast
from models.failure import GradientBoostedFailureModel, train
from models.failure.reasons import MISSING
from models.features import FeatureSet, UseInLife, compute, features_of
from tests.unit.models.failure.trained import SMALL, UNTIL, fleet, model
from tests.unit.models.small_fleet import at, machine

QUICK = SMALL.model_copy(update={"curve": (timedelta(days=1),)})
NOW = at(45 * 24)


def trained(known: FleetHistory) -> GradientBoostedFailureModel:
    return train(known, until=UNTIL, settings=QUICK)


def with_signal(known: FleetHistory, name: str, values: pa.Array) -> FleetHistory:
    telemetry = known.telemetry
    if name in telemetry.column_names:
        return replace(known, telemetry=telemetry.set_column(telemetry.column_names.index(name), name, values))
    return replace(known, telemetry=telemetry.append_column(name, values))


def blanked(known: FleetHistory, name: str, rows: np.ndarray, value: float | None) -> FleetHistory:
    """Return the history with a signal's values replaced where `rows` is true."""
    values = known.telemetry[name].to_pylist()
    return with_signal(
        known, name, pa.array([value if r else v for v, r in zip(values, rows, strict=True)], pa.float64())
    )


def hours(known: FleetHistory) -> np.ndarray:
    return np.array([(t - at(0)) / timedelta(hours=1) for t in known.telemetry["time"].to_pylist()])


def said(by: GradientBoostedFailureModel, known: FleetHistory, time: datetime = NOW) -> list[Forecast]:
    return by.forecast(known, [(m.id, time) for m in known.machines], issued_at=time)


def test_a_signal_that_disappears_from_live_data_is_named_in_every_forecast() -> None:
    gone = replace(fleet(), telemetry=fleet().telemetry.drop_columns(["pressure"]))
    for forecast in said(model(), gone):
        assert forecast.reasons[-1].source == MISSING
        assert "nothing was said of pressure in the look-back: forecast without" in forecast.reasons[-1].feature
    assert not any(reason.source == MISSING for forecast in said(model(), fleet()) for reason in forecast.reasons)


def test_a_renamed_signal_is_one_that_disappeared() -> None:
    known = fleet()
    names = ["bar" if name == "pressure" else name for name in known.telemetry.column_names]
    renamed = replace(known, telemetry=known.telemetry.rename_columns(names))
    assert all("nothing was said of pressure" in f.reasons[-1].feature for f in said(model(), renamed))


def test_a_signal_that_ends_halfway_through_training_still_trains() -> None:
    known = fleet()
    found = trained(blanked(known, "pressure", hours(known) > 20 * 24, None))
    assert sorted(found.components) == ["bearing", "seal"]
    assert found.components["bearing"].metrics["inner_f1"] > 0.7


@pytest.mark.parametrize("value", [4.2, None], ids=["constant", "never said"])
def test_a_signal_that_says_nothing_teaches_nothing(value: float | None) -> None:
    known = fleet()
    dull = with_signal(known, "dull", pa.array([value] * len(known.telemetry), pa.float64()))
    found = trained(dull)
    matrix = compute(found.features, dull, [(m.id, NOW) for m in dull.machines]).matrix
    own = [i for i, name in enumerate(found.features.names) if name.startswith("dull")]
    assert own
    for part in found.components.values():
        assert not part.contributions(matrix, timedelta(days=1))[:, own].any()


def test_blocks_of_nan_are_holes_and_no_numbers() -> None:
    known = fleet()
    block = (hours(known) % 240) < 36
    as_nan, as_null = blanked(known, "vibration", block, float("nan")), blanked(known, "vibration", block, None)
    assert trained(as_nan).version == trained(as_null).version
    assert all(0 <= f.probability <= 1 for f in said(trained(as_nan), as_nan))


def test_a_sample_that_stands_twice_trains_as_it_stands() -> None:
    known = fleet()
    twice = replace(known, telemetry=pa.concat_tables([known.telemetry, known.telemetry.slice(0, 500)]))
    assert sorted(trained(twice).components) == ["bearing", "seal"]


def test_the_same_failure_told_twice_is_one_failure() -> None:
    known = fleet()
    twice = replace(known, failures=pa.concat_tables([known.failures, known.failures]))
    plain, doubled = trained(known), trained(twice)
    assert {c: p.metrics for c, p in doubled.components.items()} == {c: p.metrics for c, p in plain.components.items()}
    assert {c: a.life for c, a in doubled.ages.items()} == {c: a.life for c, a in plain.ages.items()}


def test_a_machine_with_one_row_is_forecast_and_its_missing_signals_are_named() -> None:
    known = fleet()
    one = known.telemetry.slice(0, 1)
    one = one.set_column(one.column_names.index("machine"), "machine", pa.array(["m99"]))
    lonely = replace(
        known,
        machines=(*known.machines, machine("m99")),
        telemetry=pa.concat_tables([known.telemetry, one]),
    )
    (bearing, _) = trained(lonely).forecast(lonely, [("m99", NOW)], issued_at=NOW)
    assert 0 < bearing.probability < 1
    assert bearing.reasons[-1].source == MISSING


@pytest.mark.parametrize(
    ("keep", "message"),
    [
        pytest.param(0, "no component has history enough to train on: bearing: 0 failures", id="no failures"),
        pytest.param(1, None, id="one failure"),
    ],
)
def test_hardly_any_failure_is_an_error_or_age_alone(keep: int, message: str | None) -> None:
    known = replace(fleet(), failures=fleet().failures.slice(0, keep))
    if message is not None:
        with pytest.raises(TooLittleHistory, match=message):
            trained(known)
        return
    found = trained(known)
    (component,) = found.ages
    assert found.components == {}
    assert "age alone: 1 failure on record, a Weibull life with an assumed shape" in found.basis[component]
    assert all(f.probability < found.threshold for f in said(found, known))


def test_a_component_that_never_failed_has_no_forecast_and_the_model_says_why() -> None:
    known = fleet()
    machines = tuple(replace(m, components=(*m.components, "gearbox")) for m in known.machines)
    whole = replace(known, machines=machines)
    found = trained(whole)
    assert "none ever failed" in found.components_left_out["gearbox"]
    assert {f.component for f in said(found, whole)} == {"bearing", "seal"}


def test_a_counter_that_resets_teaches_what_one_that_goes_on_teaches() -> None:
    known, turns = fleet(), hours(fleet()) + 1
    whole = with_signal(known, "turns", pa.array(turns.astype(np.int64)))
    reset = with_signal(known, "turns", pa.array(np.where(turns > 500, turns - 500, turns).astype(np.int64)))
    features = FeatureSet((*features_of(known).features, UseInLife("turns", "bearing")))
    first, second = (train(h, until=UNTIL, settings=QUICK, features=features) for h in (whole, reset))
    assert first.version == second.version
    assert [f.probability for f in said(first, whole)] == [f.probability for f in said(second, reset)]


def test_a_failure_of_a_component_that_no_machine_has_teaches_nothing_of_others() -> None:
    known = fleet()
    strange = known.failures.slice(0, 5)
    place = strange.column_names.index("component")
    strange = strange.set_column(place, "component", pa.array(["gearbox"] * 5))
    found = trained(replace(known, failures=pa.concat_tables([known.failures, strange])))
    assert "gearbox" not in found.basis
    assert pc.any(pc.equal(strange["component"], "gearbox")).as_py()
