from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from foreworn.bootstrap import for_replay, open_stores, open_telemetry, own_broker, start_afresh
from foreworn.errors import ConfigurationError
from foreworn.settings import BrokerKind, MqttSettings, Settings, StoreSettings
from foreworn.storage.telemetry.duck import DuckTelemetryStore
from foreworn.storage.telemetry.memory import MemoryTelemetryStore
from foreworn.telemetry.signal import SignalCatalogue

NOTHING = SignalCatalogue({})


def settings(folder: Path, telemetry: str = "duckdb:///telemetry.duckdb", token: str | None = None) -> Settings:
    secret = None if token is None else SecretStr(token)
    return Settings(data_dir=folder, store=StoreSettings(telemetry=telemetry, influx_token=secret))


def test_everything_is_written_into_the_data_folder(tmp_path: Path) -> None:
    stores = open_stores(settings(tmp_path / "var"))
    stores.close()
    written = {entry.name for entry in (tmp_path / "var").iterdir()}
    assert {"telemetry.duckdb", "operations.sqlite", "spool.sqlite"} <= written
    assert [entry.name for entry in tmp_path.iterdir()] == ["var"]


def test_a_file_with_four_slashes_lies_where_it_says(tmp_path: Path) -> None:
    file = tmp_path / "elsewhere.duckdb"
    store = open_telemetry(settings(tmp_path / "var", f"duckdb:///{file}"), NOTHING)
    assert isinstance(store, DuckTelemetryStore)
    store.close()
    assert file.exists()


def test_a_store_in_memory_is_one(tmp_path: Path) -> None:
    assert isinstance(open_telemetry(settings(tmp_path, "memory://"), NOTHING), MemoryTelemetryStore)


@pytest.mark.parametrize(
    ("telemetry", "token", "told"),
    [
        pytest.param("mysql://here/x", None, "is not a telemetry store: use duckdb:///FILE", id="another database"),
        pytest.param("telemetry.duckdb", None, "is not a telemetry store: use duckdb:///FILE", id="a bare file"),
        pytest.param("influx://h:1/b?org=o", None, "FOREWORN_STORE__INFLUX_TOKEN", id="no token"),
        pytest.param("influx://h:1/b", "t", "needs a bucket and an organisation", id="no organisation"),
        pytest.param("influx://h:1?org=o", "t", "needs a bucket and an organisation", id="no bucket"),
    ],
)
def test_an_address_that_will_not_do_is_told_with_one_that_would(
    telemetry: str, token: str | None, told: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match=told):
        open_telemetry(settings(tmp_path, telemetry, token), NOTHING)


def test_a_replay_writes_into_a_folder_of_its_own_and_acknowledges_at_once(tmp_path: Path) -> None:
    live = settings(tmp_path, "influx://plant:8086/live?org=o", "t")
    own = for_replay(live)
    assert own.data_dir == tmp_path / "replay"
    assert own.store.telemetry == "duckdb:///telemetry.duckdb"
    assert own.store.operations == "sqlite:///operations.sqlite"
    assert own.store.influx_token == live.store.influx_token
    assert own.ingestion.ack_interval == timedelta(0)
    assert for_replay(live, "memory://", name="demo").store.telemetry == "memory://"
    assert for_replay(live, name="demo").data_dir == tmp_path / "demo"


@pytest.mark.parametrize("kind", [BrokerKind.AUTO, BrokerKind.MOSQUITTO, BrokerKind.EMBEDDED])
def test_a_replay_has_a_broker_of_its_own(kind: BrokerKind, tmp_path: Path) -> None:
    live = Settings(data_dir=tmp_path, mqtt=MqttSettings(broker=kind, port=1883))
    own = own_broker(live)
    assert own.mqtt.port != 1883
    assert own.mqtt.broker is kind


def test_a_replay_uses_the_broker_that_the_user_brings(tmp_path: Path) -> None:
    live = Settings(data_dir=tmp_path, mqtt=MqttSettings(broker=BrokerKind.EXTERNAL, host="plant", port=2883))
    assert own_broker(live) == live


def test_a_fresh_start_removes_what_an_earlier_run_left(tmp_path: Path) -> None:
    (tmp_path / "broker").mkdir()
    (tmp_path / "spool.sqlite").touch()
    start_afresh(settings(tmp_path))
    assert list(tmp_path.iterdir()) == []
