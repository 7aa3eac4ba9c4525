"""How a batch is written down in the spool: MessagePack, exact for every value the wire may carry."""

from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from foreworn.errors import SpoolFailed
from foreworn.telemetry.intake import IntakeBatch
from foreworn.telemetry.quarantine import Rejection


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
    batch: IntakeBatch
    refused: tuple[_Refused, ...]
    payloads: tuple[bytes, ...]


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
    return _encoder.encode(_Stored(replace(batch, rejections=()), refused, tuple(payloads)))


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
    except (msgspec.DecodeError, IndexError) as error:
        raise SpoolFailed(f"a batch in the spool is damaged ({error}): restore the spool from a backup") from error
    return replace(stored.batch, rejections=rejections)
