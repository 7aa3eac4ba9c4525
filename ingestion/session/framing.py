"""Cuts MQTT packets out of the bytes of a connection: messages for us, everything else for the MQTT client."""

import struct
from collections.abc import Callable

from foreworn.errors import ConfigurationError
from ingestion.session.frames import Frames
from ingestion.session.handshake import Protocol
from ingestion.session.haul import Haul, Oversized
from ingestion.session.packets import (
    PUBACK,
    PUBLISH,
    FixedHeader,
    MalformedPacket,
    fixed_header,
    properties_size,
    puback_packets,
    read_puback,
)

KEPT_OF_OVERSIZE = 65_536
"""Of a payload that is too large, so many first bytes are kept for the quarantine."""
_SLACK = 2 * 65_536  # a topic of the largest size, and properties
_KEY = 5
_MOST_SHAPES = 8_192
_MESSAGE_OVERHEAD = 250  # bytes of Python objects per message

_Row = tuple[int, bytes, bytes, bytes]  # header, topic, packet id (in MQTT 5 with what follows it), payload


class Framing:
    r"""Cuts packets, however the stream was chopped on its way.

    Most messages look like one that came before: the same first five bytes mean the same lengths of packet and
    topic, so one precompiled `struct.Struct` takes the whole packet apart. Whatever is new, long, without a
    packet id or no PUBLISH takes the exact road.

    Memory is bounded: nothing larger than the largest payload, its topic and some properties is put together.
    Of a larger message the first `KEPT_OF_OVERSIZE` bytes are kept and the rest is passed over.

    Parameters
    ----------
    protocol
        The version the connection speaks.
    largest_payload
        Longest payload that becomes a frame. [bytes]

    Examples
    --------
    >>> framing = Framing(Protocol.V311, largest_payload=1024)
    >>> len(framing.cut(b"\x32\x0a\x00\x05site1\x00\x07"))
    0
    >>> haul = framing.cut(b"x\xd0\x00")
    >>> haul.frames.topics, haul.frames.payloads, haul.acknowledgement, haul.others
    ([b'site1'], [b'x'], b'@\x02\x00\x07', b'\xd0\x00')
    """

    def __init__(self, protocol: Protocol, largest_payload: int) -> None:
        self._has_properties = protocol is Protocol.V5
        self._id_size = 3 if self._has_properties else 2
        self._largest_payload = largest_payload
        self._shapes: dict[bytes, tuple[Callable[[bytes, int], tuple[int, bytes, bytes, bytes]], int]] = {}
        self._begun: list[bytes] = []
        self._missing = 0  # bytes without which the packet that has begun cannot be whole
        self._oversize: _OversizePacket | None = None
        self._rows: list[_Row] = []
        self._lengths: dict[int, int] = {}  # of those rows that are too large
        self._others: list[bytes] = []
        self._confirmed: list[tuple[int, int]] = []

    def cut(self, data: bytes) -> Haul:
        """Return what is whole with this next piece of the stream.

        Raises
        ------
        MalformedPacket
            If the bytes are no MQTT.
        ConfigurationError
            If a message comes at QoS 2.
        """
        self._rows, self._lengths, self._others, self._confirmed = [], {}, [], []
        stop = 0
        if self._oversize is not None:
            data = self._pass_over(self._oversize, data)
        if len(data) < self._missing:
            self._begun.append(data)
            self._missing -= len(data)
        else:
            data = b"".join([*self._begun, data])
            stop = self._cut_all(data)
            self._begun = [data[stop:]]
            self._missing = max(0, self._missing - (len(data) - stop))
        return self._haul(stop)

    def _cut_all(self, data: bytes) -> int:
        """Cut every whole packet; return where the first one begins that is not whole."""
        shapes, add, position = self._shapes, self._rows.append, 0
        self._missing = 0
        while True:
            try:
                while True:
                    unpack, size = shapes[data[position : position + _KEY]]
                    add(unpack(data, position))
                    position += size
            except KeyError:
                pass
            except struct.error:
                self._missing = size
                return position
            stop = self._cut_one(data, position)
            if stop is None:
                return position
            position = stop

    def _cut_one(self, data: bytes, position: int) -> int | None:
        """Cut one packet the exact way; return where it stops, or None if it is not whole."""
        header = fixed_header(data, position)
        if header is None:
            return None
        if header.kind == PUBLISH:
            check_qos(header.qos)
        if header.size > self._largest_payload + _SLACK:
            return self._begin_oversize(data, header)
        if header.stop > len(data):
            self._missing = header.stop - position
            return None
        if header.kind == PUBLISH:
            self._cut_publish(data, position, header)
        elif header.kind == PUBACK:
            self._confirmed.append(read_puback(data[header.start : header.stop]))
        else:
            self._others.append(data[position : header.stop])
        return header.stop

    def _cut_publish(self, data: bytes, position: int, header: FixedHeader) -> None:
        topic, number, payload, length = self._take_apart(header, data[header.start : header.stop])
        if length > self._largest_payload:
            self._lengths[len(self._rows)] = length
            payload = payload[:KEPT_OF_OVERSIZE]
        elif header.qos == 1:
            self._learn(data[position : position + _KEY], header.start - position, header, len(topic))
        self._rows.append((header.first, topic, number, payload))

    def _learn(self, key: bytes, start: int, header: FixedHeader, topic_size: int) -> None:
        """Remember how a packet is laid out that begins with `key`, where that says all of it."""
        rest = header.size - 2 - topic_size - self._id_size
        if start + 2 > _KEY or rest > self._largest_payload:
            return
        if len(self._shapes) >= _MOST_SHAPES:
            self._shapes.clear()
        shape = struct.Struct(f">B{start + 1}x{topic_size}s{self._id_size}s{rest}s")
        self._shapes[key] = (shape.unpack_from, shape.size)

    def _take_apart(self, header: FixedHeader, body: bytes) -> tuple[bytes, bytes, bytes, int]:
        """Return topic, id, payload and its length; the body may be only the beginning of a large one."""
        topic_stop = 2 + int.from_bytes(body[:2], "big")
        if topic_stop == 2:
            raise MalformedPacket("a message without a topic")
        start = topic_stop + (2 if header.qos else 0)
        number = body[topic_stop:start]
        if self._has_properties and start < header.size:
            start += properties_size(body[start:])
            number += b"\x00" if header.qos else b""
        if start > header.size or len(number) != (self._id_size if header.qos else 0):
            raise MalformedPacket("a message that is shorter than its topic, id and properties")
        return body[2:topic_stop], number, body[start:], header.size - start

    # Messages that are too large.

    def _begin_oversize(self, data: bytes, header: FixedHeader) -> int:
        if header.kind != PUBLISH:
            raise MalformedPacket(f"a packet of kind {header.kind} with {header.size} bytes")
        self._oversize = _OversizePacket(header)
        return len(data) - len(self._pass_over(self._oversize, data[header.start :]))

    def _pass_over(self, packet: "_OversizePacket", data: bytes) -> bytes:
        """Return what follows the packet."""
        rest = packet.take(data)
        if not packet.missing:
            self._oversize = None
            topic, number, payload, length = self._take_apart(packet.header, bytes(packet.head))
            self._lengths[len(self._rows)] = length
            self._rows.append((packet.header.first, topic, number, payload[:KEPT_OF_OVERSIZE]))
        return rest

    # What comes of it.

    def _haul(self, size: int) -> Haul:
        haul = Haul(others=b"".join(self._others), confirmed=self._confirmed)
        rows, self._rows = self._rows, []
        if rows:
            headers, topics, numbers, payloads = map(list, zip(*rows, strict=True))
            if self._has_properties:
                _cut_properties(numbers, payloads)
            haul.acknowledgement = puback_packets(numbers, self._id_size)
            haul.frames = Frames(topics, payloads, headers)
            haul.size = size + (_MESSAGE_OVERHEAD * len(rows)) + (KEPT_OF_OVERSIZE * len(self._lengths))
            _set_aside(haul, self._lengths)
        return haul


class _OversizePacket:
    """A message of which only the beginning is kept."""

    def __init__(self, header: FixedHeader) -> None:
        self.header = header
        self.missing = header.size
        self.head = bytearray()

    def take(self, data: bytes) -> bytes:
        """Take what belongs to the packet and return what does not."""
        taken = min(self.missing, len(data))
        self.head += data[: min(taken, KEPT_OF_OVERSIZE + _SLACK - len(self.head))]
        self.missing -= taken
        return data[taken:]


def check_qos(qos: int) -> None:
    """Refuse what cannot be acknowledged with one packet.

    Raises
    ------
    ConfigurationError
        If `qos` is 2.
    MalformedPacket
        If it is none.
    """
    if qos == 2:
        raise ConfigurationError(
            "the broker delivers at QoS 2, which is not supported: the collector subscribes at QoS 1, so the session "
            "holds somebody else's subscription; remove that, or choose another FOREWORN_MQTT__CLIENT_ID"
        )
    if qos == 3:
        raise MalformedPacket("a message at QoS 3")


def _cut_properties(numbers: list[bytes], payloads: list[bytes]) -> None:
    """Cut properties off the payloads that still begin with them: those whose number does not end in a zero."""
    marks = b"".join(numbers)[2::3]
    if marks.count(0) == len(marks):
        return
    for i, number in enumerate(numbers):
        if number and number[2]:
            size = properties_size(number[2:] + payloads[i][:3]) - 1
            if size > len(payloads[i]):
                raise MalformedPacket("a message that is shorter than its properties")
            payloads[i] = payloads[i][size:]


def _set_aside(haul: Haul, lengths: dict[int, int]) -> None:
    """Move the messages that are too large out of the frames."""
    frames = haul.frames
    for i in sorted(lengths, reverse=True):
        haul.oversized.insert(0, Oversized(frames.topics.pop(i), frames.payloads.pop(i), lengths[i]))
        del frames.headers[i]
