"""What every store of demand forecasts promises: `foreworn.health.demand.DemandStore`."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from foreworn.errors import StoreRejected
from foreworn.health.demand import (
    DEMAND_SCHEMA,
    DemandDistribution,
    DemandForecast,
    DemandSource,
    Driver,
)
from tests.telemetry_stores import ALWAYS, AnyStore, at

FIRST = DemandForecast(
    part="seal-40",
    place="main",
    start=at(10),
    end=at(20),
    distribution=DemandDistribution.of_events([0.8, 0.1, 0.05]),
    source=DemandSource.TOTAL,
    issued_at=at(0) + timedelta(milliseconds=7),
    drivers=(Driver(DemandSource.PREDICTED, 0.8, "m1", "seal", probability=0.8, quantity=1),),
)
ISSUE = "2026-01-05T00:00:00.007Z"


def test_a_demand_forecast_comes_back_as_it_was_said(store: AnyStore) -> None:
    store.write_demand([FIRST])
    table = store.demand(*ALWAYS)
    assert table.schema == DEMAND_SCHEMA
    identity = {"time": at(10), "part": "seal-40", "place": "main", "source": "total", "issue": ISSUE}
    quantiles = {"p50": 1.0, "p80": 1.0, "p90": 2.0, "p95": 2.0, "p99": 2.0}
    assert table.to_pylist() == [{**identity, "mean": FIRST.distribution.mean, **quantiles}]


def test_a_store_without_demand_answers_with_an_empty_table(store: AnyStore) -> None:
    store.write_demand([])
    assert store.demand(*ALWAYS).schema == DEMAND_SCHEMA
    assert len(store.demand(*ALWAYS)) == 0


def test_what_is_written_again_is_one_and_another_issue_stands_beside_it(store: AnyStore) -> None:
    again = replace(FIRST, distribution=DemandDistribution.certain(3))
    store.write_demand([FIRST, again])
    store.write_demand([again, replace(FIRST, issued_at=at(1))])
    assert store.demand(*ALWAYS)["mean"].to_pylist() == [3.0, FIRST.distribution.mean]


IDENTITIES: list[tuple[str, str, DemandSource, datetime]] = [
    ("o-ring 12x2, blue", "main", DemandSource.TOTAL, at(10)),
    ("seal-40", "main", DemandSource.HISTORY, at(10)),
    ("seal-40", "main", DemandSource.HISTORY, at(20)),
    ("seal-40", "main", DemandSource.PLANNED, at(10)),
    ("seal-40", "van's", DemandSource.TOTAL, at(10)),
]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        pytest.param({}, [0, 1, 2, 3, 4], id="all, sorted by their identity"),
        pytest.param({"start": at(20)}, [2], id="of periods that begin in the range"),
        pytest.param({"end": at(20)}, [0, 1, 3, 4], id="of periods that begin before its end"),
        pytest.param({"parts": ["o-ring 12x2, blue", "x"]}, [0], id="of some parts"),
        pytest.param({"places": ["van's"]}, [4], id="of some places"),
        pytest.param({"parts": ["o-ring 12x2, blue"], "places": ["van's"]}, [], id="of parts at other places"),
        pytest.param({"parts": []}, [], id="of no part"),
        pytest.param({"places": []}, [], id="of no place"),
    ],
)
def test_demand_is_chosen_by_period_part_and_place(store: AnyStore, wanted: dict[str, Any], found: list[int]) -> None:
    issued = [replace(FIRST, part=p, place=w, source=s, start=t, end=at(30)) for p, w, s, t in IDENTITIES]
    store.write_demand(issued[::-1])
    rows = store.demand(**({"start": at(0), "end": at(60)} | wanted)).to_pylist()
    assert [(r["part"], r["place"], r["source"], r["time"]) for r in rows] == [IDENTITIES[i] for i in found]


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(replace(FIRST, part=""), id="no part"),
        pytest.param(replace(FIRST, place="van\\"), id="a place that ends in a backslash"),
        pytest.param(replace(FIRST, start=datetime(1600, 1, 1, tzinfo=at(0).tzinfo)), id="a period long past"),
    ],
)
def test_a_demand_forecast_no_store_can_keep_is_rejected_and_nothing_is_stored(
    store: AnyStore, bad: DemandForecast
) -> None:
    with pytest.raises(StoreRejected, match="demand forecast for"):
        store.write_demand([FIRST, bad])
    assert len(store.demand(*ALWAYS)) == 0
