"""Decodes Foreworn's native JSON payloads; README.md beside this file is the contract."""

import json
import math
from collections.abc import Callable, Iterator
from typing import cast

import msgspec

from foreworn.errors import Rejected
from foreworn.telemetry.sample import Event, LogLine, Sample, Status
from foreworn.telemetry.signal import SignalValue
from foreworn.telemetry.wire import Address, Entry, Kind, parse_topic
from ingestion.formats.message import Contents, Message
from ingestion.formats.native_json.members import (
    LONGEST_NAME,
    JsonObject,
    is_signal_name,
    read_flag,
    read_name,
    read_seq,
    read_text,
    read_time,
)
from ingestion.formats.rejections import Rejections
from ingestion.formats.values import shown

_LONGEST_LEVEL = 32
_MEMBERS = {
    Kind.TELEMETRY: ("ts", "seq", "values"),
    Kind.EVENT: ("ts", "seq", "code", "severity", "message"),
    Kind.LOG: ("ts", "seq", "level", "logger", "message", "fields"),
    Kind.STATUS: ("ts", "state", "firmware", "wants_ack", "oldest"),
}
_KNOWN = {kind: frozenset(members) for kind, members in _MEMBERS.items()}


class NativeJsonDecoder:
    """Decoder of `foreworn/v1/{site}/{device}/{telemetry|event|log|status}`.

    Parameters
    ----------
    largest_payload
        Longest payload that is looked into. [bytes]
    """

    def __init__(self, largest_payload: int) -> None:
        self._largest_payload = largest_payload

    def decode(self, message: Message) -> Contents:
        """Return what the message holds; whatever its bytes are, this does not raise."""
        device: str | None = None
        try:
            address = parse_topic(message.topic)
            device = address.device
            if address.kind not in _MEMBERS:
                raise Rejected("unknown_topic", f"devices do not publish to {address.kind}: the platform does")
            elements = self._elements(message.payload)
        except Rejected as refused:
            return Contents(rejections=(message.reject(refused.code, refused.detail, device=device),), device=device)
        return _MessageReader(message, address).read(elements)

    def _elements(self, payload: bytes) -> list[object]:
        if len(payload) > self._largest_payload:
            raise Rejected(
                "oversize",
                f"the payload has {len(payload)} bytes, the limit is {self._largest_payload}: send smaller batches, "
                "or raise FOREWORN_INGESTION__LARGEST_PAYLOAD",
            )
        document = _parse(payload)
        elements = document if isinstance(document, list) else [document]
        if not elements:
            raise Rejected("unreadable", "the array is empty")
        return elements


class _MessageReader:
    """Reads the elements of one message, and keeps what is good apart from what is not."""

    def __init__(self, message: Message, address: Address) -> None:
        self._message = message
        self._device = address.device
        self._kind = address.kind
        self._rejections = Rejections(message, address.device)
        self._seqs: list[int] = []
        readers: dict[Kind, Callable[[JsonObject, int | None], Entry | None]] = {
            Kind.TELEMETRY: self._sample,
            Kind.EVENT: self._event,
            Kind.LOG: self._log,
            Kind.STATUS: self._status,
        }
        self._read_entry = readers[address.kind]

    def read(self, elements: list[object]) -> Contents:
        entries = list(self._entries(elements))
        statuses = tuple(e for e in entries if isinstance(e, Status))
        return Contents(
            samples=tuple(e for e in entries if isinstance(e, Sample)),
            events=tuple(e for e in entries if isinstance(e, Event)),
            logs=tuple(e for e in entries if isinstance(e, LogLine)),
            statuses=statuses,
            rejections=self._rejections.all(),
            device=self._device,
            seqs=tuple(self._seqs),
            wants_ack=statuses[-1].wants_ack if statuses else None,
            oldest=statuses[-1].oldest if statuses else None,
        )

    def _entries(self, elements: list[object]) -> Iterator[Entry]:
        for place, element in enumerate(elements):
            if self._rejections.full:
                self._rejections.leave(f"its last {len(elements) - place:,} of {len(elements):,} entries")
                return
            entry = self._element(element)
            if entry is not None:
                yield entry

    def _element(self, element: object) -> Entry | None:
        try:
            if not isinstance(element, dict):
                raise Rejected("unreadable", f"{shown(element)} is not an object: send an object or an array of them")
            seq = None if self._kind is Kind.STATUS else self._seq(element)
            self._refuse_strangers(element)
            return self._read_entry(element, seq)
        except Rejected as refused:
            self._rejections.add(refused)
            return None

    def _refuse_strangers(self, members: JsonObject) -> None:
        known = _MEMBERS[self._kind]
        if members.keys() <= _KNOWN[self._kind]:
            return
        for name in members:
            if name not in known:
                hint = "; signals belong into 'values'" if self._kind is Kind.TELEMETRY else ""
                raise Rejected("unreadable", f"{self._kind} has no member {shown(name)}, only {', '.join(known)}{hint}")

    def _seq(self, members: JsonObject) -> int | None:
        seq = read_seq(members)
        if seq is not None:
            self._seqs.append(seq)
        return seq

    def _sample(self, members: JsonObject, seq: int | None) -> Sample | None:
        time = read_time(members)
        values = members.get("values")
        if not isinstance(values, dict) or not values:
            found = "missing" if values is None else shown(values)
            raise Rejected("unreadable", f"'values' is {found}: it must be an object with at least one signal")
        good = self._values(values)
        return Sample(self._device, time, good, seq) if good else None

    def _values(self, values: JsonObject) -> dict[str, SignalValue]:
        good: dict[str, SignalValue] = {}
        for place, (name, value) in enumerate(values.items()):
            if self._rejections.full:
                self._rejections.leave(f"the last {len(values) - place:,} of {len(values):,} signals of an entry")
                break
            try:
                good[_signal_name(name)] = _signal_value(name, value)
            except Rejected as refused:
                self._rejections.add(refused, name if is_signal_name(name) else shown(name))
        return good

    def _event(self, members: JsonObject, seq: int | None) -> Event:
        return Event(
            self._device,
            read_time(members),
            read_name(members, "code", longest=LONGEST_NAME),
            read_name(members, "severity", longest=_LONGEST_LEVEL, default="info"),
            read_text(members, "message", default=""),
            seq,
        )

    def _log(self, members: JsonObject, seq: int | None) -> LogLine:
        return LogLine(
            self._device,
            read_time(members),
            read_name(members, "level", longest=_LONGEST_LEVEL),
            read_text(members, "message"),
            read_name(members, "logger", longest=LONGEST_NAME, default=""),
            _fields(members.get("fields", {})),
            seq,
        )

    def _status(self, members: JsonObject, _: int | None) -> Status:
        state = read_text(members, "state")
        if state not in ("online", "offline"):
            raise Rejected("unreadable", f"'state' is {shown(state)}: it must be online or offline")
        return Status(
            self._device,
            state,
            read_time(members) if "ts" in members else None,
            read_name(members, "firmware", longest=LONGEST_NAME, default=""),
            read_flag(members, "wants_ack"),
            read_seq(members, "oldest"),
        )


def _parse(payload: bytes) -> object:
    try:
        return msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        problem = str(error)
    except RecursionError as error:
        raise Rejected("unreadable", "the payload is nested too deeply") from error
    if not payload:
        raise Rejected("unreadable", "the payload is empty")
    return _parse_not_finite(payload, problem)


def _parse_not_finite(payload: bytes, problem: str) -> object:
    """Parse what is JSON but for NaN, Infinity and 1e999, so that only the values that are so get refused."""
    try:
        document = json.loads(payload.decode())
        json.dumps(document, ensure_ascii=False).encode()  # refuses half a surrogate pair, which no store can keep
    except (ValueError, RecursionError) as error:
        raise Rejected("unreadable", f"the payload is not JSON: {problem}") from error
    return cast(object, document)


def _signal_name(name: str) -> str:
    if not is_signal_name(name):
        raise Rejected(
            "unknown_signal",
            f"signal {shown(name)}: a name has 1 to {LONGEST_NAME} characters, none a control character",
        )
    return name


def _signal_value(name: str, value: object) -> SignalValue:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        remedy = "leave out a signal that has no reading" if value is None else "a value is a number or a text"
        raise Rejected("wrong_type", f"signal {shown(name)} is {_json_name(value)}: {remedy}")
    if isinstance(value, float) and not math.isfinite(value):
        raise Rejected("not_finite", f"signal {shown(name)} is {value}: leave out a signal that has no reading")
    return value


def _json_name(value: object) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else shown(value)


def _fields(fields: object) -> dict[str, SignalValue | bool | None]:
    if not isinstance(fields, dict):
        raise Rejected("unreadable", f"'fields' is {shown(fields)}: it must be an object")
    for name, value in fields.items():
        if not is_signal_name(name):
            raise Rejected("unreadable", f"field {shown(name)}: a name has 1 to {LONGEST_NAME} printable characters")
        if value is not None and not isinstance(value, bool | int | float | str):
            raise Rejected("wrong_type", f"field {shown(name)} is {shown(value)}: no arrays or objects in fields")
        if isinstance(value, float) and not math.isfinite(value):
            raise Rejected("not_finite", f"field {shown(name)} is {value}: leave it out")
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise Rejected("wrong_type", f"field {shown(name)} is {shown(value)}: whole numbers end at 2^63-1")
    return fields
