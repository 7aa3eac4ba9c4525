from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreworn.errors import ConfigurationError
from ingestion.session.framing import KEPT_OF_OVERSIZE, Framing
from ingestion.session.handshake import Protocol
from ingestion.session.haul import Haul, Oversized
from ingestion.session.packets import MalformedPacket
from tests.unit.ingestion.fake_broker import publish

LARGEST = 300
TOO_LARGE = LARGEST + 300_000
PINGRESP = b"\xd0\x00"
USER_PROPERTY = b"\x26\x00\x01a\x00\x01b"
BOTH = pytest.mark.parametrize("protocol", Protocol)


@dataclass(frozen=True)
class Sent:
    """What a broker sends: a message, or a packet for the MQTT client."""

    topic: bytes = b"t"
    payload: bytes = b""
    number: int = 1
    qos: int = 1
    retain: bool = False
    dup: bool = False
    properties: bytes = b""
    other: bytes = b""

    def packet(self, protocol: Protocol) -> bytes:
        if self.other:
            return self.other
        return publish(
            self.topic,
            self.payload,
            self.number,
            protocol,
            qos=self.qos,
            retain=self.retain,
            dup=self.dup,
            properties=self.properties,
        )

    @property
    def header(self) -> int:
        return 0x30 | self.dup << 3 | self.qos << 1 | self.retain


def cut(framing: Framing, pieces: Iterable[bytes]) -> Haul:
    """Return all that is cut out of the pieces."""
    total = Haul()
    for piece in pieces:
        haul = framing.cut(piece)
        assert haul.size >= sum(map(len, haul.frames.payloads))
        total.frames.topics += haul.frames.topics
        total.frames.payloads += haul.frames.payloads
        total.frames.headers += haul.frames.headers
        total.oversized += haul.oversized
        total.acknowledgement += haul.acknowledgement
        total.others += haul.others
        total.confirmed += haul.confirmed
    return total


def expected(sent: Iterable[Sent]) -> Haul:
    """Return what is to be cut out, by the rules and not by the bytes."""
    haul = Haul()
    for one in sent:
        if one.other:
            haul.others += one.other
            continue
        if one.qos:
            haul.acknowledgement += b"\x40\x02" + one.number.to_bytes(2, "big")
        if len(one.payload) > LARGEST:
            haul.oversized.append(Oversized(one.topic, one.payload[:KEPT_OF_OVERSIZE], len(one.payload)))
        else:
            haul.frames.topics.append(one.topic)
            haul.frames.payloads.append(one.payload)
            haul.frames.headers.append(one.header)
    return haul


def chopped(stream: bytes, cuts: Iterable[int]) -> list[bytes]:
    places = [0, *sorted(place % (len(stream) + 1) for place in cuts), len(stream)]
    return [stream[start:stop] for start, stop in pairwise(places)]


MESSAGES = st.builds(
    Sent,
    topic=st.sampled_from([b"t", b"foreworn/v1/west/pump-7/telemetry", b"\xff\x00", b"x" * 300]),
    payload=st.sampled_from([b"", b"1", b"{}" * 60, b"p" * 119, b"q" * LARGEST, b"r" * (LARGEST + 1)]),
    number=st.integers(1, 65_535),
    qos=st.sampled_from([1, 1, 1, 0]),
    retain=st.booleans(),
    dup=st.booleans(),
    properties=st.sampled_from([b"", b"", USER_PROPERTY, USER_PROPERTY * 30]),
)
STREAMS = st.lists(MESSAGES | st.sampled_from([Sent(other=PINGRESP), Sent(other=b"\xe0\x02\x8e\x00")]), max_size=8)


@BOTH
@settings(derandomize=True, max_examples=150, deadline=None)
@given(sent=STREAMS, cuts=st.lists(st.integers(0, 10_000), max_size=12))
def test_however_the_stream_is_chopped_the_same_is_cut_out_of_it(
    protocol: Protocol, sent: list[Sent], cuts: list[int]
) -> None:
    stream = b"".join(one.packet(protocol) for one in sent)
    assert cut(Framing(protocol, LARGEST), chopped(stream, cuts)) == expected(sent)


@BOTH
def test_every_boundary_between_two_bytes_may_be_one_between_two_pieces(protocol: Protocol) -> None:
    sent = [
        Sent(payload=b"p" * 119),
        Sent(payload=b"p" * 120, properties=USER_PROPERTY),
        Sent(qos=0),
        Sent(other=PINGRESP),
        Sent(payload=b"r" * (LARGEST + 1)),
        Sent(payload=b"p" * 119, number=2),
    ]
    stream = b"".join(one.packet(protocol) for one in sent)
    framing = Framing(protocol, LARGEST)
    for place in range(len(stream)):
        assert cut(framing, [stream[:place], stream[place:]]) == expected(sent)
    assert cut(framing, [stream[i : i + 1] for i in range(len(stream))]) == expected(sent)


@BOTH
def test_of_a_message_far_too_large_only_the_beginning_is_held_and_what_follows_is_found(protocol: Protocol) -> None:
    sent = [Sent(payload=b"r" * TOO_LARGE, properties=USER_PROPERTY, number=7), Sent(payload=b"p", number=8)]
    stream = b"".join(one.packet(protocol) for one in sent)
    for step in (1_000, 65_536, len(stream)):
        pieces = [stream[i : i + step] for i in range(0, len(stream), step)]
        assert cut(Framing(protocol, LARGEST), pieces) == expected(sent)


def test_acknowledgements_of_what_we_published_are_told_with_their_reasons() -> None:
    haul = Framing(Protocol.V5, LARGEST).cut(b"\x40\x02\x80\x00" + b"\x40\x04\x80\x01\x87\x00")
    assert haul.confirmed == [(0x8000, 0), (0x8001, 0x87)]
    assert haul.others == b""


V311, V5 = Protocol.V311, Protocol.V5


@pytest.mark.parametrize(
    ("protocol", "stream"),
    [
        pytest.param(V311, b"\x32\xff\xff\xff\xff\x01", id="a length of five bytes"),
        pytest.param(V311, b"\x32\x04\x00\x05a\x01", id="a topic that is longer than its packet"),
        pytest.param(V311, b"\x32\x03\x00\x01a", id="no packet id"),
        pytest.param(V311, b"\x32\x00", id="nothing at all"),
        pytest.param(V311, b"\x32\x04\x00\x00\x00\x01", id="no topic, as with an alias nobody offered"),
        pytest.param(V311, b"\x36\x06\x00\x01a\x00\x01x", id="a QoS that does not exist"),
        pytest.param(V5, b"\x32\x05\x00\x01a\x00\x01", id="no properties where there must be some"),
        pytest.param(V5, b"\x32\x07\x00\x01a\x00\x01\x09x", id="properties that are longer than their packet"),
        pytest.param(V5, b"\x32\x09\x00\x01a\x00\x01\xff\xff\xff\xff", id="properties without a length"),
        pytest.param(V5, b"\x40\x01\x00", id="an acknowledgement of nothing"),
        pytest.param(V5, b"\x90\xff\xff\xff\x7f", id="a subscription's answer of 256 MiB"),
    ],
)
def test_what_is_no_mqtt_is_refused_at_once(protocol: Protocol, stream: bytes) -> None:
    with pytest.raises(MalformedPacket):
        Framing(protocol, LARGEST).cut(stream)


def test_properties_longer_than_their_packet_are_refused_in_a_packet_like_one_before() -> None:
    framing = Framing(V5, LARGEST)
    assert len(framing.cut(b"\x32\x07\x00\x01a\x00\x01\x00x")) == 1
    with pytest.raises(MalformedPacket):
        framing.cut(b"\x32\x07\x00\x01a\x00\x01\x09x")


def test_a_message_at_qos_2_is_refused_before_it_is_whole() -> None:
    with pytest.raises(ConfigurationError, match="FOREWORN_MQTT__CLIENT_ID"):
        Framing(V311, LARGEST).cut(b"\x34\x7f\x00\x01a")


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(list(Protocol)))
def test_whatever_bytes_come_they_are_cut_or_refused(noise: bytes, protocol: Protocol) -> None:
    framing = Framing(protocol, LARGEST)
    try:
        framing.cut(b"\x32" + noise)
        framing.cut(noise)
    except (MalformedPacket, ConfigurationError):
        pass
