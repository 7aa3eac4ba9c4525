"""`foreworn up` as a process of its own: it listens, shows what it heard, and loses nothing whatever ends it."""

import os
import signal
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from foreworn.bootstrap import open_stores, write_templates
from foreworn.settings import MqttSettings, Settings
from foreworn.storage.history import read_history
from foreworn.telemetry.sample import MILLISECOND, Sample
from foreworn.telemetry.wire import Kind, encode_sample, topic
from simulators.publisher import DevicePublisher
from tests.acceptance.command import Running
from tests.servers import programme

pytestmark = pytest.mark.server

DEVICE = "pump-1"
TELEMETRY = topic("north", DEVICE, Kind.TELEMETRY)
SOON = timedelta(seconds=60)


@pytest.fixture(autouse=True)
def _mosquitto_is_there() -> None:
    programme("mosquitto", "TEST_MOSQUITTO", "/usr/sbin", "/usr/local/sbin")


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Running]:
    """A running platform that knows the template's machine."""
    write_templates(tmp_path / "fleet")
    running = Running(tmp_path, "up")
    stores = open_stores(Settings(data_dir=running.data))
    stores.enrol(read_history(tmp_path / "fleet"))
    stores.close()
    with running:
        running.until_it_answers()
        running.log_in()
        yield running


def device(running: Running) -> DevicePublisher:
    return DevicePublisher(MqttSettings(port=running.mqtt_port))


class Readings:
    """One reading per call, numbered, a millisecond apart, of the past hour."""

    def __init__(self) -> None:
        self.start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)

    def at(self, seq: int) -> datetime:
        return self.start + seq * MILLISECOND

    def payload(self, seq: int) -> bytes:
        return encode_sample(Sample(DEVICE, self.at(seq), {"vibration_rms": float(seq % 40)}, seq))


def stored_times(running: Running) -> set[datetime]:
    """Return the times of all samples in the store of a platform that has ended."""
    stores = open_stores(Settings(data_dir=running.data))
    try:
        always = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
        return set(stores.telemetry.samples(*always)["time"].to_pylist())
    finally:
        stores.close()


def test_what_a_device_publishes_is_seen_in_api_and_console(up: Running) -> None:
    readings = Readings()
    with device(up) as publisher:
        publisher.announce("north", DEVICE, time=readings.start, firmware="1.4.2")
        for seq in (1, 2, 3):
            publisher.publish(TELEMETRY, readings.payload(seq))
        publisher.publish(TELEMETRY, b'{"ts": 1, "values"')
        publisher.publish(TELEMETRY, readings.payload(4))
        publisher.wait_acknowledged({DEVICE: 4}, SOON)
        up.until(lambda: up.ask("/v1/status")["spool_depth"] == 0)
    (found,) = up.ask("/v1/devices")["items"]
    assert (found["id"], found["machine"], found["state"], found["firmware"]) == (DEVICE, DEVICE, "online", "1.4.2")
    assert (found["samples"], found["last_seq"], found["rejected"]) == (4, 4, 1)
    assert found["last_rejection"]["reason"] == "unreadable"
    assert found["last_rejection"]["payload_text"] == '{"ts": 1, "values"'
    assert DEVICE in up.get("/devices")
    assert "unreadable" in up.get("/quarantine").lower()
    assert DEVICE in up.get("/")
    assert up.ask("/v1/status")["machines"] == 1


def test_sigterm_ends_it_with_exit_code_0_and_a_restart_keeps_everything(up: Running) -> None:
    readings = Readings()
    with device(up) as publisher:
        publisher.announce("north", DEVICE, time=readings.start)
        publisher.publish(TELEMETRY, readings.payload(1))
        publisher.publish(TELEMETRY, b"junk")
        publisher.publish(TELEMETRY, readings.payload(2))
        publisher.wait_acknowledged({DEVICE: 2}, SOON)
    assert up.stop() == 0
    assert stored_times(up) == {readings.at(1), readings.at(2)}
    up.start()
    up.until_it_answers()
    (found,) = up.ask("/v1/devices")["items"]
    assert (found["samples"], found["rejected"]) == (2, 1)
    assert found["last_rejection"]["payload_text"] == "junk"
    assert "Traceback" not in up.said


def test_no_acknowledged_reading_is_lost_when_it_is_killed(up: Running) -> None:
    readings = Readings()
    with device(up) as publisher:
        publisher.announce("north", DEVICE, time=readings.start)
        for seq in range(1, 1001):
            publisher.publish(TELEMETRY, readings.payload(seq))
        publisher.wait_acknowledged({DEVICE: 1}, SOON)
        up.kill()
        through = publisher.acknowledged_through[DEVICE]
        up.start()  # the port is free again: the killed process's broker was ended
        up.until_it_answers()
        # As a device does that keeps its readings until it is told.
        for seq in range(through + 1, 1201):
            publisher.publish(TELEMETRY, readings.payload(seq))
        publisher.wait_acknowledged({DEVICE: 1200}, SOON)
    assert up.stop() == 0
    assert stored_times(up) == {readings.at(seq) for seq in range(1, 1201)}


def test_a_broker_of_its_own_that_is_killed_ends_it_with_the_reason(up: Running) -> None:
    broker = int((up.data / "broker" / "mosquitto.lock").read_text())
    os.kill(broker, signal.SIGKILL)
    assert up.wait() == 1
    assert "mosquitto ended with code -9" in up.said
    up.start()
    up.until_it_answers()


def test_a_second_one_on_the_same_data_folder_names_the_first_ones_console(up: Running) -> None:
    second = Running(up.folder, "up", log="second.log")
    second.start()
    assert second.wait() == 1
    assert second.said.count("\n") == 1
    assert f"console {up.url}/" in second.said
    assert "FOREWORN_DATA_DIR" in second.said
    assert up.ask("/v1/health")["status"] == "ok"


@pytest.mark.parametrize("setting", ["MQTT__PORT", "API__PORT"])
def test_a_port_that_is_taken_is_one_line_that_names_the_setting(setting: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        running = Running(tmp_path, "up", **{setting: port})
        running.start()
        assert running.wait() == 1
    assert running.said.count("\n") == 1
    assert f"127.0.0.1:{port} is already in use" in running.said
    assert f"FOREWORN_{setting}" in running.said


def test_it_runs_without_mosquitto_on_its_embedded_broker(tmp_path: Path) -> None:
    running = Running(tmp_path, "up", MQTT__BROKER="embedded", INGESTION__UNKNOWN_DEVICES="register")
    with running:
        running.until_it_answers()
        running.log_in()
        with device(running) as publisher:
            publisher.publish(topic("north", "newcomer", Kind.TELEMETRY), Readings().payload(1))
            publisher.flush(SOON)
            running.until(lambda: running.ask("/v1/status")["devices"] == 1)
        assert [found["id"] for found in running.ask("/v1/devices")["items"]] == ["newcomer"]
        assert running.stop() == 0
