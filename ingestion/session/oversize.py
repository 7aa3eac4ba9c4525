"""What becomes of messages that are too large to be looked into."""

from collections.abc import Sequence
from dataclasses import replace

from foreworn.errors import Rejected
from foreworn.telemetry.intake import IntakeBatch
from foreworn.telemetry.quarantine import Rejection
from foreworn.telemetry.wire import parse_topic
from ingestion.session.haul import Oversized


def with_oversized(batch: IntakeBatch, messages: Sequence[Oversized], limit: int) -> IntakeBatch:
    """Return the batch with a rejection for each of these messages; its payload is the message's first bytes.

    Parameters
    ----------
    batch
        The rest of the turn; it says when it was received.
    messages
        Those that are too large.
    limit
        The largest payload that is not. [bytes]
    """
    if not messages:
        return batch
    assert batch.received_at is not None
    refused = [_rejection(message, limit, batch) for message in messages]
    return replace(batch, rejections=(*batch.rejections, *refused))


def _rejection(message: Oversized, limit: int, batch: IntakeBatch) -> Rejection:
    assert batch.received_at is not None
    topic = message.topic.decode(errors="replace")
    detail = (
        f"the payload has {message.length} bytes, the limit is {limit}: send smaller batches, or raise "
        f"FOREWORN_INGESTION__LARGEST_PAYLOAD; only its first {len(message.head)} bytes are kept"
    )
    return Rejection(batch.received_at, topic, message.head, "oversize", detail, _device(topic))


def _device(topic: str) -> str | None:
    try:
        return parse_topic(topic).device
    except Rejected:
        return None
