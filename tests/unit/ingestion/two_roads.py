"""Takes the same turns by column and message by message, for tests that the two say the same."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from foreworn.telemetry.sample import Sample
from foreworn.telemetry.wire import parse_topic
from ingestion.formats.message import UNREADABLE_TOPIC, Contents
from ingestion.reception.reception import Reception
from ingestion.reception.turn import Heard, Turn
from ingestion.session.frames import Frames

REDELIVERED, RETAINED = 0x08, 0x01


@dataclass(frozen=True)
class Sent:
    """One message as it came."""

    topic: bytes
    payload: bytes
    header: int = 0x32


def frames_of(messages: Sequence[Sent]) -> Frames:
    """Return the messages as the bulk collector has them."""
    return Frames([m.topic for m in messages], [m.payload for m in messages], [m.header for m in messages])


@dataclass
class MessageByMessage:
    """What `Reception.take` has to equal: every message read on its own, in order."""

    reception: Reception
    statuses: dict[bytes, bytes] = field(default_factory=dict)

    def take(self, messages: Sequence[Sent]) -> Turn:
        """Return the turn."""
        contents = [self._read(message) for message in messages]
        accepted = (m for m, c in zip(messages, contents, strict=True) if c.statuses)
        self.statuses |= {m.topic: m.payload for m in accepted if m.topic.endswith(b"/status")}
        heard = tuple(
            Heard(c.device, _site(m), c.seqs, bool(m.header & REDELIVERED), c.wants_ack, c.oldest)
            for m, c in zip(messages, contents, strict=True)
            if c.device is not None
        )
        return Turn(self.reception.join(contents), heard)

    def _read(self, message: Sent) -> Contents:
        if message.header & RETAINED and self.statuses.get(message.topic) == message.payload:
            return Contents()
        return self.reception.read(_name(message), message.payload)


def told(turn: Turn) -> dict[str, object]:
    """Return all that a turn says, in a form that two turns can be compared by, types and signs of zero included."""
    batch = turn.batch
    return {
        "samples": [exactly(sample) for sample in batch.telemetry.samples],
        "events": batch.telemetry.events,
        "logs": batch.telemetry.logs,
        "statuses": batch.statuses,
        "rejections": batch.rejections,
        "received_at": batch.received_at,
        "refused": batch.refused,
        "heard": numbers(turn.heard),
        "wishes": [(h.device, h.site, h.wants_ack, h.oldest) for h in turn.heard if h.wants_ack is not None],
    }


def exactly(sample: Sample) -> tuple[object, ...]:
    """Return a sample so that 1 differs from 1.0, and 0.0 from -0.0."""
    return sample.device, sample.time, sorted((name, repr(v)) for name, v in sample.values.items()), repr(sample.seq)


def numbers(heard: Sequence[Heard]) -> dict[str, list[tuple[int, bool, str]]]:
    """Return the numbers heard of each device, in order."""
    by_device: dict[str, list[tuple[int, bool, str]]] = {}
    for one in heard:
        for seq in one.seqs:
            by_device.setdefault(one.device, []).append((seq, one.redelivered, one.site))
    return by_device


def _name(message: Sent) -> str:
    try:
        return message.topic.decode()
    except UnicodeDecodeError:
        return UNREADABLE_TOPIC


def _site(message: Sent) -> str:
    return parse_topic(_name(message)).site
