"""Decodes InfluxDB line protocol; README.md beside this file is the contract."""

import re
from collections.abc import Iterable

from foreworn.errors import Rejected
from foreworn.telemetry.sample import Sample, from_epoch_ms
from foreworn.telemetry.signal import LARGEST_INTEGER, SignalValue
from foreworn.telemetry.wire import Kind, parse_topic
from ingestion.formats.line_protocol.line import Line, Text, parse_line
from ingestion.formats.line_protocol.splitting import split_lines
from ingestion.formats.line_protocol.values import (
    LEAST_NS,
    MOST_NS,
    TELEMETRY,
    check_name,
    is_name,
    read_time,
    read_value,
    signal_name,
)
from ingestion.formats.message import Contents, Message
from ingestion.formats.rejections import Rejections
from ingestion.formats.values import shown, whole

_NS_PER_MS = 1_000_000
_NOT_UTF_8 = re.compile("[\udc80-\udcff]")

# The line that nearly all are: names of ordinary characters, short enough that measurement_field is a name too,
# numbers of which none can be infinite or past 2^63, texts without escapes, commas and equals signs. Whatever else
# there is takes the other road.
_NAME = r"[^,= \"\\\x00-\x1f\x7f-\x9f\udc80-\udcff]{1,63}+"
_PLAIN_NUMBER = r"(?:[0-9]{1,18}+u|-?+[0-9]{1,18}+(?:i|(?:\.[0-9]{1,40}+)?+(?:[eE][+-]?+[0-9]{1,2}+)?+))"
_PLAIN_FIELD = rf'{_NAME}=(?:{_PLAIN_NUMBER}|"[^,="\\\udc80-\udcff]*+")'
_PLAIN = re.compile(rf"((?!\#){_NAME}(?:,{_NAME}={_NAME})*+) ({_PLAIN_FIELD}(?:,{_PLAIN_FIELD})*+) ([0-9]{{19}}+)")


class LineProtocolDecoder:
    """Decoder of `foreworn/v1/{site}/{device}/lines`.

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
            if address.kind is not Kind.LINES:
                raise Rejected("unknown_topic", f"line protocol is published to {Kind.LINES}, not to {address.kind}")
            text = self._text(message.payload)
        except Rejected as refused:
            return Contents(rejections=(message.reject(refused.code, refused.detail, device=device),), device=device)
        return _LinesReader(message, device).read(split_lines(text), 1 + text.count("\n"))

    def _text(self, payload: bytes) -> str:
        if len(payload) > self._largest_payload:
            raise Rejected(
                "oversize",
                f"the payload has {len(payload)} bytes, the limit is {self._largest_payload}: send smaller batches "
                "(Telegraf: metric_batch_size), or raise FOREWORN_INGESTION__LARGEST_PAYLOAD",
            )
        text = payload.decode(errors="surrogateescape")
        if not text.strip():
            raise Rejected("unreadable", "the payload is empty")
        return text


class _LinesReader:
    """Reads the lines of one message, and keeps what is good apart from what is not."""

    def __init__(self, message: Message, device: str) -> None:
        self._message = message
        self._device = device
        self._samples: list[Sample] = []
        self._seqs: list[int] = []
        self._rejections = Rejections(message, device)

    def read(self, lines: Iterable[tuple[int, str]], most: int) -> Contents:
        for number, text in lines:
            if self._rejections.full:
                self._rejections.leave(f"lines {number:,} to {most:,}")
                break
            if text.startswith("#"):
                continue
            plain = _PLAIN.fullmatch(text)
            if not (plain and self._read_plain(plain)):
                self._read_any(number, text)
        return Contents(
            samples=tuple(self._samples),
            rejections=self._rejections.all(),
            device=self._device,
            seqs=tuple(self._seqs),
        )

    def _read_plain(self, line: "re.Match[str]") -> bool:
        """Read a line without anything unusual; return False, having done nothing, where it is not sure of it all."""
        series, fields, time = line.groups()
        ns = int(time)
        if not LEAST_NS <= ns <= MOST_NS or ",device=" in series or ",seq=" in series:
            return False
        parts = fields.replace("=", ",").split(",")
        measurement, seq = series.partition(",")[0], None
        if measurement != TELEMETRY:
            parts[::2] = [signal_name(measurement, name) for name in parts[::2]]
        elif parts[0] == "seq" and parts[1][-1] == "i" and parts[1][0] != "-" and len(parts) > 2:
            seq = int(parts[1][:-1])
            del parts[:2]
        names = parts[::2]
        if measurement == TELEMETRY and "seq" in names:
            return False
        values: list[SignalValue]
        if '"' in fields:
            values = [x[1:-1] if x[0] == '"' else float(x) if x[-1] <= "9" else int(x[:-1]) for x in parts[1::2]]
        else:
            values = [float(x) if x[-1] <= "9" else int(x[:-1]) for x in parts[1::2]]
        time_ms = from_epoch_ms(ns // _NS_PER_MS)
        self._samples.append(Sample(self._device, time_ms, dict(zip(names, values, strict=True)), seq))
        if seq is not None:
            self._seqs.append(seq)
        return True

    def _read_any(self, number: int, text: str) -> None:
        text = text.removesuffix("\r").lstrip(" ")
        if not text or text.startswith("#"):
            return
        try:
            if _NOT_UTF_8.search(text):
                raise Rejected("unreadable", "it is not UTF-8")
            self._read_line(number, parse_line(text))
        except Rejected as refused:
            self._rejections.add(refused, where=f"line {number}: ")

    def _read_line(self, number: int, line: Line) -> None:
        device = line.tags.get("device", self._device)
        if device != self._device:
            raise Rejected("bad_identity", f"tag 'device' is {shown(device)}, but the topic names {self._device!r}")
        seq = self._seq(line)
        time = read_time(line.time)
        values = self._values(number, line)
        if values:
            self._samples.append(Sample(self._device, time, values, seq))

    def _seq(self, line: Line) -> int | None:
        """Take the sequence number, a field or a tag, out of a line of `telemetry`."""
        if line.measurement != TELEMETRY:
            return None
        field, tag = line.fields.pop("seq", None), line.tags.get("seq")
        found = {_seq_number(value) for value in (field, None if tag is None else f"{tag.removesuffix('i')}i") if value}
        if len(found) > 1:
            raise Rejected("unreadable", "field 'seq' and tag 'seq' differ")
        if not line.fields:
            raise Rejected("unreadable", "there is no signal beside 'seq'")
        self._seqs += found
        return found.pop() if found else None

    def _values(self, number: int, line: Line) -> dict[str, SignalValue]:
        good: dict[str, SignalValue] = {}
        for place, (field, value) in enumerate(line.fields.items()):
            if self._rejections.full:
                self._rejections.leave(f"the last {len(line.fields) - place:,} fields of line {number:,}")
                break
            name = signal_name(line.measurement, field)
            try:
                check_name(name)
                good[name] = read_value(name, value)
            except Rejected as refused:
                if refused.code == "unreadable":
                    raise
                self._rejections.add(refused, name if is_name(name) else shown(name), where=f"line {number}: ")
        return good


def _seq_number(value: Text | str) -> int:
    number = whole(read_value("seq", value))
    if number is None or not 0 <= number <= LARGEST_INTEGER:
        text = value.content if isinstance(value, Text) else value
        raise Rejected("unreadable", f"'seq' is {shown(text)}: it must be a whole number from 0 to 2^63-1")
    return number
