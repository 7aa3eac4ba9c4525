"""The publisher against the broker in this process, with a plain client in the platform's place."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from foreworn.errors import BrokerUnavailable
from foreworn.settings import MqttSettings
from foreworn.telemetry.wire import Kind, encode_ack, topic
from ingestion.broker.embedded import EmbeddedBroker
from ingestion.broker.starting import free_port
from simulators.publisher import DevicePublisher

SOON = timedelta(seconds=10)
TELEMETRY = topic("west", "pump-7", Kind.TELEMETRY)


@pytest.fixture
def settings() -> Iterator[MqttSettings]:
    mqtt_settings = MqttSettings(port=free_port())
    broker = EmbeddedBroker(mqtt_settings.host, mqtt_settings.port)
    yield mqtt_settings
    broker.stop()


@pytest.fixture
def publisher(settings: MqttSettings) -> Iterator[DevicePublisher]:
    with DevicePublisher(settings, window=50) as made:
        yield made


class Platform:
    """A client that hears everything and publishes what it is told to."""

    def __init__(self, settings: MqttSettings) -> None:
        self.heard: list[tuple[str, bytes, bool]] = []
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="platform", protocol=mqtt.MQTTv311)
        subscribed = threading.Event()
        self.client.on_connect = lambda client, *_: client.subscribe("foreworn/#", qos=1)
        self.client.on_subscribe = lambda *_: subscribed.set()
        self.client.on_message = self.hear
        self.client.connect(settings.host, settings.port)
        self.client.loop_start()
        assert subscribed.wait(10.0)

    def hear(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        self.heard.append((message.topic, bytes(message.payload), message.retain))

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def platform(settings: MqttSettings) -> Iterator[Platform]:
    made = Platform(settings)
    yield made
    made.close()


def wait(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10.0
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_what_is_published_arrives_and_is_counted(publisher: DevicePublisher, platform: Platform) -> None:
    payloads = [b'{"ts":%d}' % i for i in range(120)]
    for payload in payloads:
        publisher.publish(TELEMETRY, payload)
    publisher.flush(SOON)
    assert (publisher.sent, publisher.acknowledged) == (120, 120)
    wait(lambda: len(platform.heard) == 120)
    assert sorted(payload for _, payload, _ in platform.heard) == sorted(payloads)


def test_a_device_that_is_announced_is_online_for_whoever_comes_later(
    publisher: DevicePublisher, settings: MqttSettings
) -> None:
    publisher.announce("west", "pump-7", firmware="1.4", time=datetime(2026, 1, 1, tzinfo=UTC))
    publisher.flush(SOON)
    late = Platform(settings)
    wait(lambda: bool(late.heard))
    late.close()
    status = b'{"ts":1767225600000,"state":"online","firmware":"1.4","wants_ack":true}'
    assert late.heard == [(topic("west", "pump-7", Kind.STATUS), status, True)]


def test_a_device_that_is_withdrawn_is_offline(publisher: DevicePublisher, platform: Platform) -> None:
    publisher.withdraw("west", "pump-7")
    wait(lambda: [payload for _, payload, _ in platform.heard] == [b'{"state":"offline"}'])


def test_the_platforms_acknowledgements_are_known_by_device(publisher: DevicePublisher, platform: Platform) -> None:
    for device, through in (("pump-7", 4), ("pump-8", 9), ("pump-7", 6)):
        platform.client.publish(topic("west", device, Kind.ACK), encode_ack(through), qos=1)
    publisher.wait_acknowledged({"pump-7": 6, "pump-8": 9}, SOON)
    assert publisher.acknowledged_through == {"pump-7": 6, "pump-8": 9}


def test_an_acknowledgement_never_goes_back(publisher: DevicePublisher, platform: Platform) -> None:
    for device, payload in (("a", b'{"through":6}'), ("a", b'{"through":2}'), ("a", b"junk"), ("b", b'{"through":1}')):
        platform.client.publish(topic("west", device, Kind.ACK), payload, qos=1)
    publisher.wait_acknowledged({"b": 1}, SOON)
    wait(lambda: publisher.acknowledged_through.get("a") == 6)


def test_waiting_for_the_platform_in_vain_names_the_devices(publisher: DevicePublisher) -> None:
    with pytest.raises(TimeoutError, match="pump-7 through None of 3"):
        publisher.wait_acknowledged({"pump-7": 3}, timedelta(milliseconds=50))


def test_nobody_there_is_an_error_that_names_the_address() -> None:
    nowhere = MqttSettings(port=free_port())
    with pytest.raises(BrokerUnavailable, match=f"127.0.0.1:{nowhere.port}"):
        DevicePublisher(nowhere)


def test_a_broker_that_hangs_is_told_by_a_timeout(settings: MqttSettings) -> None:
    with DevicePublisher(settings) as publisher:
        publisher._client.on_publish = None  # as if no PUBACK came
        publisher.publish(TELEMETRY, b"{}")
        with pytest.raises(TimeoutError, match="not acknowledged 1 of 1 messages"):
            publisher.flush(timedelta(milliseconds=100))
