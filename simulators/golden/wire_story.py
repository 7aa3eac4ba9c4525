"""How the golden plant's messages came: most in order, some twice, some late, some broken.

The story is written down entry by entry where it matters and drawn by a seeded chance elsewhere. What it
takes from the record (values that arrive broken) is taken from the history as well, so that decoding
every arrival gives exactly the history.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from foreworn.telemetry import wire
from foreworn.telemetry.sample import Event, LogLine, Sample
from simulators.golden.breakage import BROKEN_MESSAGES, break_values
from simulators.golden.dice import Dice
from simulators.golden.script import SEED, SITE, START

Entry = Sample | Event | LogLine
MINUTE = timedelta(minutes=1)
LATE = timedelta(hours=1)

OUTAGE_DEVICE = "pump-2"
OUTAGE = (START + timedelta(days=7, hours=2.5), START + timedelta(days=7, hours=10.3))
"""The device keeps its messages while the network is away, and sends them as batches when it is back."""

DELAYED_SHARE, REPEATED_SHARE, REPEATED_EVENT_SHARE = 0.006, 0.012, 0.1
LONGEST_DELAY_H, LONGEST_REPEAT_H = 7.0, 26.0
FOUND_AGAIN_SHARE = 0.001
"""Samples that turn up more than a day later."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message as it came."""

    received_at: datetime
    topic: str
    payload: bytes
    entries: tuple[Entry, ...] = ()
    """What a reader gets from it."""


def tell(entries: Sequence[Entry]) -> list[Arrival]:
    """Return every message of the plant in the order of arrival.

    Parameters
    ----------
    entries
        What the devices said, in the order of their sequence numbers.
    """
    dice = Dice(f"{SEED}/wire")
    held = [entry for entry in entries if _is_held_back(entry)]
    arrivals = [_deliver(entry, dice) for entry in entries if not _is_held_back(entry)]
    arrivals += _flush(held)
    arrivals += [_again(arrival, dice) for arrival in list(arrivals) if _comes_twice(arrival, dice)]
    arrivals += [
        Arrival(m.received_at, wire.topic(SITE, m.device, wire.Kind.TELEMETRY), m.payload) for m in BROKEN_MESSAGES
    ]
    return sorted(arrivals, key=lambda arrival: (arrival.received_at, arrival.topic, arrival.payload))


def _is_held_back(entry: Entry) -> bool:
    return entry.device == OUTAGE_DEVICE and OUTAGE[0] <= entry.time < OUTAGE[1]


def _comes_twice(arrival: Arrival, dice: Dice) -> bool:
    if len(arrival.entries) != 1 or break_values(arrival.entries[0]) is not None:
        return False
    return dice.chance(REPEATED_SHARE if isinstance(arrival.entries[0], Sample) else REPEATED_EVENT_SHARE)


def _deliver(entry: Entry, dice: Dice) -> Arrival:
    """Deliver one entry in its own message, in seconds, sometimes in hours."""
    delay = timedelta(milliseconds=int(dice.uniform(180, 2400)))
    if isinstance(entry, Sample) and dice.chance(DELAYED_SHARE):
        delay += LATE * dice.uniform(0.3, LONGEST_DELAY_H)
    if isinstance(entry, Sample) and dice.chance(FOUND_AGAIN_SHARE):
        delay += timedelta(hours=dice.uniform(25, 40))
    payload = break_values(entry) or _encode(entry)
    return _message((entry,), _ms(entry.time + delay), payload)


def _encode(entry: Entry) -> bytes:
    if isinstance(entry, Sample):
        return wire.encode_sample(entry)
    return wire.encode_event(entry) if isinstance(entry, Event) else wire.encode_log(entry)


def _flush(held: Sequence[Entry]) -> list[Arrival]:
    """Deliver what was held back: one batch for each kind of message."""
    kinds: dict[wire.Kind, list[Entry]] = {}
    for entry in held:
        kinds.setdefault(wire.kind_of(entry), []).append(entry)
    return [
        _message(tuple(batch), OUTAGE[1] + MINUTE * (1 + number), wire.encode_batch(batch))
        for number, batch in enumerate(kinds.values())
    ]


def _again(arrival: Arrival, dice: Dice) -> Arrival:
    """Deliver the same message once more: most soon, as a broker does, some a day later, as a device does."""
    pause = timedelta(seconds=dice.uniform(1, 30)) if dice.chance(0.6) else LATE * dice.uniform(1, LONGEST_REPEAT_H)
    return replace(arrival, received_at=_ms(arrival.received_at + pause))


def _message(entries: tuple[Entry, ...], received_at: datetime, payload: bytes) -> Arrival:
    topic = wire.topic(SITE, entries[0].device, wire.kind_of(entries[0]))
    return Arrival(received_at, topic, payload, entries)


def _ms(time: datetime) -> datetime:
    return time.replace(microsecond=time.microsecond // 1000 * 1000)
