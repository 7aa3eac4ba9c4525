"""A first hello to a broker: whether one answers, whether it lets us in, and which MQTT it speaks."""

import secrets
import socket
import ssl
import struct
from enum import IntEnum

from foreworn.errors import BrokerUnavailable
from foreworn.settings import MqttSettings
from ingestion.session.packets import encoded_length
from ingestion.session.tls import tls_context, why_refused

_REASONS = {
    1: "it refuses the protocol version",
    2: "it refuses the client id",
    3: "it says it is not available",
    4: "it refuses user name or password",
    5: "it refuses access: set FOREWORN_MQTT__USERNAME and FOREWORN_MQTT__PASSWORD",
    0x84: "it refuses the protocol version",
    0x86: "it refuses user name or password",
    0x87: "it refuses access: set FOREWORN_MQTT__USERNAME and FOREWORN_MQTT__PASSWORD",
    0x88: "it says it is not available",
    0x89: "it says it is busy",
    0x8A: "it has banned us",
}
_WRONG_VERSION = (1, 0x84)
_DISCONNECT = b"\xe0\x00"


class Protocol(IntEnum):
    """Versions of MQTT, by their number on the wire."""

    V311 = 4
    V5 = 5


def spoken_protocol(settings: MqttSettings, *, timeout: float = 5.0) -> Protocol:
    """Return the newest MQTT the broker speaks.

    Parameters
    ----------
    settings
        Where it is and how to log in.
    timeout
        How long to wait for each answer. [s]

    Raises
    ------
    BrokerUnavailable
        If nothing answers, what answers is no broker, or it does not let us in.
    ConfigurationError
        If a file that TLS needs cannot be read.
    """
    for protocol in (Protocol.V5, Protocol.V311):
        code = _connect(settings, protocol, timeout)
        if code == 0:
            return protocol
        if code not in _WRONG_VERSION:
            break
    why = _REASONS.get(code, f"it answers with code {code}")
    raise BrokerUnavailable(settings.host, settings.port, why)


def _connect(settings: MqttSettings, protocol: Protocol, timeout: float) -> int:
    """Return the CONNACK's code of one connection, which is closed again."""
    context = tls_context(settings)
    try:
        with _connection(settings, context, timeout) as connection:
            connection.sendall(connect_packet(settings, protocol))
            answer = _receive(connection)
            if answer[3] == 0:
                connection.sendall(_DISCONNECT)
            return answer[3]
    except OSError as error:
        raise BrokerUnavailable(settings.host, settings.port, why_refused(error, settings)) from error


def _connection(settings: MqttSettings, context: ssl.SSLContext | None, timeout: float) -> socket.socket:
    connection = socket.create_connection((settings.host, settings.port), timeout=timeout)
    try:
        return connection if context is None else context.wrap_socket(connection, server_hostname=settings.host)
    except BaseException:
        connection.close()
        raise


def _receive(connection: socket.socket) -> bytes:
    """Return the first four bytes; type, length, flags and code lie there in both versions."""
    answer = b""
    while len(answer) < 4:
        part = connection.recv(4 - len(answer))
        if not part:
            raise ConnectionResetError
        answer += part
    if answer[0] != 0x20 or answer[1] > 127:
        raise OSError("what listens there is no MQTT broker")
    return answer


def connect_packet(settings: MqttSettings, protocol: Protocol) -> bytes:
    """Return a CONNECT packet of a clean session that ends with its connection."""
    flags = 0x02
    fields = [f"foreworn-hello-{secrets.token_hex(4)}"]
    if settings.username:
        flags |= 0x80
        fields.append(settings.username)
        if settings.password is not None:
            flags |= 0x40
            fields.append(settings.password.get_secret_value())
    body = _text("MQTT") + struct.pack("!BBH", protocol, flags, 10)
    body += b"\x00" if protocol is Protocol.V5 else b""  # no properties
    body += b"".join(map(_text, fields))
    return b"\x10" + encoded_length(len(body)) + body


def _text(text: str) -> bytes:
    encoded = text.encode()
    return struct.pack("!H", len(encoded)) + encoded
