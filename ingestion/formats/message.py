"""A message as the broker delivered it, and what a decoder made of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from foreworn.telemetry.quarantine import Rejection
from foreworn.telemetry.sample import Event, LogLine, Sample, Status

MOST_REJECTIONS = 16
MOST_REFUSALS = 2000
"""After so many refusals the rest of a message is not looked into, so that none takes long however wrong it is."""

_NOT_LOOKED_INTO = "oversize"
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

    def leave(self, rest: str, *, device: str | None = None) -> Rejection:
        """Return the quarantine entry of what was not looked into; it is about the message, and so replayed whole."""
        return self.reject(
            _NOT_LOOKED_INTO,
            f"after {MOST_REFUSALS:,} refusals the rest of the message was not looked into: {rest}. Mend what the "
            "other entries of this message name, then replay; or send smaller batches",
            device=device,
        )


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
    oldest
        The oldest number that the device says it has; None where it does not say.
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
    oldest: int | None = None
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
    signals than `most`, in that of a last one, which is about the message and not about one signal of it. What says
    that the rest was not looked into (`Message.leave`) stands for that rest, and is always kept, as the very last.
    """
    kept: dict[tuple[str, str | None], list[Rejection]] = {}
    for rejection in rejections:
        kept.setdefault((rejection.reason, rejection.signal), []).append(rejection)
    rest = kept.pop((_NOT_LOOKED_INTO, None), [])
    groups = list(kept.values())
    if rest:
        return (*_condensed(groups, most - 1), replace(rest[0], detail="; ".join(r.detail for r in rest)))
    return _condensed(groups, most)


def _condensed(groups: list[list[Rejection]], most: int) -> tuple[Rejection, ...]:
    if len(groups) > most:
        rest = [rejection for group in groups[most - 1 :] for rejection in group]
        groups = [*groups[: most - 1], [replace(rest[0], signal=None), *rest[1:]]]
    return tuple(_counted(group[0], len(group) - 1) for group in groups)


def _counted(rejection: Rejection, more: int) -> Rejection:
    if not more:
        return rejection
    return replace(rejection, detail=f"{rejection.detail} (and {more} more in this message)")
