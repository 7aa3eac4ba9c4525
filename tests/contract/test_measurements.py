"""`docs/contracts/measurements.toml` is what the InfluxDB adapter writes, and what it writes is in that file."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from foreworn.health.anomaly import AnomalyScore
from foreworn.health.demand import DemandDistribution, DemandForecast, DemandSource
from foreworn.health.forecast import Forecast
from foreworn.health.remaining_life import LifeForecast
from foreworn.storage.telemetry.duck import DuckTelemetryStore
from foreworn.storage.telemetry.influx_http import InfluxConnection
from foreworn.telemetry.sample import Event, LogLine, TelemetryBatch, to_epoch_ms
from foreworn.telemetry.signal import SignalType
from tests.servers import InfluxServer
from tests.telemetry_stores import ALWAYS, CATALOGUE, AnyStore, at, influx_store, sample

CONTRACT: dict[str, dict[str, Any]] = tomllib.loads(Path("docs/contracts/measurements.toml").read_text())
NOW = [name for name, measurement in CONTRACT.items() if measurement["exists"]]
SIGNAL_FIELDS = {
    SignalType.FLOAT: "float",
    SignalType.INTEGER: "integer",
    SignalType.COUNTER: "integer",
    SignalType.STATE: "string",
}


@dataclass
class Bucket:
    """A bucket that one of everything was written to, twice."""

    connection: InfluxConnection
    store: AnyStore

    def ask(self, query: str) -> list[list[Any]]:
        return [row for series in self.connection.series([query], epoch="ns")[0] for row in series["values"]]

    def fields(self, measurement: str) -> dict[str, str]:
        return dict(self.ask(f'SHOW FIELD KEYS FROM "{measurement}"'))


@pytest.fixture(scope="module")
def bucket(influxd: InfluxServer) -> Iterator[Bucket]:
    name = influxd.new_bucket()
    store = influx_store(influxd, name)
    connection = InfluxConnection(
        url=influxd.url, org=influxd.org, bucket=name, token=influxd.token, timeout=timedelta(seconds=10)
    )
    for _ in range(2):
        write_one_of_everything(store)
    yield Bucket(connection, store)
    store.close()
    connection.close()


def write_one_of_everything(store: AnyStore) -> None:
    store.write(
        TelemetryBatch(
            (sample("p1", 1, flow=1.0, pressure=2.0, strokes=3, level=4, mode="run"),),
            (Event("p1", at(1), "E1", "warning", "hot", 7),),
            (LogLine("p1", at(1), "info", "x", "drive", {"a": 1}, 8),),
        )
    )
    store.write_forecasts([Forecast("m1", "comp1", at(1), timedelta(hours=24), 0.5, "v1", at(2), 3)])
    life: dict[str, Any] = {"p10": 12.0, "p50": 31.0, "p90": 60.0, "expected": 33.0, "cap": 125.0, "unit": "hours"}
    store.write_life_forecasts([LifeForecast("m1", "comp1", at(1), **life, model_version="v1", issued_at=at(2))])
    store.write_health([AnomalyScore("m1", at(1), "pca-1", 3.2, 2.5, 0.001)])
    demand = DemandDistribution.of_events([0.5, 0.1])
    store.write_demand([DemandForecast("seal-40", "main", at(1), at(9), demand, DemandSource.TOTAL, at(0))])


@pytest.mark.server
def test_the_store_writes_the_measurements_that_exist_and_no_others(bucket: Bucket) -> None:
    assert sorted(name for (name,) in bucket.ask("SHOW MEASUREMENTS")) == sorted(NOW)


@pytest.mark.server
@pytest.mark.parametrize("name", NOW)
def test_a_measurement_has_exactly_the_tags_of_the_contract(bucket: Bucket, name: str) -> None:
    tags = [tag for (tag,) in bucket.ask(f'SHOW TAG KEYS FROM "{name}"')]
    assert sorted(tags) == sorted(CONTRACT[name]["tags"])


@pytest.mark.server
@pytest.mark.parametrize("name", NOW)
def test_a_measurement_has_exactly_the_fields_of_the_contract(bucket: Bucket, name: str) -> None:
    expected = CONTRACT[name]["fields"]
    if CONTRACT[name].get("open"):
        expected = {n: SIGNAL_FIELDS[CATALOGUE.by_name(n).type] for n in CATALOGUE.names}
    assert bucket.fields(name) == expected


@pytest.mark.server
@pytest.mark.parametrize("name", NOW)
def test_what_is_written_twice_is_one_point(bucket: Bucket, name: str) -> None:
    assert len(bucket.ask(f'SELECT * FROM "{name}"')) == 1


@pytest.mark.server
@pytest.mark.parametrize("name", NOW)
def test_the_time_of_a_point_is_the_time_of_the_data(bucket: Bucket, name: str) -> None:
    ((time, *_),) = bucket.ask(f'SELECT * FROM "{name}"')
    below = 8 if CONTRACT[name]["precision"] == "ns" else 0
    assert time == to_epoch_ms(at(1)) * 1_000_000 + below


@pytest.mark.server
def test_two_severities_of_one_event_are_two_series_and_read_as_one(influxd: InfluxServer) -> None:
    store = influx_store(influxd)
    event = Event("p1", at(1), "E1", "warning")
    store.write(TelemetryBatch(events=(event,)))
    store.write(TelemetryBatch(events=(replace(event, severity="error"),)))
    assert store.events(*ALWAYS)["severity"].to_pylist() == ["error"]
    store.close()


@pytest.mark.parametrize("name", NOW)
def test_the_duckdb_file_has_a_table_of_the_same_name_and_columns(tmp_path: Path, name: str) -> None:
    file = tmp_path / "t.duckdb"
    store = DuckTelemetryStore(file, CATALOGUE)
    write_one_of_everything(store)
    store.close()
    with duckdb.connect(str(file), read_only=True) as plain:
        rows = plain.execute("SELECT column_name FROM duckdb_columns() WHERE table_name = ?", [name]).fetchall()
    wanted = {"time", *CONTRACT[name]["tags"], *CONTRACT[name]["fields"]}
    if CONTRACT[name].get("open"):
        wanted |= set(CATALOGUE.names)
    # A horizon is a number here, and one process receives in one order, so that it need not be kept.
    renamed = {"horizon_h" if column == "horizon" else column for column in wanted - {"received"}}
    assert {column for (column,) in rows} == renamed


def test_an_identity_is_made_of_tags_fields_and_time() -> None:
    for name, measurement in CONTRACT.items():
        assert set(measurement["identity"]) <= {*measurement["tags"], *measurement["fields"], "time"}, name
        assert set(measurement["optional"]) <= set(measurement["fields"]), name
