"""The mosquitto that Foreworn starts for the user."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from foreworn.errors import BrokerUnavailable, PortInUse
from foreworn.settings import BrokerKind, MqttSettings
from ingestion.broker.mosquitto import end_orphan
from ingestion.broker.starting import find_mosquitto, free_port, start_broker
from ingestion.session.handshake import Protocol, spoken_protocol
from simulators.publisher import DevicePublisher
from tests.integration.collecting import SOON, CollectingLine, wait
from tests.servers import programme
from tests.unit.ingestion.plant import TELEMETRY, payload

pytestmark = pytest.mark.server


@pytest.fixture(autouse=True)
def _installed() -> None:
    programme("mosquitto", "TEST_MOSQUITTO", "/usr/sbin", "/usr/local/sbin")
    assert find_mosquitto() is not None


@pytest.mark.parametrize("kind", [BrokerKind.AUTO, BrokerKind.MOSQUITTO])
def test_mosquitto_is_preferred_and_runs_until_it_is_stopped(kind: BrokerKind, tmp_path: Path) -> None:
    settings = MqttSettings(broker=kind, port=free_port())
    with start_broker(settings, tmp_path / "broker") as running:
        assert running.kind is BrokerKind.MOSQUITTO
        assert spoken_protocol(settings) is Protocol.V5
        with pytest.raises(PortInUse):
            start_broker(settings, tmp_path / "second")
    with pytest.raises(BrokerUnavailable):
        spoken_protocol(settings)


def test_what_waits_for_the_collector_survives_a_restart_of_the_broker(tmp_path: Path) -> None:
    settings = MqttSettings(broker=BrokerKind.MOSQUITTO, port=free_port())
    line = CollectingLine(settings.port, tmp_path)
    with start_broker(settings, tmp_path / "broker"):
        with line:
            assert line.collector.failed is None
        with DevicePublisher(settings) as gateway:
            for hour in range(2500):
                gateway.publish(TELEMETRY, payload(hour))
            gateway.flush(SOON)
    line.restart()
    with start_broker(settings, tmp_path / "broker"), line:
        wait(lambda: line.collector.counts.samples == 2500)
        line.forwarder.drain(SOON)
        assert line.stored() == 2500


def test_the_broker_of_a_process_that_was_killed_is_ended_and_its_port_used_again(tmp_path: Path) -> None:
    settings = MqttSettings(broker=BrokerKind.MOSQUITTO, port=free_port())
    folder = tmp_path / "broker"
    start = (
        "import os, signal; from pathlib import Path; from foreworn.settings import MqttSettings; "
        "from ingestion.broker.starting import start_broker; "
        f"start_broker(MqttSettings.model_validate_json({settings.model_dump_json()!r}), Path({str(folder)!r})); "
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", start], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert spoken_protocol(settings) is Protocol.V5  # it lives on
    with start_broker(settings, folder) as running:
        assert running.kind is BrokerKind.MOSQUITTO
        assert spoken_protocol(settings) is Protocol.V5
    with pytest.raises(BrokerUnavailable):
        spoken_protocol(settings)


def test_a_broker_that_ended_by_itself_is_no_orphan(tmp_path: Path) -> None:
    settings = MqttSettings(broker=BrokerKind.MOSQUITTO, port=free_port())
    for _ in range(2):
        with start_broker(settings, tmp_path):
            pass
    end_orphan(tmp_path)
    end_orphan(tmp_path / "nothing was ever started here")
    assert not (tmp_path / "nothing was ever started here").exists()
