"""A stand-in for paho's client, so that what the collector does with a broker can be watched step by step."""

from collections.abc import Callable
from typing import Any, cast

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from foreworn.settings import MqttSettings
from ingestion.handshake import Protocol


class FakeClient:
    """Connects at once, grants subscriptions, and writes down what it is told in `log`."""

    protocol = mqtt.MQTTv5

    def __init__(self, log: list[tuple[object, ...]], *, grants: bool = True) -> None:
        self.log = log
        self.grants = grants
        self.on_connect: Callable[..., None]
        self.on_disconnect: Callable[..., None]
        self.on_subscribe: Callable[..., None]
        self.on_message: Callable[..., None]
        self.subscriptions: list[tuple[str, int]] = []

    def connect(self, *_: Any, **__: Any) -> None:
        """Do nothing: the loop connects."""

    def loop_start(self) -> None:
        self.comes_back()

    def loop_stop(self) -> None:
        self.log.append(("loop stopped",))

    def disconnect(self) -> None:
        self.log.append(("disconnected",))

    def subscribe(self, subscriptions: list[tuple[str, int]]) -> None:
        self.subscriptions = subscriptions
        reason = _reason(PacketTypes.SUBACK, "Granted QoS 1" if self.grants else "Not authorized")
        self.on_subscribe(self, None, 1, [reason] * len(subscriptions), None)

    def ack(self, message_id: int, qos: int) -> None:
        self.log.append(("acknowledged", message_id, qos))

    def publish(self, topic: str, payload: bytes, qos: int) -> None:
        self.log.append(("published", topic, payload, qos))

    def comes_back(self) -> None:
        """Connect (again)."""
        self.on_connect(self, None, {}, _reason(PacketTypes.CONNACK, "Success"), None)

    def goes_away(self) -> None:
        """Lose the connection."""
        self.on_disconnect(self, None, {}, _reason(PacketTypes.DISCONNECT, "Unspecified error"), None)

    def delivers(self, topic: str, payload: bytes, message_id: int, *, retain: bool = False, dup: bool = False) -> None:
        """Hand a message to the collector, as the network thread does."""
        message = mqtt.MQTTMessage(mid=message_id, topic=topic.encode("utf-8", "surrogateescape"))
        message.payload, message.qos, message.retain, message.dup = payload, 1, retain, dup
        self.on_message(self, None, message)

    def new(self, _settings: MqttSettings, _protocol: Protocol, /) -> mqtt.Client:
        """Return this client where the collector makes one."""
        return cast(mqtt.Client, self)


def _reason(packet: int, name: str) -> ReasonCode:
    return ReasonCode(packet, name)
