"""What every store of anomaly scores promises: `foreworn.health.anomaly.HealthStore`."""

import math
from dataclasses import replace

import pytest

from foreworn.errors import StoreRejected
from foreworn.health.anomaly import HEALTH_SCHEMA, AnomalyScore, SignalShare
from tests.telemetry_stores import ALWAYS, AnyStore, at

FIRST = AnomalyScore("m1", at(1), "pca-1", 1 / 3, 2.5, 5e-4)


def test_a_score_comes_back_as_it_was_said(store: AnyStore) -> None:
    store.write_health([replace(FIRST, contributions=(SignalShare("flow", 1.0, 2.0, 0.0, 1.0),), regime="full load")])
    table = store.health(*ALWAYS)
    assert table.schema == HEALTH_SCHEMA
    row = {"time": at(1), "machine": "m1", "detector": "pca-1", "score": 1 / 3, "threshold": 2.5, "p_value": 5e-4}
    assert table.to_pylist() == [row]


def test_a_store_without_scores_answers_with_an_empty_table(store: AnyStore) -> None:
    store.write_health([])
    assert store.health(*ALWAYS).schema == HEALTH_SCHEMA
    assert len(store.health(*ALWAYS)) == 0


def test_of_two_scores_of_one_time_the_later_written_counts(store: AnyStore) -> None:
    store.write_health([FIRST, replace(FIRST, score=1.0)])
    store.write_health([replace(FIRST, score=2.0), replace(FIRST, detector="pca-2")])
    assert store.health(*ALWAYS)["score"].to_pylist() == [2.0, 1 / 3]


def test_scores_are_chosen_by_machine_and_data_time_and_sorted(store: AnyStore) -> None:
    identities = [("m 1", "a", 1), ("m1", "a", 1), ("m1", "a", 2), ("m1", "b", 1), ("m2, west", "a=1", 3)]
    store.write_health([replace(FIRST, machine=m, detector=d, time=at(t)) for m, d, t in reversed(identities)])

    def found(*between: float, machines: list[str] | None = None) -> list[tuple[str, str, float]]:
        rows = store.health(*map(at, between), machines=machines).to_pylist()
        return [(r["machine"], r["detector"], (r["time"] - at(0)).total_seconds() / 60) for r in rows]

    assert found(0, 4) == identities
    assert found(2, 3) == [("m1", "a", 2)]
    assert found(0, 4, machines=["m2, west", "m3"]) == [("m2, west", "a=1", 3)]
    assert found(0, 4, machines=[]) == []


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(replace(FIRST, score=math.inf), id="an infinite score"),
        pytest.param(replace(FIRST, p_value=math.nan), id="a p-value that is NaN"),
        pytest.param(replace(FIRST, machine="m\n1"), id="a line break in a machine"),
        pytest.param(replace(FIRST, detector=""), id="no detector"),
    ],
)
def test_a_score_no_store_can_keep_is_rejected_and_nothing_is_stored(store: AnyStore, bad: AnomalyScore) -> None:
    with pytest.raises(StoreRejected, match="anomaly score of"):
        store.write_health([FIRST, bad])
    assert len(store.health(*ALWAYS)) == 0
