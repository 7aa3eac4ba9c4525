"""The native wire format: MQTT topics and JSON payloads, shared by everything that speaks or listens.

The payloads are described by the JSON Schemas in `docs/contracts/wire`. Times travel as whole epoch
milliseconds, so a part of a millisecond does not survive the wire.
"""

import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import msgspec

from foreworn.errors import Rejected
from foreworn.telemetry.sample import Event, LogLine, Sample, Status, to_epoch_ms

PREFIX = "foreworn/v1"
LONGEST_IDENTITY = 128

Entry = Sample | Event | LogLine | Status


class Kind(StrEnum):
    """The last level of a topic: what its messages are."""

    TELEMETRY = "telemetry"
    EVENT = "event"
    LOG = "log"
    STATUS = "status"
    LINES = "lines"
    """Telemetry in InfluxDB's line protocol, as a Telegraf edge publishes it."""
    ACK = "ack"
    """From the platform to a device; all others come from devices."""


DEVICE_KINDS = (Kind.TELEMETRY, Kind.EVENT, Kind.LOG, Kind.STATUS, Kind.LINES)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message was published: the site and device the topic names, and the kind of message."""

    site: str
    device: str
    kind: Kind


def is_identity(text: str) -> bool:
    """Tell whether `text` may be the id of a site or device.

    An identity has 1 to 128 characters, none of them + # / $ or a control character.

    Examples
    --------
    >>> is_identity("pump 7"), is_identity("pump/7"), is_identity("")
    (True, False, False)
    """
    return 0 < len(text) <= LONGEST_IDENTITY and not any(c in "+#/$" or unicodedata.category(c) == "Cc" for c in text)


def topic(site: str, device: str, kind: Kind) -> str:
    """Return the topic of a device's messages of one kind.

    Raises
    ------
    ValueError
        If `site` or `device` is not an identity.

    Examples
    --------
    >>> topic("west", "pump-7", Kind.TELEMETRY)
    'foreworn/v1/west/pump-7/telemetry'
    """
    for name, text in (("site", site), ("device", device)):
        if not is_identity(text):
            raise ValueError(f"{name} {text!r} must have 1 to 128 characters, none of + # / $ or a control character")
    return f"{PREFIX}/{site}/{device}/{kind}"


@lru_cache(maxsize=65_536)  # devices publish to the same topics again and again
def parse_topic(topic: str) -> Address:
    """Return what a topic says.

    Raises
    ------
    Rejected
        As `unknown_topic` if it is not of the native form, as `bad_identity` if its site or device may
        not be called so.

    Examples
    --------
    >>> parse_topic("foreworn/v1/west/pump-7/event").device
    'pump-7'
    """
    levels = topic.split("/")
    if len(levels) != 5 or levels[:2] != ["foreworn", "v1"] or levels[4] not in set(Kind):
        raise Rejected("unknown_topic", f"topic {topic[:256]!r} is not foreworn/v1/SITE/DEVICE/({'|'.join(Kind)})")
    site, device = levels[2], levels[3]
    for name, text in (("site", site), ("device", device)):
        if not is_identity(text):
            raise Rejected("bad_identity", f"{name} {text[:256]!r} must have 1 to 128 characters without + # / $")
    return Address(site, device, Kind(levels[4]))


def encode_sample(sample: Sample) -> bytes:
    """Return the `telemetry` payload of one sample.

    Raises
    ------
    ValueError
        If a value is NaN or infinite, which JSON cannot carry.

    Examples
    --------
    >>> from foreworn.telemetry.sample import from_epoch_ms
    >>> encode_sample(Sample("pump-7", from_epoch_ms(1767225600000), {"vibration": 40.1}, seq=41))
    b'{"ts":1767225600000,"seq":41,"values":{"vibration":40.1}}'
    """
    return msgspec.json.encode(_members(sample))


def encode_event(event: Event) -> bytes:
    """Return the `event` payload of one event."""
    return msgspec.json.encode(_members(event))


def encode_log(line: LogLine) -> bytes:
    """Return the `log` payload of one log line.

    Raises
    ------
    ValueError
        If a field is NaN or infinite, which JSON cannot carry.
    """
    return msgspec.json.encode(_members(line))


def encode_status(status: Status) -> bytes:
    """Return the `status` payload; a last will is one without a time.

    Examples
    --------
    >>> encode_status(Status("pump-7", "offline"))
    b'{"state":"offline"}'
    """
    return msgspec.json.encode(_members(status))


def encode_ack(through: int) -> bytes:
    """Return the `ack` payload: everything up to and including `through` is durable.

    Examples
    --------
    >>> encode_ack(41)
    b'{"through":41}'
    """
    return msgspec.json.encode({"through": through})


def decode_ack(payload: bytes) -> int:
    """Return the number that an `ack` payload acknowledges through.

    Raises
    ------
    Rejected
        As `unreadable` if it is no ack.
    """
    try:
        return msgspec.json.decode(payload, type=_Ack).through
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Rejected("unreadable", f"not an ack: {error}") from error


def encode_batch(entries: Sequence[Entry]) -> bytes:
    """Return one payload that holds several entries of the same kind, in order.

    Raises
    ------
    ValueError
        If there are none, or they are not of one kind.
    """
    if len({type(entry) for entry in entries}) != 1:
        raise ValueError("a batch holds at least one entry, all of one kind")
    return msgspec.json.encode([_members(entry) for entry in entries])


def kind_of(entry: Entry) -> Kind:
    """Return the kind of message that carries `entry`."""
    return _KINDS[type(entry)]


class _Ack(msgspec.Struct):
    through: int


_KINDS: dict[type, Kind] = {
    Sample: Kind.TELEMETRY,
    Event: Kind.EVENT,
    LogLine: Kind.LOG,
    Status: Kind.STATUS,
}


def _members(entry: Entry) -> dict[str, object]:
    match entry:
        case Sample():
            return _stamped(entry) | {"values": _finite(entry.values)}
        case Event():
            message = {"message": entry.message} if entry.message else {}
            return _stamped(entry) | {"code": entry.code, "severity": entry.severity} | message
        case LogLine():
            logger = {"logger": entry.logger} if entry.logger else {}
            fields = {"fields": _finite(entry.fields)} if entry.fields else {}
            return _stamped(entry) | {"level": entry.level, "message": entry.message} | logger | fields
        case Status():
            return _status_members(entry)


def _status_members(status: Status) -> dict[str, object]:
    members: dict[str, object] = {"state": status.state}
    if status.time is not None:
        members = {"ts": to_epoch_ms(status.time)} | members
    if status.firmware:
        members["firmware"] = status.firmware
    if status.wants_ack:
        members["wants_ack"] = True
    if status.oldest is not None:
        members["oldest"] = status.oldest
    return members


def _stamped(entry: Sample | Event | LogLine) -> dict[str, object]:
    members: dict[str, object] = {"ts": to_epoch_ms(entry.time)}
    if entry.seq is not None:
        members["seq"] = entry.seq
    return members


def _finite(values: Mapping[str, object]) -> Mapping[str, object]:
    for name, value in values.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"{name!r} is {value}: JSON has no such number, leave it out")
    return values
