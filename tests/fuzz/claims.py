"""What holds for the contents of any message, whatever its bytes were."""

import math
from datetime import UTC, datetime

from foreworn.telemetry.quarantine import REASONS
from foreworn.telemetry.wire import Kind, encode_batch, topic
from ingestion.formats.message import MOST_REJECTIONS, Contents, Message, condense

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
DEVICE = "pump-7"


def message(kind: Kind, payload: bytes) -> Message:
    """Return a message of a known device."""
    return Message(topic("west", DEVICE, kind), payload, NEW_YEAR)


def check_contents(contents: Contents, payload: bytes) -> None:
    """Hold contents to what every decoder promises."""
    assert contents.device == DEVICE
    assert all(0 <= seq < 2**63 for seq in contents.seqs)
    for sample in contents.samples:
        assert sample.device == DEVICE
        assert sample.values
        for name, value in sample.values.items():
            assert type(name) is str
            assert 0 < len(name) <= 128
            assert type(value) in (int, float, str)
            assert not isinstance(value, float) or math.isfinite(value)
    for entries in (contents.samples, contents.events, contents.logs, contents.statuses):
        if entries and not any(_is_large(value) for s in contents.samples for value in s.values.values()):
            encode_batch(entries)  # whatever is kept can be said again
    for rejection in contents.rejections:
        assert rejection.reason in REASONS
        assert rejection.payload is payload
        assert 0 < len(rejection.detail) < 1000
        rejection.detail.encode()
        (rejection.signal or "").encode()
    assert len(condense(contents.rejections)) <= MOST_REJECTIONS


def _is_large(value: object) -> bool:
    return isinstance(value, int) and not -(2**63) <= value < 2**64
