"""The InfluxDB store and its server: going down, coming back, refusing, and what only a real one shows."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from pydantic import SecretStr

from foreworn.bootstrap import open_telemetry
from foreworn.errors import ConfigurationError, StoreRejected, StoreUnavailable
from foreworn.settings import Settings, StoreSettings
from foreworn.storage.telemetry.influx import InfluxTelemetryStore, create_bucket
from foreworn.storage.telemetry.influx_http import InfluxConnection
from foreworn.telemetry.sample import Event, LogLine, Sample, TelemetryBatch
from foreworn.telemetry.signal import Signal, SignalCatalogue, SignalType
from tests.servers import InfluxServer
from tests.telemetry_stores import ALWAYS, CATALOGUE, at, batch, influx_store, sample

pytestmark = pytest.mark.server
SECOND = timedelta(seconds=1)


@pytest.fixture
def store(own_influxd: InfluxServer) -> Iterator[InfluxTelemetryStore]:
    store = influx_store(own_influxd, timeout=2 * SECOND)
    yield store
    store.close()


def test_a_store_whose_server_goes_away_is_unavailable_until_it_comes_back(
    own_influxd: InfluxServer, store: InfluxTelemetryStore
) -> None:
    store.write(batch(sample("p1", 1, flow=1.0)))
    own_influxd.stop()
    with pytest.raises(StoreUnavailable):
        store.write(batch(sample("p1", 2, flow=2.0)))
    with pytest.raises(StoreUnavailable):
        store.samples(*ALWAYS)
    with pytest.raises(StoreUnavailable):
        store.last()
    own_influxd.start()
    store.write(batch(sample("p1", 2, flow=2.0)))
    assert store.samples(*ALWAYS)["flow"].to_pylist() == [1.0, 2.0]


def test_a_server_that_hangs_is_unavailable(own_influxd: InfluxServer) -> None:
    store = influx_store(own_influxd, timeout=SECOND / 2)
    store.write(batch(sample("p1", 1, flow=1.0)))
    own_influxd.pause()
    try:
        with pytest.raises(StoreUnavailable):
            store.write(batch(sample("p1", 2, flow=2.0)))
        with pytest.raises(StoreUnavailable):
            store.samples(*ALWAYS)
    finally:
        own_influxd.resume()
        store.close()


def test_a_store_can_be_opened_while_its_server_is_down(own_influxd: InfluxServer) -> None:
    bucket = own_influxd.new_bucket()
    own_influxd.stop()
    store = influx_store(own_influxd, bucket)
    store.use(CATALOGUE)
    own_influxd.start()
    store.write(batch(sample("p1", 1, flow=1.0)))
    assert store.count_samples(*ALWAYS) == 1
    store.close()


def test_a_kill_loses_nothing_that_was_acknowledged(own_influxd: InfluxServer, store: InfluxTelemetryStore) -> None:
    for i in range(20):
        store.write(
            TelemetryBatch(
                tuple(sample(f"p{j}", i, flow=float(i)) for j in range(50)),
                (Event("p1", at(i), "E1"),),
                (LogLine("p1", at(i), "info", "x"),),
            )
        )
    own_influxd.kill()
    own_influxd.start()
    assert store.count_samples(*ALWAYS) == 1000
    assert len(store.events(*ALWAYS)) == len(store.logs(*ALWAYS)) == 20


def test_a_query_that_fails_is_an_error_and_not_an_empty_answer(influxd: InfluxServer) -> None:
    connection = InfluxConnection(
        url=influxd.url, org=influxd.org, bucket=influxd.new_bucket(), token=influxd.token, timeout=10 * SECOND
    )
    with pytest.raises(StoreUnavailable, match="undefined function"):
        connection.rows('SELECT nofunction("f") FROM "m"', 1, pa.schema([("time", pa.int64())]))
    with pytest.raises(StoreUnavailable, match="undefined function"):
        connection.series(['SELECT nofunction("f") FROM "m"'])
    connection.close()


def test_rows_of_many_chunks_and_series_come_back_whole(influxd: InfluxServer) -> None:
    store = influx_store(influxd)
    devices, times = 25, 1000
    table = pa.table(
        {
            "time": pa.array([at(i // devices) for i in range(devices * times)], pa.timestamp("ms", "UTC")),
            "device": [f"p {i % devices:02d}" for i in range(devices * times)],
            "level": list(range(devices * times)),
        }
    )
    store.write_table(table)
    windows = store.windows(*ALWAYS, timedelta(minutes=1))
    assert len(windows) == devices * times
    by_device = table.sort_by([("device", "ascending"), ("time", "ascending")])
    assert windows["device"].to_pylist() == by_device["device"].to_pylist()
    assert windows["last"].to_pylist() == by_device["level"].to_pylist()
    assert store.samples(*ALWAYS, signals=["level"]).equals(by_device)
    store.close()


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        pytest.param({"token": "wrong"}, "FOREWORN_STORE__INFLUX_TOKEN", id="a wrong token"),
        pytest.param({"bucket": "nowhere"}, "nowhere", id="a bucket that is not there"),
        pytest.param({"org": "nobody"}, "nobody", id="an organisation that is not there"),
    ],
)
def test_wrong_settings_name_what_to_change(influxd: InfluxServer, changed: dict[str, str], why: str) -> None:
    right = {"url": influxd.url, "org": influxd.org, "bucket": influxd.new_bucket(), "token": influxd.token}
    store = InfluxTelemetryStore(catalogue=CATALOGUE, **{**right, **changed})  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match=why):
        store.write(batch(sample("p1", 1, flow=1.0)))
    store.close()


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        pytest.param({"token": "wrong"}, ConfigurationError, id="a wrong token"),
        pytest.param({"org": "nobody"}, ConfigurationError, id="an organisation that is not there"),
        pytest.param({"bucket": "_system"}, ConfigurationError, id="a name that InfluxDB does not allow"),
        pytest.param({"url": "http://127.0.0.1:9"}, StoreUnavailable, id="nobody there"),
    ],
)
def test_a_bucket_that_cannot_be_made_is_an_error(
    influxd: InfluxServer, changed: dict[str, str], error: type[Exception]
) -> None:
    right = {"url": influxd.url, "org": influxd.org, "bucket": "made", "token": influxd.token}
    with pytest.raises(error):
        create_bucket(**{**right, **changed})  # type: ignore[arg-type]


def test_a_token_for_one_bucket_is_enough(influxd: InfluxServer) -> None:
    name = influxd.new_bucket()
    (bucket,) = influxd.call("GET", f"/api/v2/buckets?name={name}")["buckets"]
    resource = {"type": "buckets", "id": bucket["id"], "orgID": bucket["orgID"]}
    permissions = [{"action": action, "resource": resource} for action in ("read", "write")]
    made = influxd.call("POST", "/api/v2/authorizations", {"orgID": bucket["orgID"], "permissions": permissions})
    create_bucket(url=influxd.url, org=influxd.org, bucket=name, token=made["token"])
    store = InfluxTelemetryStore(
        url=influxd.url, org=influxd.org, bucket=name, token=made["token"], catalogue=CATALOGUE
    )
    store.write(batch(sample("p1", 1, flow=1.0)))
    assert store.count_samples(*ALWAYS) == 1
    store.close()


def test_a_bucket_is_made_once_with_its_retention_and_shard_groups(influxd: InfluxServer) -> None:
    where = (influxd.url, influxd.org, "history", influxd.token)
    for retention in (timedelta(days=30), timedelta(days=1)):
        _create(*where, retention=retention, shard_group=timedelta(days=1))
    (bucket,) = influxd.call("GET", "/api/v2/buckets?name=history")["buckets"]
    (rule,) = bucket["retentionRules"]
    assert (rule["everySeconds"], rule["shardGroupDurationSeconds"]) == (30 * 86400, 86400)


def _create(url: str, org: str, bucket: str, token: str, **rest: timedelta) -> None:
    create_bucket(url=url, org=org, bucket=bucket, token=token, **rest)


def test_a_sample_past_retention_is_rejected(influxd: InfluxServer) -> None:
    bucket = influxd.new_bucket(retention=timedelta(hours=2), shard_group=timedelta(hours=1))
    store = influx_store(influxd, bucket)
    with pytest.raises(StoreRejected, match="retention"):
        store.write(batch(Sample("p1", datetime(2001, 1, 1, tzinfo=UTC), {"flow": 1.0})))
    store.close()


def test_a_signal_that_the_bucket_keeps_as_another_type_is_a_wrong_setting(influxd: InfluxServer) -> None:
    bucket = influxd.new_bucket()
    first = influx_store(influxd, bucket)
    first.write(batch(sample("p1", 1, flow=1.0)))
    first.close()
    second = influx_store(influxd, bucket)
    second.use(SignalCatalogue({"*": [Signal("flow", type=SignalType.COUNTER)]}))
    with pytest.raises(ConfigurationError, match=r"flow.*float.*integer"):
        # Years away, so in another shard group: there the server would accept it and never show it.
        second.write(batch(Sample("p1", at(0) + timedelta(days=4000), {"flow": 1})))
    with pytest.raises(ConfigurationError, match="flow"):
        second.samples(*ALWAYS)
    second.close()


def test_threads_share_a_store(influxd: InfluxServer) -> None:
    store = influx_store(influxd)

    def write_and_read(i: int) -> int:
        store.write(batch(*(sample(f"p{i}", j, flow=float(j)) for j in range(100))))
        return len(store.samples(*ALWAYS, devices=[f"p{i}"]))

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(write_and_read, range(16))) == [100] * 16
    assert store.count_samples(*ALWAYS) == 1600
    store.close()


def test_a_platform_that_starts_while_the_server_is_down_makes_its_bucket_once_it_is_back(
    own_influxd: InfluxServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    address = own_influxd.url.replace("http://", "influx://")
    settings = Settings(
        data_dir=tmp_path,
        store=StoreSettings(
            telemetry=f"{address}/a_new_bucket?org={own_influxd.org}", influx_token=SecretStr(own_influxd.token)
        ),
    )
    own_influxd.stop()
    store = open_telemetry(settings, CATALOGUE)
    assert "waits in the spool" in caplog.text
    with pytest.raises(StoreUnavailable):
        store.write(batch(sample("p1", 1, flow=1.0)))
    own_influxd.start()
    store.write(batch(sample("p1", 1, flow=1.0)))
    assert store.samples(*ALWAYS)["flow"].to_pylist() == [1.0]
    store.close()
