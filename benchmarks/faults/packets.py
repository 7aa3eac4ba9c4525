"""Counts MQTT packets in a stream of bytes, however it is cut into pieces."""

from collections import Counter
from typing import Final

PUBLISH: Final = 3
PUBACK: Final = 4
_DUPLICATE: Final = 0x08


class PacketCounter:
    r"""Follows one direction of one connection.

    Examples
    --------
    >>> counter = PacketCounter()
    >>> for piece in (b"\x40", b"\x02\x00", b"\x07\x40\x02\x00\x08"):
    ...     counter.feed(piece)
    >>> counter.counts[PUBACK]
    2
    """

    def __init__(self) -> None:
        self.counts: Counter[int] = Counter()
        """Packets seen whole in their headers, by type."""
        self.redelivered = 0
        """PUBLISH packets that say they are sent again."""
        self._rest = 0
        self._head = bytearray()

    def feed(self, data: bytes) -> None:
        """Take the next piece."""
        at = 0
        while at < len(data):
            if self._rest:
                step = min(self._rest, len(data) - at)
                self._rest -= step
                at += step
                continue
            self._head.append(data[at])
            at += 1
            if len(self._head) > 1 and not self._head[-1] & 0x80:
                self._begin()

    def _begin(self) -> None:
        """Take note of a packet whose fixed header is whole."""
        first, *length = self._head
        self._rest = sum((byte & 0x7F) << (7 * i) for i, byte in enumerate(length))
        self.counts[first >> 4] += 1
        self.redelivered += first >> 4 == PUBLISH and bool(first & _DUPLICATE)
        self._head.clear()
