"""A message as the broker delivered it, and what a decoder made of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from foreworn.telemetry.quarantine import Rejection
from foreworn.telemetry.sample import Event, LogLine, Sample, Status

MOST_REJECTIONS = 16
UNREADABLE_TOPIC = "(a topic that is not UTF-8)"


@dataclass(frozen=True, slots=True)
class Message:
    """One MQTT message: topic and payload as they came, and when, in platform time."""

    topic: str
    payload: bytes
    received_at: datetime

    def reject(self, reason: str, detail: str, *, device: str | None = None, signal: str | None = None) -> Rejection:
        """Return the quarantine entry that says why this message, or one value of it, is refused."""
        return Rejection(self.received_at, self.topic, self.payload, reason, detail, device, signal)


@dataclass(frozen=True, slots=True)
class Contents:
    """What one message holds.

    Parameters
    ----------
    samples, events, logs, statuses
        What is good so far, in the message's order.
    rejections
        What is refused.
    device
        The device, where the topic names one.
    seqs
        The sequence numbers that could be read, of good and refused entries alike: either way their
        entries are durable once the batch is.
    wants_ack
        Whether the device asks to be told so; None where the message does not say.
    refused
        1 if the message is let go: its device is unknown, and such are not kept.
    """

    samples: tuple[Sample, ...] = ()
    events: tuple[Event, ...] = ()
    logs: tuple[LogLine, ...] = ()
    statuses: tuple[Status, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    device: str | None = None
    seqs: tuple[int, ...] = ()
    wants_ack: bool | None = None
    refused: int = 0


class Decoder(Protocol):
    """Reads one wire format."""

    def decode(self, message: Message) -> Contents:
        """Return what the message holds; whatever its bytes are, this does not raise."""
        ...


def condense(rejections: Sequence[Rejection], most: int = MOST_REJECTIONS) -> tuple[Rejection, ...]:
    """Return one rejection per reason and signal of one message, and never more than `most`.

    Each carries the whole payload, so a large batch in which everything is wrong would otherwise be
    kept a thousand times over. What is left out is counted in the detail: where there are more reasons and
    signals than `most`, in that of a last one, which is about the message and not about one signal of it.
    """
    kept: dict[tuple[str, str | None], list[Rejection]] = {}
    for rejection in rejections:
        kept.setdefault((rejection.reason, rejection.signal), []).append(rejection)
    groups = list(kept.values())
    if len(groups) > most:
        rest = [rejection for group in groups[most - 1 :] for rejection in group]
        groups = [*groups[: most - 1], [replace(rest[0], signal=None), *rest[1:]]]
    return tuple(_counted(group[0], len(group) - 1) for group in groups)


def _counted(rejection: Rejection, more: int) -> Rejection:
    if not more:
        return rejection
    return replace(rejection, detail=f"{rejection.detail} (and {more} more in this message)")
