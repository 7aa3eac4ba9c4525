"""One connection to the broker, from its opening to its loss; what happens on it is told as events."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from foreworn.device.broker import Broker
from foreworn.errors import Rejected
from foreworn.telemetry.sample import Status
from foreworn.telemetry.wire import Kind, decode_ack, encode_status, topic

_MOST_IN_FLIGHT = 65_535
_LEAVES_WITHIN = 2.0


@dataclass(frozen=True, slots=True)
class Opened:
    """The broker lets us in and has taken the subscription; it takes so many messages without its PUBACK."""

    receive_maximum: int


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection is gone, or never came to be."""

    why: str


@dataclass(frozen=True, slots=True)
class Taken:
    """The broker has acknowledged a message; `refused` says why it did not take it, empty if it did."""

    message: int
    refused: str


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The platform says that everything up to this number is durable."""

    through: int


Event = Opened | Lost | Taken | Acknowledged


class Connection:
    """Opens once and is not used again after it is lost: what was under way with it is the sender's to repeat.

    Parameters
    ----------
    broker, context
        Where to, and with which TLS.
    site, device
        Who speaks.
    tell
        Called with the connection and every event on it, from a thread of its own.
    """

    def __init__(
        self,
        broker: Broker,
        context: ssl.SSLContext | None,
        site: str,
        device: str,
        tell: "Callable[[Connection, Event], None]",
    ) -> None:
        self._broker = broker
        self._device = device
        self._status = topic(site, device, Kind.STATUS)
        self._acks = topic(site, device, Kind.ACK)
        self._told = tell
        self._gone = threading.Event()
        self._receive_maximum = _MOST_IN_FLIGHT
        self._client = new_client(broker, context, broker.client_id or device)
        self._client.will_set(self._status, encode_status(Status(device, "offline")), qos=1, retain=True)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_publish = self._on_publish
        self._client.on_message = self._on_message
        self._client.on_disconnect = self._on_disconnect

    def open(self) -> None:
        """Connect; `Opened` or `Lost` follows.

        Raises
        ------
        OSError
            If nothing answers.
        """
        keep_alive = max(1, round(self._broker.keep_alive.total_seconds()))
        try:
            self._client.connect(self._broker.host, self._broker.port, keep_alive)
        except OSError:
            self._let_go()
            raise
        self._client.loop_start()

    def publish(self, topic: str, payload: bytes) -> int:
        """Hand over one message at QoS 1 and return the number that `Taken` will name."""
        return self._client.publish(topic, payload, qos=1).mid

    def announce(self, status: Status) -> int:
        """Publish the device's status, retained."""
        return self._client.publish(self._status, encode_status(status), qos=1, retain=True).mid

    def close(self) -> None:
        """Take leave of the broker, so that the last will is not spoken, and end."""
        self._client.disconnect()
        self._gone.wait(_LEAVES_WITHIN)
        self.cut()

    def cut(self) -> None:
        """End at once; the broker speaks the last will."""
        connection = self._client.socket()
        if isinstance(connection, socket.socket):
            with contextlib.suppress(OSError):  # it is gone already
                connection.shutdown(socket.SHUT_RDWR)  # or paho would wait for what is not acknowledged
        self._client.loop_stop()
        self._let_go()

    def _let_go(self) -> None:
        """Untie the client from this object: it closes its last sockets when nobody refers to it any more."""
        client = self._client
        client.on_connect = client.on_subscribe = client.on_publish = None
        client.on_message = client.on_disconnect = None

    # The network thread.

    def _on_connect(
        self,
        client: mqtt.Client,
        _data: Any,
        _flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._told(self, Lost(f"the broker refuses us: {reason}"))
            return
        self._receive_maximum = getattr(properties, "ReceiveMaximum", _MOST_IN_FLIGHT)
        client.subscribe(self._acks, qos=1)

    def _on_subscribe(
        self, _client: mqtt.Client, _data: Any, _mid: int, reasons: list[ReasonCode], _: Properties | None
    ) -> None:
        if any(reason.is_failure for reason in reasons):
            self._told(self, Lost(f"the broker refuses the subscription to {self._acks}: {reasons[0]}"))
        else:
            self._told(self, Opened(self._receive_maximum))

    def _on_publish(self, _client: mqtt.Client, _data: Any, mid: int, reason: ReasonCode, _: Properties | None) -> None:
        self._told(self, Taken(mid, str(reason) if reason.is_failure else ""))

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        try:
            self._told(self, Acknowledged(decode_ack(bytes(message.payload))))
        except Rejected:
            return  # not from the platform: nothing is acknowledged by it

    def _on_disconnect(
        self, _client: mqtt.Client, _data: Any, _flags: mqtt.DisconnectFlags, reason: ReasonCode, _: Properties | None
    ) -> None:
        self._gone.set()
        self._told(self, Lost(f"the connection is lost: {reason}"))


def new_client(
    broker: Broker, context: ssl.SSLContext | None, client_id: str, *, reconnects: bool = False
) -> mqtt.Client:
    """Return a paho client with a clean session, set up to speak to a broker.

    Parameters
    ----------
    broker, context
        How to log in, and with which TLS.
    client_id
        Unique at the broker.
    reconnects
        Let paho open a lost connection again, and repeat what it has in memory.
    """
    is_v5 = broker.protocol == "5"
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        clean_session=None if is_v5 else True,
        protocol=mqtt.MQTTv5 if is_v5 else mqtt.MQTTv311,
        reconnect_on_failure=reconnects,
    )
    if broker.username:
        client.username_pw_set(broker.username, broker.password or None)
    if context is not None:
        client.tls_set_context(context)
    client.max_inflight_messages_set(0)  # the sender's own limit holds; paho's costs a search per message
    client.on_socket_open = _send_at_once
    return client


def _send_at_once(_client: mqtt.Client, _data: object, connection: object) -> None:
    if isinstance(connection, socket.socket):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # or acks wait 40 ms for company
