"""MQTT packets as bytes: just as much of the protocol as bulk reading and joined writing take."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

PUBLISH, PUBACK = 3, 4
PINGREQ = b"\xc0\x00"
_PUBACK_HEAD = (0x40, 0x02)
_PUBLISH_AT_QOS_1 = b"\x32"


class MalformedPacket(Exception):
    """What came is no MQTT; the connection cannot be understood any more."""


@dataclass(frozen=True, slots=True)
class FixedHeader:
    """The first byte of a packet, and where in the bytes it lies in its body starts and stops."""

    first: int
    start: int
    stop: int

    @property
    def kind(self) -> int:
        """What packet it is: `PUBLISH`, `PUBACK` or another."""
        return self.first >> 4

    @property
    def qos(self) -> int:
        """Of a PUBLISH."""
        return self.first >> 1 & 3

    @property
    def size(self) -> int:
        """Length of the body in bytes."""
        return self.stop - self.start


def fixed_header(data: bytes, position: int) -> FixedHeader | None:
    r"""Return the fixed header that begins at `position`, or None while it is not whole.

    Raises
    ------
    MalformedPacket
        If it is none.

    Examples
    --------
    >>> fixed_header(b"\x32\x80\x01", 0).size, fixed_header(b"\x32\x80", 0)
    (128, None)
    """
    length = shift = 0
    for start in range(position + 1, min(position + 5, len(data))):
        length |= (data[start] & 0x7F) << shift
        if data[start] < 0x80:
            return FixedHeader(data[position], start + 1, start + 1 + length)
        shift += 7
    if shift == 28:
        raise MalformedPacket("a packet whose length takes more than four bytes")
    return None


def properties_size(beginning: bytes) -> int:
    r"""Return the length of MQTT 5 properties, that of their length in front included.

    Raises
    ------
    MalformedPacket
        If the first four bytes hold no length.

    Examples
    --------
    >>> properties_size(b"\x00"), properties_size(b"\x80\x01")
    (1, 130)
    """
    length = 0
    for i, byte in enumerate(beginning[:4]):
        length |= (byte & 0x7F) << 7 * i
        if byte < 0x80:
            return length + i + 1
    raise MalformedPacket("a message whose properties have no length")


def publish_packet(topic: bytes, number: int, payload: bytes, *, has_properties: bool) -> bytes:
    r"""Return a PUBLISH at QoS 1.

    Examples
    --------
    >>> publish_packet(b"a/b", 7, b"x", has_properties=True)
    b'2\t\x00\x03a/b\x00\x07\x00x'
    """
    body = b"%b%b%b%b%b" % (
        struct.pack("!H", len(topic)),
        topic,
        struct.pack("!H", number),
        b"\x00" if has_properties else b"",
        payload,
    )
    return _PUBLISH_AT_QOS_1 + encoded_length(len(body)) + body


def puback_packets(numbers: Sequence[bytes], size: int) -> bytes:
    r"""Return the PUBACK packets for messages, in order; a message without a number gets none.

    Parameters
    ----------
    numbers
        Empty, or two bytes of packet id and whatever follows.
    size
        Length of those that are not empty. [bytes]

    Examples
    --------
    >>> puback_packets([b"\x00\x07", b"", b"\x01\x00"], 2)
    b'@\x02\x00\x07@\x02\x01\x00'
    """
    found = np.frombuffer(b"".join(numbers), np.uint8).reshape(-1, size)
    packets = np.empty((len(found), 4), np.uint8)
    packets[:, :2] = _PUBACK_HEAD
    packets[:, 2:] = found[:, :2]
    return packets.tobytes()


def read_puback(body: bytes) -> tuple[int, int]:
    """Return packet id and reason code of a PUBACK; 0 is success.

    Raises
    ------
    MalformedPacket
        If it names no packet.
    """
    if len(body) < 2:
        raise MalformedPacket("an acknowledgement without a packet id")
    return int.from_bytes(body[:2], "big"), body[2] if len(body) > 2 else 0


def encoded_length(length: int) -> bytes:
    """Return a remaining length as it travels: seven bits per byte, the lowest first."""
    encoded = b""
    while length > 127:
        encoded += bytes([length % 128 | 0x80])
        length //= 128
    return encoded + bytes([length])
