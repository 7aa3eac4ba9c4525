"""A stand-in for a broker: one TCP connection at a time, and a log of everything a collector does."""

import socket
import struct
import threading
from contextlib import suppress
from types import TracebackType

from foreworn.settings import BrokerKind, MqttSettings
from ingestion.session.handshake import Protocol
from ingestion.session.packets import encoded_length, fixed_header, properties_size

Log = list[tuple[object, ...]]


class FakeBroker:
    """Lets a collector in, grants its subscription, delivers what it is told to, and writes down what it hears.

    Parameters
    ----------
    log
        Gets ("connected",), ("acknowledged", id), ("published", topic, payload, qos), ("ping",), ("disconnected",)
        and ("gone",).
    protocol
        The newest version it speaks.
    granted
        The answer to each subscription: a QoS, or 0x80 and above for no.
    window
        MQTT 5: how many messages it takes before it has confirmed some; None: it does not say.
    confirms
        Whether it confirms what is published, and answers pings.
    """

    def __init__(
        self,
        log: Log,
        protocol: Protocol = Protocol.V5,
        *,
        granted: int = 1,
        window: int | None = None,
        confirms: bool = True,
    ) -> None:
        self.log = log
        self.protocol = protocol
        self.granted = granted
        self.window = window
        self.confirms = confirms
        self.subscriptions: list[tuple[str, int]] = []
        self.connect_packets: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._connection: socket.socket | None = None
        self._writing = threading.Lock()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def settings(self) -> MqttSettings:
        """How to reach it."""
        return MqttSettings(broker=BrokerKind.EXTERNAL, port=self._listener.getsockname()[1])

    def delivers(
        self, topic: str, payload: bytes, number: int, *, qos: int = 1, retain: bool = False, dup: bool = False
    ) -> None:
        """Deliver a message."""
        name = topic.encode("utf-8", "surrogateescape")
        self.sends(publish(name, payload, number, self.protocol, qos=qos, retain=retain, dup=dup))

    def sends(self, data: bytes) -> None:
        """Send bytes, whatever they are."""
        with self._writing:
            assert self._connection is not None
            self._connection.sendall(data)

    def goes_away(self) -> None:
        """Cut the connection."""
        with self._writing:
            assert self._connection is not None
            self._connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._writing:
            if self._connection is not None:
                self._connection.close()
        self._thread.join(10.0)

    def __enter__(self) -> "FakeBroker":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                self._connection = connection
                with suppress(OSError):
                    self._listen(connection)
                with self._writing:
                    self._connection = None
            self.log.append(("gone",))

    def _listen(self, connection: socket.socket) -> None:
        data = b""
        while part := connection.recv(65_536):
            data += part
            while (header := fixed_header(data, 0)) is not None and header.stop <= len(data):
                self._hear(header.first, data[header.start : header.stop])
                data = data[header.stop :]

    def _hear(self, first: int, body: bytes) -> None:
        match first >> 4:
            case 1:
                self._connect(body)
            case 3:
                self._publish(first, body)
            case 4:
                self.log.append(("acknowledged", int.from_bytes(body, "big")))
            case 5:
                self.log.append(("received", int.from_bytes(body, "big")))
            case 8:
                self._subscribe(body)
            case 12:
                self.log.append(("ping",))
                if self.confirms:
                    self.sends(b"\xd0\x00")
            case 14:
                self.log.append(("disconnected",))
            case kind:
                self.log.append(("unexpected", kind))

    def _connect(self, body: bytes) -> None:
        if body[6] != self.protocol:
            self.sends(b"\x20\x03\x00\x84\x00")
            return
        self.connect_packets.append(body)
        properties = b"" if self.window is None else b"\x21" + struct.pack("!H", self.window)
        tail = bytes([len(properties)]) + properties if self.protocol is Protocol.V5 else b""
        self.log.append(("connected",))
        self.sends(b"\x20" + bytes([2 + len(tail)]) + b"\x01\x00" + tail)

    def _subscribe(self, body: bytes) -> None:
        names = body[3:] if self.protocol is Protocol.V5 else body[2:]
        self.subscriptions = []
        while names:
            size = int.from_bytes(names[:2], "big")
            self.subscriptions.append((names[2 : 2 + size].decode(), names[2 + size] & 3))
            names = names[3 + size :]
        tail = (b"\x00" if self.protocol is Protocol.V5 else b"") + bytes([self.granted]) * len(self.subscriptions)
        self.sends(b"\x90" + bytes([2 + len(tail)]) + body[:2] + tail)

    def _publish(self, first: int, body: bytes) -> None:
        stop = 2 + int.from_bytes(body[:2], "big")
        start = stop + 2 + (properties_size(body[stop + 2 :]) if self.protocol is Protocol.V5 else 0)
        self.log.append(("published", body[2:stop].decode(), body[start:], first >> 1 & 3))
        if self.confirms:
            self.sends(b"\x40\x02" + body[stop : stop + 2])


def publish(
    topic: bytes,
    payload: bytes,
    number: int,
    protocol: Protocol,
    *,
    qos: int = 1,
    retain: bool = False,
    dup: bool = False,
    properties: bytes = b"",
) -> bytes:
    """Return a PUBLISH packet."""
    body = struct.pack("!H", len(topic)) + topic + (struct.pack("!H", number) if qos else b"")
    if protocol is Protocol.V5:
        body += encoded_length(len(properties)) + properties
    body += payload
    return bytes([0x30 | dup << 3 | qos << 1 | retain]) + encoded_length(len(body)) + body
