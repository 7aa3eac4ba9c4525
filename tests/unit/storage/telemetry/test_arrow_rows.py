from itertools import permutations

import pyarrow as pa
import pytest

from foreworn.health.forecast import FORECAST_SCHEMA
from foreworn.storage.telemetry.arrow_rows import (
    event_rows,
    log_rows,
    one_row_per_forecast,
    one_row_per_sample,
    sample_rows,
)
from foreworn.telemetry.sample import Event, LogLine
from tests.telemetry_stores import CATALOGUE, at

TIME = pa.timestamp("ms", "UTC")


def test_a_table_without_repeats_is_left_alone() -> None:
    table = pa.table({"time": pa.array([1, 2], TIME), "device": ["a", "a"], "flow": [1.0, None]})
    assert one_row_per_sample(table) is table


def test_repeats_are_merged_and_null_is_no_value() -> None:
    table = pa.table(
        {
            "time": pa.array([1, 2, 1, 1], TIME),
            "device": ["a", "a", "a", "b"],
            "flow": [1.0, 5.0, None, 7.0],
            "mode": [None, None, "run", None],
        }
    )
    assert one_row_per_sample(table).sort_by([("device", "ascending"), ("time", "ascending")]).to_pydict() == {
        "time": [at(0).fromtimestamp(t / 1000, at(0).tzinfo) for t in (1, 2, 1)],
        "device": ["a", "a", "b"],
        "flow": [1.0, 5.0, 7.0],
        "mode": ["run", None, None],
    }


def test_samples_become_one_row_each_and_later_values_win() -> None:
    signals = [CATALOGUE.by_name("flow"), CATALOGUE.by_name("level")]
    table = sample_rows([("a", 1, {"flow": 1.0}), ("a", 1, {"flow": 2.0, "level": 3})], signals)
    assert table.drop_columns("time").to_pylist() == [{"device": "a", "flow": 2.0, "level": 3}]


def test_of_two_entries_of_one_identity_the_later_is_kept() -> None:
    events = event_rows([Event("a", at(1), "E1", "warning"), Event("a", at(1), "E1", "error")])
    assert events["severity"].to_pylist() == ["error"]
    lines = log_rows([LogLine("a", at(1), "info", "x", seq=1), LogLine("a", at(1), "info", "y", seq=1)])
    assert lines["message"].to_pylist() == ["y"]


@pytest.mark.parametrize("order", list(permutations(("m1", "m1 revised", "m1 later", "m2"))))
def test_forecasts_are_one_row_each_in_whatever_order_they_stand(order: tuple[str, ...]) -> None:
    rows = {
        "m1": ("m1", 1, 0, 0.1),
        "m1 revised": ("m1", 1, 1, 0.2),
        "m1 later": ("m1", 2, 0, 0.3),
        "m2": ("m2", 1, 0, 0.4),
    }
    told = [rows[name] for name in order]
    assert one_row_per_forecast(forecasts(*told)) == forecasts(*told)
    first = told[0]
    again = one_row_per_forecast(forecasts(*told, (*first[:3], 0.9)))
    assert sorted(again["probability"].to_pylist()) == sorted([0.9, *(probability for *_, probability in told[1:])])


def forecasts(*rows: tuple[str, int, int, float]) -> pa.Table:
    columns = {
        "time": [time for _, time, _, _ in rows],
        "machine": [machine for machine, *_ in rows],
        "component": ["seal"] * len(rows),
        "horizon_h": [24.0] * len(rows),
        "probability": [probability for *_, probability in rows],
        "model_version": ["v"] * len(rows),
        "revision": [revision for _, _, revision, _ in rows],
        "issued_at": [5] * len(rows),
    }
    return pa.table(columns, schema=FORECAST_SCHEMA)
