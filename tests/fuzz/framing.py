"""Fuzzes the cutting of MQTT packets: the same packets however the stream is chopped, on both of its roads.

An input is one byte for the version of MQTT, one for the length of the pieces, and the stream.
"""

from tests.fuzz.harness import Target, fuzz

LARGEST_PAYLOAD = 64


class Forgetful(dict[bytes, object]):
    """A table of packet shapes that keeps none, so that every packet takes the exact road."""

    def __setitem__(self, key: bytes, value: object) -> None:
        """Keep nothing."""


def build() -> Target:
    """Return the function under test."""
    from foreworn.errors import ConfigurationError
    from ingestion.session.framing import Framing
    from ingestion.session.handshake import Protocol
    from ingestion.session.packets import MalformedPacket

    def cut(framing: Framing, pieces: list[bytes]) -> list[object] | None:
        """Return all that was cut, or None if the stream is no MQTT: of two mistakes either may be named."""
        cut: list[object] = [[], [], [], b"", b"", [], []]
        for piece in pieces:
            try:
                haul = framing.cut(piece)
            except (MalformedPacket, ConfigurationError):
                return None
            found = [haul.frames.topics, haul.frames.payloads, haul.frames.headers, haul.acknowledgement]
            cut = [a + b for a, b in zip(cut, [*found, haul.others, haul.confirmed, haul.oversized], strict=True)]  # type: ignore[operator]
            assert len(haul.frames.payloads) == len(haul.frames.headers) == len(haul.frames)
            assert all(len(payload) <= LARGEST_PAYLOAD for payload in haul.frames.payloads)
        return cut

    def check(data: bytes) -> None:
        if len(data) < 3:
            return
        protocol = Protocol.V5 if data[0] & 1 else Protocol.V311
        size, stream = data[1] % 32 + 1, data[2:]
        exact = Framing(protocol, LARGEST_PAYLOAD)
        exact._shapes = Forgetful()  # type: ignore[assignment]
        pieces = [stream[i : i + size] for i in range(0, len(stream), size)]
        whole = cut(Framing(protocol, LARGEST_PAYLOAD), [stream])
        assert whole == cut(exact, [stream])
        assert whole == cut(Framing(protocol, LARGEST_PAYLOAD), pieces)

    return check


def seeds() -> list[bytes]:
    """Return streams of both versions: messages of one shape and of several, and what else a broker sends."""
    streams = []
    for version in (0, 1):
        properties = b"\x00" * version
        message = b"\x00\x0bforeworn/v1\x00\x07" + properties + b"{}"
        at_most_once = b"\x00\x03a/b" + properties + b"x"
        packets = [
            bytes([0x32, len(message)]) + message,
            bytes([0x30, len(at_most_once)]) + at_most_once,
            b"\xd0\x00",
            b"\x40\x02\x00\x07",
            bytes([0x32, 0x80 | (len(message) + 98) & 0x7F, (len(message) + 98) >> 7]) + message + b"y" * 98,
        ]
        streams += [bytes([version, piece]) + b"".join(packets) * 2 for piece in (0, 6, 31)]
    return streams


if __name__ == "__main__":
    fuzz(build, seeds())
