"""PUBLISH packets as they were cut out of the network's bytes, many at a time."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Frames:
    """PUBLISH packets in the order they came, as parallel lists: no object per message.

    Attributes
    ----------
    topics
        Topic names, as sent: bytes that ought to be UTF-8.
    payloads
        What was published.
    headers
        First byte of each fixed header: bit 0x08 says redelivered, bit 0x01 retained.

    Examples
    --------
    >>> frames = Frames()
    >>> frames.topics.append(b"foreworn/v1/west/pump-7/telemetry")
    >>> frames.payloads.append(b'{"ts": 0}')
    >>> frames.headers.append(0x32)
    >>> len(frames)
    1
    """

    topics: list[bytes] = field(default_factory=list)
    payloads: list[bytes] = field(default_factory=list)
    headers: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        """Return how many packets these are."""
        return len(self.topics)
