"""How a batch is written down in the spool: MessagePack, exact for every value the wire may carry.

Samples by column are one Arrow IPC stream inside it. A batch of layout 1, which knew no columns, reads as one
without them.
"""

from dataclasses import dataclass
from datetime import datetime

import msgspec
import pyarrow as pa

from foreworn.errors import SpoolFailed
from foreworn.telemetry.intake import IntakeBatch
from foreworn.telemetry.quarantine import Rejection
from foreworn.telemetry.sample import Event, LogLine, Sample, Status, TelemetryBatch
from foreworn.telemetry.sample_columns import KEYS, SampleColumns


@dataclass(frozen=True, slots=True)
class _Telemetry:
    samples: tuple[Sample, ...]
    events: tuple[Event, ...]
    logs: tuple[LogLine, ...]


@dataclass(frozen=True, slots=True)
class _Batch:
    telemetry: _Telemetry
    statuses: tuple[Status, ...]
    received_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Refused:
    received_at: datetime
    topic: str
    payload: int
    reason: str
    detail: str
    device: str | None
    signal: str | None


@dataclass(frozen=True, slots=True)
class _Stored:
    batch: _Batch
    refused: tuple[_Refused, ...]
    payloads: tuple[bytes, ...]
    columns: bytes | None = None
    fills: bool = False


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Stored)


def encode_batch(batch: IntakeBatch) -> bytes:
    """Return the batch as bytes; a payload that several rejections share is written once."""
    payloads: dict[bytes, int] = {}
    refused = tuple(
        _Refused(r.received_at, r.topic, payloads.setdefault(r.payload, len(payloads)), r.reason, r.detail, r.device,
                 r.signal)
        for r in batch.rejections
    )  # fmt: skip
    told = batch.telemetry
    columns, samples = (told.samples, ()) if isinstance(told.samples, SampleColumns) else (None, tuple(told.samples))
    written = _Batch(_Telemetry(samples, told.events, told.logs), batch.statuses, batch.received_at)
    return _encoder.encode(
        _Stored(written, refused, tuple(payloads), None if columns is None else _encode_columns(columns), batch.fills)
    )


def decode_batch(body: bytes) -> IntakeBatch:
    """Return the batch that `encode_batch` wrote.

    Raises
    ------
    SpoolFailed
        If the bytes are damaged.
    """
    try:
        stored = _decoder.decode(body)
        rejections = tuple(
            Rejection(r.received_at, r.topic, stored.payloads[r.payload], r.reason, r.detail, r.device, r.signal)
            for r in stored.refused
        )
        told = stored.batch.telemetry
        samples = told.samples if stored.columns is None else _decode_columns(stored.columns)
    except (msgspec.DecodeError, IndexError, ValueError, OSError, pa.ArrowException) as error:
        raise SpoolFailed(f"a batch in the spool is damaged ({error}): restore the spool from a backup") from error
    telemetry = TelemetryBatch(samples, told.events, told.logs)
    return IntakeBatch(telemetry, stored.batch.statuses, rejections, stored.batch.received_at, fills=stored.fills)


def _encode_columns(samples: SampleColumns) -> bytes:
    """Return the columns that hold anything, and after them the sequence numbers, which need no name there."""
    table, rows = samples.table, len(samples)
    told = [i for i, column in enumerate(table.columns) if i < len(KEYS) or column.null_count < rows]
    whole = table.select(told).append_column("", samples.seqs)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, whole.schema) as stream:
        stream.write_table(whole)
    written: bytes = sink.getvalue().to_pybytes()
    return written


def _decode_columns(body: bytes) -> SampleColumns:
    whole = pa.ipc.open_stream(pa.py_buffer(body)).read_all()
    # Without this, offsets that were damaged on the disk would be read as addresses in memory.
    whole.validate(full=True)
    last = whole.num_columns - 1
    return SampleColumns(whole.select(range(last)), whole.column(last))
