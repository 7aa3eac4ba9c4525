import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pydantic import SecretStr

from foreworn.errors import BrokerUnavailable
from foreworn.settings import MqttSettings
from ingestion.broker.starting import free_port
from ingestion.session.handshake import Protocol, connect_packet, spoken_protocol


@contextmanager
def answering(*answers: bytes) -> Iterator[tuple[MqttSettings, list[bytes]]]:
    """Listen, answer one connection with each of the answers, and note what each of them said first."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for answer in answers:
                connection, _ = listener.accept()
                with connection:
                    heard.append(connection.recv(1000))
                    connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield MqttSettings(port=listener.getsockname()[1]), heard
        thread.join(10.0)


def test_a_broker_that_takes_version_5_speaks_it() -> None:
    with answering(b"\x20\x03\x00\x00\x00") as (settings, heard):
        assert spoken_protocol(settings) is Protocol.V5
    assert heard[0][2:9] == b"\x00\x04MQTT\x05"


@pytest.mark.parametrize("refusal", [b"\x20\x02\x00\x01", b"\x20\x03\x00\x84\x00"])
def test_a_broker_that_refuses_version_5_is_asked_for_3_1_1(refusal: bytes) -> None:
    with answering(refusal, b"\x20\x02\x00\x00") as (settings, heard):
        assert spoken_protocol(settings) is Protocol.V311
    assert heard[1][2:9] == b"\x00\x04MQTT\x04"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        pytest.param(b"\x20\x03\x00\x87\x00", "FOREWORN_MQTT__USERNAME", id="not authorised"),
        pytest.param(b"\x20\x03\x00\x86\x00", "user name or password", id="bad password"),
        pytest.param(b"\x20\x02\x00\x03", "not available", id="not available"),
        pytest.param(b"\x20\x03\x00\x99\x00", "code 153", id="a code nobody explains"),
        pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n", "no MQTT broker", id="a web server"),
        pytest.param(b"", "hangs up", id="silence"),
    ],
)
def test_whoever_does_not_let_us_in_is_named_with_the_address(answer: bytes, why: str) -> None:
    with answering(answer) as (settings, _):
        with pytest.raises(BrokerUnavailable, match=why) as raised:
            spoken_protocol(settings)
        assert f"127.0.0.1:{settings.port}" in str(raised.value)


def test_nobody_there_is_an_error_that_names_the_address_and_the_settings() -> None:
    settings = MqttSettings(port=free_port())
    with pytest.raises(BrokerUnavailable, match=f"127.0.0.1:{settings.port}.*FOREWORN_MQTT__HOST"):
        spoken_protocol(settings)


def test_somebody_who_never_answers_is_not_waited_for_for_ever() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(BrokerUnavailable, match="timed out"):
        spoken_protocol(MqttSettings(port=listener.getsockname()[1]), timeout=0.1)


def test_user_name_and_password_are_sent() -> None:
    settings = MqttSettings(username="collector", password=SecretStr("s" * 200))
    packet = connect_packet(settings, Protocol.V5)
    assert packet.endswith(b"\x00\x09collector\x00\xc8" + b"s" * 200)
    assert packet[1] & 0x80  # longer than 127 bytes, so its length takes two
    assert (packet[1] & 0x7F) + 128 * packet[2] == len(packet) - 3
