"""What one read of the broker's connection brought in."""

from dataclasses import dataclass, field

from ingestion.session.frames import Frames


@dataclass(frozen=True, slots=True)
class Oversized:
    """A message that is larger than allowed: its first bytes, and how many it had."""

    topic: bytes
    head: bytes
    length: int


@dataclass(slots=True)
class Haul:
    """Whole packets.

    Attributes
    ----------
    frames
        The messages.
    oversized
        Messages that are too large to be decoded; they are acknowledged like the others.
    acknowledgement
        The PUBACK packets for all of these messages, in the order they came.
    others
        Packets that are for the MQTT client.
    confirmed
        Packet id and reason code of the PUBACK packets that the broker sent us.
    size
        About how much memory this takes. [bytes]
    """

    frames: Frames = field(default_factory=Frames)
    oversized: list[Oversized] = field(default_factory=list)
    acknowledgement: bytes = b""
    others: bytes = b""
    confirmed: list[tuple[int, int]] = field(default_factory=list)
    size: int = 0

    def __len__(self) -> int:
        """Return how many messages these are."""
        return len(self.frames) + len(self.oversized)
