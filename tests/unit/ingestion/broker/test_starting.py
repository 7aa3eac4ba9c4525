import gc
import os
import socket
from pathlib import Path

import pytest

from foreworn.errors import BrokerUnavailable, ConfigurationError, PortInUse
from foreworn.settings import BrokerKind, MqttSettings
from ingestion.broker import starting as broker
from ingestion.broker.mosquitto import configuration_text
from ingestion.broker.starting import find_mosquitto, free_port, start_broker
from ingestion.session.handshake import Protocol, connect_packet, spoken_protocol


def settings(kind: BrokerKind) -> MqttSettings:
    return MqttSettings(broker=kind, port=free_port(), in_flight=321)


@pytest.fixture
def without_mosquitto(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "find_mosquitto", lambda: None)


@pytest.mark.parametrize("kind", [BrokerKind.AUTO, BrokerKind.EMBEDDED])
@pytest.mark.usefixtures("without_mosquitto")
def test_without_mosquitto_the_embedded_broker_answers_until_it_is_stopped(kind: BrokerKind, tmp_path: Path) -> None:
    mqtt = settings(kind)
    with start_broker(mqtt, tmp_path) as running:
        assert (running.kind, running.host, running.port) == (BrokerKind.EMBEDDED, "127.0.0.1", mqtt.port)
        assert spoken_protocol(mqtt) is Protocol.V311
    with pytest.raises(BrokerUnavailable):
        spoken_protocol(mqtt)


@pytest.mark.usefixtures("without_mosquitto")
def test_the_embedded_broker_says_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with start_broker(settings(BrokerKind.EMBEDDED), tmp_path):
        pass
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "said", [b"", b"\x10\x20\x00", connect_packet(MqttSettings(), Protocol.V311)], ids=["nothing", "half", "all"]
)
def test_stopping_the_embedded_broker_closes_every_connection_in_silence(
    said: bytes, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    mqtt = settings(BrokerKind.EMBEDDED)
    with start_broker(mqtt, tmp_path) as running, socket.create_connection((mqtt.host, mqtt.port)) as client:
        client.sendall(said)
        client.settimeout(10.0)
        if len(said) > 3:
            assert client.recv(4)[:1] == b"\x20"
        running.stop()
        assert client.recv(1) == b""
    gc.collect()  # an open socket that nobody holds is a warning, which is an error here
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("without_mosquitto")
def test_mosquitto_asked_for_but_missing_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="FOREWORN_MQTT__BROKER=embedded"):
        start_broker(settings(BrokerKind.MOSQUITTO), tmp_path)


@pytest.mark.parametrize("kind", [BrokerKind.AUTO, BrokerKind.EMBEDDED])
def test_a_port_that_is_taken_is_named_with_its_setting(kind: BrokerKind, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(PortInUse, match=f"127.0.0.1:{port} .*FOREWORN_MQTT__PORT"):
            start_broker(MqttSettings(broker=kind, port=port), tmp_path)


def test_a_host_that_is_not_this_machine_is_a_configuration_error(tmp_path: Path) -> None:
    elsewhere = MqttSettings(broker=BrokerKind.EMBEDDED, host="192.0.2.1", port=free_port())
    with pytest.raises(ConfigurationError, match="FOREWORN_MQTT__BROKER=external"):
        start_broker(elsewhere, tmp_path)


def test_an_external_broker_has_to_answer(tmp_path: Path) -> None:
    with pytest.raises(BrokerUnavailable):
        start_broker(settings(BrokerKind.EXTERNAL), tmp_path)


@pytest.mark.usefixtures("without_mosquitto")
def test_an_external_broker_is_left_running(tmp_path: Path) -> None:
    mqtt = settings(BrokerKind.EMBEDDED)
    with start_broker(mqtt, tmp_path):
        with start_broker(mqtt.model_copy(update={"broker": BrokerKind.EXTERNAL}), tmp_path) as external:
            assert external.kind is BrokerKind.EXTERNAL
        assert spoken_protocol(mqtt) is Protocol.V311


def test_mosquitto_is_found_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "mosquitto"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_mosquitto() == program


def test_a_mosquitto_that_ends_at_once_is_told_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "mosquitto"
    program.write_text("#!/bin/sh\necho 'Error: out of bubbles' >&2\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setattr(broker, "find_mosquitto", lambda: program)
    with pytest.raises(BrokerUnavailable, match="ended with code 3: Error: out of bubbles"):
        start_broker(settings(BrokerKind.MOSQUITTO), tmp_path / "broker")


def test_the_configuration_keeps_everything_for_absent_clients(tmp_path: Path) -> None:
    lines = configuration_text(MqttSettings(port=1999, in_flight=321), tmp_path).splitlines()
    assert "listener 1999 127.0.0.1" in lines
    assert "persistence true" in lines
    assert f"persistence_location {tmp_path}/" in lines
    assert "max_queued_messages 0" in lines
    assert "max_inflight_messages 321" in lines
    assert ("user root" in lines) is (os.geteuid() == 0)
