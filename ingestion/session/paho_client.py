"""How Foreworn sets up a paho client that must lose nothing."""

import socket
from typing import Protocol as Port
from typing import TypeVar

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from foreworn.errors import BrokerUnavailable
from foreworn.settings import MqttSettings
from ingestion.session.handshake import Protocol
from ingestion.session.tls import tls_context, why_refused

NEVER_EXPIRES = 0xFFFFFFFF
_Client = TypeVar("_Client", bound=mqtt.Client)


class NewClient(Port):
    """Makes the client of a collector."""

    def __call__(self, settings: MqttSettings, protocol: Protocol, /) -> mqtt.Client:
        """Return a client that is not connected."""
        ...


class Hello(Port):
    """Asks a broker which MQTT it speaks."""

    def __call__(self, settings: MqttSettings, /) -> Protocol:
        """Return the newest version it speaks, or raise `BrokerUnavailable`."""
        ...


def new_client(settings: MqttSettings, protocol: Protocol, /) -> mqtt.Client:
    """Return a client with a persistent session that acknowledges only when told to.

    Raises
    ------
    ConfigurationError
        If a file that TLS needs cannot be read.
    """
    return set_up(mqtt.Client, settings, protocol)


def set_up(kind: type[_Client], settings: MqttSettings, protocol: Protocol) -> _Client:
    """Return a client of this kind, as `new_client` does."""
    is_v5 = protocol is Protocol.V5
    client = kind(
        CallbackAPIVersion.VERSION2,
        client_id=settings.client_id,
        clean_session=None if is_v5 else False,
        protocol=mqtt.MQTTv5 if is_v5 else mqtt.MQTTv311,
        manual_ack=True,
    )
    if settings.username:
        client.username_pw_set(
            settings.username, None if settings.password is None else settings.password.get_secret_value()
        )
    context = tls_context(settings)
    if context is not None:
        client.tls_set_context(context)
    client.reconnect_delay_set(min_delay=1, max_delay=30)
    client.max_inflight_messages_set(0)  # ours are few; paho's limit costs a search per message
    client.on_socket_open = _send_at_once
    return client


def connect(client: mqtt.Client, settings: MqttSettings) -> None:
    """Connect, resuming the session.

    Raises
    ------
    BrokerUnavailable
        If nothing answers.
    """
    keep_alive = max(1, round(settings.keep_alive.total_seconds()))
    try:
        if client.protocol == mqtt.MQTTv5:
            properties = _properties(settings)
            client.connect(settings.host, settings.port, keep_alive, clean_start=False, properties=properties)
        else:
            client.connect(settings.host, settings.port, keep_alive)
    except OSError as error:
        raise BrokerUnavailable(settings.host, settings.port, why_refused(error, settings)) from error


def _properties(settings: MqttSettings) -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = NEVER_EXPIRES
    properties.ReceiveMaximum = settings.in_flight
    return properties


def _send_at_once(_client: mqtt.Client, _data: object, connection: object) -> None:
    if isinstance(connection, socket.socket):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # or acks wait 40 ms for company
