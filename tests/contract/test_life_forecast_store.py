"""What every store of remaining lives promises: `foreworn.health.remaining_life.LifeForecastStore`."""

import math
from dataclasses import replace

import pytest

from foreworn.errors import StoreRejected
from foreworn.health.forecast import Reason
from foreworn.health.remaining_life import REMAINING_LIFE_SCHEMA, LifeForecast
from tests.telemetry_stores import ALWAYS, AnyStore, at

FIRST = LifeForecast(
    machine="m1",
    component="bearing",
    time=at(1),
    p10=1 / 3,
    p50=31.0,
    p90=60.0,
    expected=33.25,
    cap=125.0,
    unit="hours",
    model_version="life-1",
    issued_at=at(2),
)


def test_a_remaining_life_comes_back_as_it_was_told_without_what_the_board_keeps(store: AnyStore) -> None:
    reasons = (Reason("flow", "flow level 5 h", 1.0, None, None, 0.5),)
    store.write_life_forecasts([replace(FIRST, reasons=reasons, note="a load that training had not seen")])
    table = store.life_forecasts(*ALWAYS)
    assert table.schema == REMAINING_LIFE_SCHEMA
    assert table.to_pylist() == [{name: getattr(FIRST, name) for name in REMAINING_LIFE_SCHEMA.names}]


def test_a_store_without_remaining_lives_answers_with_an_empty_table(store: AnyStore) -> None:
    store.write_life_forecasts([])
    assert store.life_forecasts(*ALWAYS).schema == REMAINING_LIFE_SCHEMA
    assert len(store.life_forecasts(*ALWAYS)) == 0


def test_of_two_of_one_time_and_model_the_later_written_counts(store: AnyStore) -> None:
    store.write_life_forecasts([FIRST, replace(FIRST, p50=30.0)])
    store.write_life_forecasts([replace(FIRST, p50=29.0), replace(FIRST, model_version="life-2")])
    assert store.life_forecasts(*ALWAYS)["p50"].to_pylist() == [29.0, 31.0]


def test_remaining_lives_are_chosen_by_machine_and_data_time_and_sorted(store: AnyStore) -> None:
    identities = [("m1", "a", 1, "v"), ("m1", "a", 2, "v"), ("m1", "b", 1, "v"), ("m2, west", 'b "c"', 3, "v=1 x")]
    lives = [
        replace(FIRST, machine=m, component=c, time=at(t), model_version=v, issued_at=at(9))
        for m, c, t, v in identities
    ]
    store.write_life_forecasts(lives[::-1])

    def found(*between: float, machines: list[str] | None = None) -> list[tuple[str, str, float, str]]:
        rows = store.life_forecasts(*map(at, between), machines=machines).to_pylist()
        minutes = [(r["time"] - at(0)).total_seconds() / 60 for r in rows]
        return [(r["machine"], r["component"], t, r["model_version"]) for r, t in zip(rows, minutes, strict=True)]

    assert found(0, 4) == identities
    assert found(2, 3) == [("m1", "a", 2, "v")]
    assert found(0, 4, machines=["m2, west", "m3"]) == identities[3:]
    assert found(0, 4, machines=[]) == []


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(replace(FIRST, p90=math.inf), id="an infinite quantile"),
        pytest.param(replace(FIRST, expected=math.nan), id="an expected life that is NaN"),
        pytest.param(replace(FIRST, machine="m\n1"), id="a line break in a machine"),
        pytest.param(replace(FIRST, unit=""), id="no unit"),
    ],
)
def test_a_remaining_life_no_store_can_keep_is_rejected_and_nothing_is_stored(
    store: AnyStore, bad: LifeForecast
) -> None:
    with pytest.raises(StoreRejected, match="remaining life of"):
        store.write_life_forecasts([FIRST, bad])
    assert len(store.life_forecasts(*ALWAYS)) == 0
