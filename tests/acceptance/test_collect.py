"""`foreworn collect` as a process of its own: it takes in and stores, scores nothing and serves nothing."""

import urllib.error
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from foreworn.bootstrap import open_stores, write_templates
from foreworn.settings import MqttSettings, Settings
from foreworn.storage.history import read_history
from foreworn.telemetry.sample import MILLISECOND, Sample
from foreworn.telemetry.wire import Kind, encode_sample, topic
from ingestion.spool.spool import SqliteSpool
from simulators.publisher import DevicePublisher
from tests.acceptance.command import Running
from tests.servers import programme

pytestmark = pytest.mark.server

DEVICE = "pump-1"
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
SENT = range(1, 301)


@pytest.mark.parametrize("kind", ["bulk", "paho"])
def test_readings_are_stored_by_a_process_that_only_collects(tmp_path: Path, kind: str) -> None:
    programme("mosquitto", "TEST_MOSQUITTO", "/usr/sbin", "/usr/local/sbin")
    collect = Running(tmp_path, "collect", "--collector", kind)
    write_templates(tmp_path / "fleet")
    stores = open_stores(Settings(data_dir=collect.data))
    stores.enrol(read_history(tmp_path / "fleet"))
    stores.close()
    with collect:
        collect.until(lambda: "Collecting from" in collect.said)
        with DevicePublisher(MqttSettings(port=collect.mqtt_port)) as publisher:
            publisher.announce("north", DEVICE, time=BEGIN)
            for seq in SENT:
                reading = Sample(DEVICE, BEGIN + seq * MILLISECOND, {"vibration_rms": 1.5}, seq)
                publisher.publish(topic("north", DEVICE, Kind.TELEMETRY), encode_sample(reading))
            publisher.wait_acknowledged({DEVICE: SENT[-1]}, timedelta(seconds=60))
        with SqliteSpool(collect.data / "spool.sqlite") as spool:
            collect.until(lambda: spool.depth() == 0)
        with pytest.raises(urllib.error.URLError):
            collect.get("/v1/health")
        assert collect.stop() == 0
    stores = open_stores(Settings(data_dir=collect.data))
    try:
        found = stores.telemetry.samples(BEGIN, BEGIN + timedelta(days=1))["time"].to_pylist()
    finally:
        stores.close()
    assert found == [BEGIN + seq * MILLISECOND for seq in SENT]
