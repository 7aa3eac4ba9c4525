"""One turn of the forwarder in short: what device progress is counted from, by column."""

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from foreworn.telemetry.intake import IntakeBatch
from foreworn.telemetry.quarantine import Rejection
from foreworn.telemetry.sample import Event, LogLine, Sample, to_epoch_ms
from foreworn.telemetry.sample_columns import SampleColumns

Ints = npt.NDArray[np.int64]

SAMPLE, EVENT, LOG = 0, 1, 2
UNNUMBERED = -1
UNMARKED = 0
_BEGINNING = 256
_LONGEST_DETAIL = 1000
_ALL_BITS = 2**64 - 1
_MIXER = 0x9E3779B97F4A7C15


class Refusal(msgspec.Struct, frozen=True, array_like=True):
    """One refusal, as progress remembers it; `time` in ms since 1970."""

    device: str
    time: int
    reason: str
    detail: str
    signal: str | None
    beginning: bytes


class Said(msgspec.Struct, frozen=True, array_like=True):
    """One status; `timed` is false for a last will."""

    device: str
    state: str
    timed: bool
    firmware: str
    wants_ack: bool


class HeardTurn(msgspec.Struct, frozen=True, array_like=True):
    """What one turn says of devices; arrays are kept as bytes, so that keeping a turn costs next to nothing.

    Turns of an older version may wait in a journal: fields are only ever added, at the end and with a default.

    Parameters
    ----------
    received
        When it was received, platform time. [ms since 1970]
    devices
        Everyone the turn speaks of, each once; codes below are places in this list.
    codes, kinds, times, seqs
        int32, uint8, int64, int64 of every entry, in the order they came: whose it is, which of `SAMPLE`, `EVENT`,
        `LOG` it is, its own time [ms since 1970], its number or `UNNUMBERED`.
    marks
        int64 of every entry: what tells an unnumbered sample from another, or `UNMARKED`; empty where none is.
    refused_codes, refused_seqs
        int32, int64: numbers of refused messages, as far as those can be read. They have come, if to no good.
    refusals, statuses
        In the order they came.
    """

    received: int | None
    devices: list[str]
    codes: bytes = b""
    kinds: bytes = b""
    times: bytes = b""
    seqs: bytes = b""
    marks: bytes = b""
    refused_codes: bytes = b""
    refused_seqs: bytes = b""
    refusals: list[Refusal] = []
    statuses: list[Said] = []

    @classmethod
    def of(cls, batch: IntakeBatch) -> "HeardTurn":
        """Return a batch in short.

        A refusal because of the id itself speaks of no device.
        """
        refused = [(r.device, r) for r in batch.rejections if r.device is not None and r.reason != "bad_identity"]
        numbers = _refused_numbers(refused)
        entries = _entries(batch)
        codes = {device: code for code, device in enumerate(entries.devices)}
        for device in (*(device for device, _ in refused), *(status.device for status in batch.statuses)):
            codes.setdefault(device, len(codes))
        return cls(
            received=None if batch.received_at is None else to_epoch_ms(batch.received_at),
            devices=list(codes),
            codes=entries.codes.astype(np.int32, copy=False).tobytes(),
            kinds=_kinds(batch).tobytes(),
            times=entries.times.tobytes(),
            seqs=entries.seqs.tobytes(),
            marks=entries.marks.tobytes() if entries.marks.any() else b"",
            refused_codes=np.array([codes[device] for device, _ in numbers], np.int32).tobytes(),
            refused_seqs=np.array([seq for _, seq in numbers], np.int64).tobytes(),
            refusals=[_refusal(device, rejection) for device, rejection in refused],
            statuses=[
                Said(s.device, s.state, s.time is not None, _whole(s.firmware), s.wants_ack) for s in batch.statuses
            ],
        )

    def __len__(self) -> int:
        return len(self.kinds)


@dataclass(frozen=True, slots=True)
class _Entries:
    devices: Sequence[str]
    codes: npt.NDArray[np.int32]
    times: Ints
    seqs: Ints
    marks: Ints


def _entries(batch: IntakeBatch) -> _Entries:
    """Return the columns of samples, then events, then log lines."""
    samples = batch.telemetry.samples
    others: list[Sample | Event | LogLine] = [*batch.telemetry.events, *batch.telemetry.logs]
    if not isinstance(samples, SampleColumns):
        return _from_objects([*samples, *others])
    columns = _from_columns(samples)
    if not others:
        return columns
    more = _from_objects(others, known=columns.devices)
    return _Entries(
        more.devices,
        np.concatenate([columns.codes, more.codes]),
        np.concatenate([columns.times, more.times]),
        np.concatenate([columns.seqs, more.seqs]),
        np.concatenate([columns.marks, more.marks]),
    )


def _from_columns(samples: SampleColumns) -> _Entries:
    named = pa.chunked_array(samples.table["device"]).combine_chunks()
    named = named if pa.types.is_dictionary(named.type) else named.dictionary_encode()
    times = _numpy(samples.table["time"].cast(pa.int64()))
    seqs = _numpy(pc.fill_null(samples.seqs, UNNUMBERED))
    marks = np.full(len(times), UNMARKED, np.int64)
    if (seqs == UNNUMBERED).any():
        marks = np.where(seqs == UNNUMBERED, _marks(samples.table, times), UNMARKED)
    return _Entries(named.dictionary.to_pylist(), _numpy(named.indices).astype(np.int32), times, seqs, marks)


def _numpy(column: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.int64]:
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    values: npt.NDArray[np.int64] = whole.to_numpy(zero_copy_only=False)
    return values


def _from_objects(entries: Sequence[Sample | Event | LogLine], known: Sequence[str] = ()) -> _Entries:
    codes = {device: code for code, device in enumerate(known)}
    whose = [codes.setdefault(entry.device, len(codes)) for entry in entries]
    return _Entries(
        list(codes),
        np.array(whose, np.int32),
        np.array([to_epoch_ms(entry.time) for entry in entries], np.int64),
        np.array([UNNUMBERED if entry.seq is None else entry.seq for entry in entries], np.int64),
        np.array([_mark(entry) for entry in entries], np.int64),
    )


def _marks(table: pa.Table, times: Ints) -> Ints:
    """Return what a sample is known by that has no number: its time, and which signals it holds."""
    marks = times.astype(np.uint64) * np.uint64(_MIXER)
    for name in table.column_names[2:]:
        column = table[name]
        if column.null_count < len(column):
            marks += _numpy(column.is_valid()).astype(np.uint64) * np.uint64(_constant(name))
    return marks.view(np.int64)


def _mark(entry: Sample | Event | LogLine) -> int:
    if not isinstance(entry, Sample) or entry.seq is not None:
        return UNMARKED
    mark = (to_epoch_ms(entry.time) * _MIXER + sum(map(_constant, entry.values))) & _ALL_BITS
    return mark - 2**64 if mark >> 63 else mark


def _constant(signal: str) -> int:
    return zlib.crc32(signal.encode()) * _MIXER & _ALL_BITS


def _kinds(batch: IntakeBatch) -> npt.NDArray[np.uint8]:
    telemetry = batch.telemetry
    kinds = np.array([SAMPLE, EVENT, LOG], np.uint8)
    return np.repeat(kinds, [len(telemetry.samples), len(telemetry.events), len(telemetry.logs)])


class _Numbered(msgspec.Struct):
    seq: int | None = None


def _refused_numbers(refused: Iterable[tuple[str, Rejection]]) -> list[tuple[str, int]]:
    """Return the numbers of refused messages, each once, in the order they came."""
    payloads = dict.fromkeys((device, rejection.payload) for device, rejection in refused)
    return list(dict.fromkeys((device, seq) for device, payload in payloads for seq in _numbers(payload)))


def _numbers(payload: bytes) -> list[int]:
    try:
        read = msgspec.json.decode(payload, type=_Numbered | list[_Numbered])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []  # a message that cannot be read has no number that anybody knows
    entries = read if isinstance(read, list) else [read]
    return [entry.seq for entry in entries if entry.seq is not None and 0 <= entry.seq < 2**63]


def _refusal(device: str, rejection: Rejection) -> Refusal:
    return Refusal(
        device,
        to_epoch_ms(rejection.received_at),
        rejection.reason,
        _whole(rejection.detail[:_LONGEST_DETAIL]),
        None if rejection.signal is None else _whole(rejection.signal),
        rejection.payload[:_BEGINNING],
    )


def _whole(text: str) -> str:
    """Return text that can be encoded: JSON may name half a surrogate pair."""
    return text.encode("utf-8", "replace").decode()
