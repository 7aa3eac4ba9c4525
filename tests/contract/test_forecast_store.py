"""What every forecast store promises: `foreworn.health.forecast.ForecastStore`."""

import math
from dataclasses import replace
from datetime import timedelta

import pytest

from foreworn.errors import StoreRejected
from foreworn.health.forecast import FORECAST_SCHEMA, Forecast, Reason, forecast_table
from tests.telemetry_stores import ALWAYS, AnyStore, at

DAY = timedelta(hours=24)
FIRST = Forecast("m1", "comp1", at(1), DAY, 0.1, "v1", at(2))


def test_a_forecast_comes_back_as_it_was_issued(store: AnyStore) -> None:
    reasons = (Reason("flow", "flow mean 3 h", 1.0, None, None, 0.5),)
    store.write_forecasts([replace(FIRST, reasons=reasons, probability=1 / 3)])
    table = store.forecasts(*ALWAYS)
    assert table.schema == FORECAST_SCHEMA
    assert table.to_pylist() == [
        {
            "time": at(1),
            "machine": "m1",
            "component": "comp1",
            "horizon_h": 24.0,
            "probability": 1 / 3,
            "model_version": "v1",
            "revision": 0,
            "issued_at": at(2),
        }
    ]


def test_a_store_without_forecasts_answers_with_an_empty_table(store: AnyStore) -> None:
    assert store.forecasts(*ALWAYS).schema == FORECAST_SCHEMA
    store.write_forecasts([])
    assert len(store.forecasts(*ALWAYS)) == 0


def test_a_forecast_written_twice_is_one(store: AnyStore) -> None:
    for _ in range(2):
        store.write_forecasts([FIRST, FIRST])
    assert len(store.forecasts(*ALWAYS)) == 1


def test_a_revision_stands_beside_what_it_revises(store: AnyStore) -> None:
    store.write_forecasts([replace(FIRST, revision=10, probability=0.7, issued_at=at(30))])
    store.write_forecasts([FIRST, replace(FIRST, revision=2, probability=0.4)])
    table = store.forecasts(*ALWAYS)
    assert table["revision"].to_pylist() == [0, 2, 10]
    assert table["probability"].to_pylist() == [0.1, 0.4, 0.7]


def test_forecasts_are_sorted_by_their_identity(store: AnyStore) -> None:
    identities = [
        ("m1", "comp1", timedelta(hours=0.5), at(1), "v1", 0),
        ("m1", "comp1", DAY, at(1), "v1", 0),
        ("m1", "comp1", DAY, at(1), "v1", 9),
        ("m1", "comp1", DAY, at(1), "v1", 10),
        ("m1", "comp1", DAY, at(1), "v2", 0),
        ("m1", "comp1", DAY, at(3), "v1", 0),
        ("m1", "comp1", 4 * DAY, at(1), "v1", 0),
        ("m1", "comp2", DAY, at(1), "v1", 0),
        ("m2, west", 'a "b"', timedelta(hours=1) / 3, at(1), "v=1 x", 0),
    ]
    issued = [Forecast(m, c, t, h, 0.5, v, at(5), r) for m, c, h, t, v, r in identities]
    store.write_forecasts(issued[::-1])
    table = store.forecasts(*ALWAYS).select(["machine", "component", "horizon_h", "time", "model_version", "revision"])
    hours = [(m, c, h / timedelta(hours=1), t, v, r) for m, c, h, t, v, r in identities]
    assert [tuple(row.values()) for row in table.to_pylist()] == hours


def test_the_range_is_half_open_in_the_time_of_the_data(store: AnyStore) -> None:
    store.write_forecasts([replace(FIRST, time=at(i), issued_at=at(100)) for i in range(4)])
    assert store.forecasts(at(1), at(3))["time"].to_pylist() == [at(1), at(2)]
    assert len(store.forecasts(at(100), at(101))) == 0


def test_no_machine_is_not_all_machines(store: AnyStore) -> None:
    store.write_forecasts([FIRST, replace(FIRST, machine="m2")])
    for chosen, found in ((None, ["m1", "m2"]), ([], []), (["m2", "m3"], ["m2"])):
        assert store.forecasts(*ALWAYS, machines=chosen)["machine"].to_pylist() == found


def test_a_table_of_forecasts_is_stored_as_they_are_one_by_one(store: AnyStore) -> None:
    issued = [
        replace(FIRST, machine="m2, west", component='a "b"', probability=1 / 3, horizon=timedelta(hours=1) / 2),
        replace(FIRST, probability=1.0, model_version="", revision=3),
        replace(FIRST, probability=1e-7, time=at(3)),
    ]
    store.write_forecasts(issued)
    one_by_one = store.forecasts(*ALWAYS)
    store.write_forecast_table(forecast_table(issued))
    assert store.forecasts(*ALWAYS).equals(one_by_one)
    store.write_forecast_table(forecast_table([replace(f, machine=f"new {f.machine}") for f in issued]))
    store.write_forecasts([replace(f, machine=f"new {f.machine}") for f in issued])
    assert len(store.forecasts(*ALWAYS)) == 2 * len(issued)


def test_of_the_same_forecast_twice_in_a_table_the_later_stays(store: AnyStore) -> None:
    store.write_forecast_table(forecast_table([FIRST, replace(FIRST, probability=0.4), replace(FIRST, machine="m2")]))
    assert store.forecasts(*ALWAYS)["probability"].to_pylist() == [0.4, 0.1]


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(replace(FIRST, probability=math.nan), id="a probability that is NaN"),
        pytest.param(replace(FIRST, machine=""), id="no machine"),
        pytest.param(replace(FIRST, component="a\nb"), id="a line break in a component"),
        pytest.param(replace(FIRST, model_version="v\\"), id="a version that ends in a backslash"),
    ],
)
def test_a_forecast_no_store_can_keep_is_rejected_and_nothing_is_stored(store: AnyStore, bad: Forecast) -> None:
    with pytest.raises(StoreRejected):
        store.write_forecasts([FIRST, bad])
    with pytest.raises(StoreRejected):
        store.write_forecast_table(forecast_table([FIRST, bad]))
    assert len(store.forecasts(*ALWAYS)) == 0
