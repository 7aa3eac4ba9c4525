"""A Mosquitto with the configuration that is deployed, the certificates of a small plant, and clients of it."""

import os
import queue
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from ingestion.broker.access import access_list
from ingestion.broker.authority import Authority
from tests.servers import MosquittoServer, free_port, listens

ROOT = Path(__file__).parents[2]
DEPLOYED = ROOT / "deploy/mosquitto/mosquitto.conf"
GATEWAYS = {"edge-1": ["pump-8", "pump 9"]}
HOLDERS = ("pump-7", "pump-8", "edge-1", "lost-1")
WITHIN = 10.0
DAY = timedelta(days=1)


class SecuredMosquitto(MosquittoServer):
    """The deployed configuration, with ports and folders of its own.

    `port` is the devices' listener, `platform_port` the platform's.
    """

    def __init__(self, folder: Path, certificates: Path) -> None:
        super().__init__(folder)
        self.platform_port = free_port()
        (folder / "acl").write_text(access_list(GATEWAYS))
        text = DEPLOYED.read_text()
        for written, wanted in (
            ("listener 8883", f"listener {self.port} 127.0.0.1"),
            ("listener 8884", f"listener {self.platform_port} 127.0.0.1"),
            ("/mosquitto/certificates/", f"{certificates}/broker/"),
            ("/mosquitto/config/", f"{folder}/"),
            ("/mosquitto/data/", f"{folder}/"),
        ):
            assert written in text
            text = text.replace(written, wanted)
        self._config.write_text(text + ("user root\n" if os.geteuid() == 0 else ""))

    def _answers(self) -> bool:
        return listens(self.port) and listens(self.platform_port)


def plant_certificates(folder: Path) -> Authority:
    """Make an authority, and certificates for the broker, the platform and every holder."""
    now = datetime.now(UTC)
    authority = Authority.create(folder, now)
    authority.issue_broker(["127.0.0.1"], DAY, now, replace=False)
    authority.issue_platform(DAY, now, replace=False)
    for holder in HOLDERS:
        authority.issue_device(holder, DAY, now, replace=False)
    authority.revoke_device("lost-1", now)
    return authority


def context(authority: Path, certificate: Path | None) -> ssl.SSLContext:
    """Return how a client shows itself: as the holder of a certificate, or as nobody."""
    made = ssl.create_default_context(cafile=authority)
    if certificate is not None:
        made.load_cert_chain(certificate, certificate.with_suffix(".key"))
    return made


class Caller:
    """A client of the broker, for as long as the test holds it."""

    def __init__(
        self,
        port: int,
        tls: ssl.SSLContext,
        *,
        client_id: str = "",
        version: MQTTProtocolVersion = MQTTv5,
        session: timedelta | None = None,
        will: str | None = None,
    ) -> None:
        self._heard: queue.Queue[MQTTMessage] = queue.Queue()
        self._welcomes: queue.Queue[ReasonCode] = queue.Queue()  # more than one: some brokers hang up on a refusal
        self._subscribed: queue.Queue[ReasonCode] = queue.Queue()
        self._published: queue.Queue[ReasonCode] = queue.Queue()
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=version)
        self._client.tls_set_context(tls)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda _c, _d, _f, code, _p: self._welcomes.put(code)
        self._client.on_subscribe = lambda _c, _d, _m, codes, _p: self._subscribed.put(codes[0])
        self._client.on_publish = lambda _c, _d, _m, code, _p: self._published.put(code)
        self._client.on_message = lambda _c, _d, message: self._heard.put(message)
        if will is not None:
            self._client.will_set(will, b"{}", 1)
        if session is None:
            self._client.connect("127.0.0.1", port)
        else:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = int(session.total_seconds())
            self._client.connect("127.0.0.1", port, clean_start=False, properties=properties)
        self._client.loop_start()
        self.connected = int(self._welcomes.get(timeout=WITHIN).value)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def vanish(self) -> None:
        """Break the connection off without a word, so that the last will is told."""
        self._client.on_disconnect = lambda client, *_: client.disconnect() and None
        connection = self._client.socket()
        assert isinstance(connection, ssl.SSLSocket)
        connection.shutdown(socket.SHUT_RDWR)
        self._client.loop_stop()

    def publish(self, topic: str, payload: bytes = b"{}") -> int:
        """Publish at QoS 1 and return the PUBACK's reason code."""
        self._client.publish(topic, payload, 1)
        return int(self._published.get(timeout=WITHIN).value)

    def subscribe(self, topic: str) -> int:
        """Subscribe at QoS 1 and return the SUBACK's reason code."""
        self._client.subscribe(topic, 1)
        return int(self._subscribed.get(timeout=WITHIN).value)

    def heard(self, count: int) -> list[tuple[str, bytes]]:
        """Return the next messages."""
        messages = [self._heard.get(timeout=WITHIN) for _ in range(count)]
        return [(message.topic, bytes(message.payload)) for message in messages]
