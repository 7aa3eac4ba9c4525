"""A paho client whose socket reads in bulk."""

import socket
from typing import TYPE_CHECKING, cast
from typing import Protocol as Port

import paho.mqtt.client as mqtt

from foreworn.settings import MqttSettings
from ingestion.session import paho_client
from ingestion.session.bulk_socket import BulkSocket
from ingestion.session.framing import Framing
from ingestion.session.handshake import Protocol

if TYPE_CHECKING:
    from paho.mqtt.client import SocketLike

_LARGEST_PAYLOAD = 1_048_576


class BulkClient(mqtt.Client):
    """paho's client on a `BulkSocket`: messages go to whoever reads that, everything else to paho.

    `_create_socket` is the one private name of paho that is used.
    """

    largest_payload = _LARGEST_PAYLOAD
    """Longest payload that is handed on whole. [bytes]"""

    def _create_socket(self) -> "SocketLike":
        connected = cast(socket.socket, super()._create_socket())
        protocol = Protocol.V5 if self.protocol == mqtt.MQTTv5 else Protocol.V311
        return BulkSocket(connected, Framing(protocol, self.largest_payload))


class NewBulkClient(Port):
    """Makes the client of a bulk collector."""

    def __call__(self, settings: MqttSettings, protocol: Protocol, /) -> BulkClient:
        """Return a client that is not connected."""
        ...


def new_bulk_client(settings: MqttSettings, protocol: Protocol, /) -> BulkClient:
    """Return a client with a persistent session that acknowledges nothing by itself."""
    return paho_client.set_up(BulkClient, settings, protocol)
