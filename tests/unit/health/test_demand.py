from datetime import UTC, datetime, timedelta

import pytest

from foreworn.health.demand import (
    DEMAND_SCHEMA,
    DemandDistribution,
    DemandForecast,
    DemandSource,
    Driver,
    demand_table,
    unreserved_demand,
)

NOW = datetime(2026, 1, 1, 6, 30, tzinfo=UTC)


def _forecast(source: DemandSource, quantity: int, *, part: str = "seal", days: int = 21) -> DemandForecast:
    driver = Driver(source, mean=float(quantity))
    end = NOW + timedelta(days=days)
    return DemandForecast(part, "main", NOW, end, DemandDistribution.certain(quantity), source, NOW, (driver,))


def test_unreserved_demand_leaves_out_what_is_planned_and_the_total() -> None:
    streams = [_forecast(source, quantity) for source, quantity in zip(DemandSource, (1, 10, 100, 111), strict=True)]

    assert unreserved_demand(streams) == DemandDistribution.certain(101)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(_forecast(DemandSource.HISTORY, 1), id="the same stream twice"),
        pytest.param(_forecast(DemandSource.PREDICTED, 1, part="belt"), id="another part"),
        pytest.param(_forecast(DemandSource.PREDICTED, 1, days=7), id="another period"),
    ],
)
def test_forecasts_that_would_count_twice_are_not_added_up(other: DemandForecast) -> None:
    with pytest.raises(ValueError, match=r"twice|one part, place and period"):
        unreserved_demand([_forecast(DemandSource.HISTORY, 1), other])


def test_a_forecast_tells_what_share_each_source_has() -> None:
    drivers = (
        Driver(DemandSource.PREDICTED, 0.5),
        Driver(DemandSource.PREDICTED, 0.25),
        Driver(DemandSource.PLANNED, 2.25),
    )
    end = NOW + timedelta(days=1)
    forecast = DemandForecast("seal", "main", NOW, end, DemandDistribution.certain(3), DemandSource.TOTAL, NOW, drivers)

    assert forecast.shares == {DemandSource.PREDICTED: 0.25, DemandSource.PLANNED: 0.75}


def test_the_table_holds_one_sorted_row_per_forecast() -> None:
    table = demand_table([_forecast(DemandSource.TOTAL, 3), _forecast(DemandSource.PLANNED, 2)])

    assert table.schema == DEMAND_SCHEMA
    assert table.column("source").to_pylist() == ["planned", "total"]
    assert table.slice(1).to_pylist() == [
        {"time": NOW, "part": "seal", "place": "main", "source": "total", "issue": "2026-01-01T06:30:00.000Z",
         "mean": 3.0, "p50": 3.0, "p80": 3.0, "p90": 3.0, "p95": 3.0, "p99": 3.0}
    ]  # fmt: skip


def test_a_period_without_length_is_refused() -> None:
    with pytest.raises(ValueError, match="has no length"):
        _forecast(DemandSource.TOTAL, 1, days=0)
