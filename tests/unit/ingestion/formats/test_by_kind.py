from datetime import UTC, datetime

import pytest

from foreworn.telemetry.wire import DEVICE_KINDS, Kind, topic
from ingestion.formats.by_kind import Formats
from ingestion.formats.message import Contents, Message

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
JSON = b'{"ts": 1767225600000, "values": {"vibration": 40.1}}'
LINE = b"telemetry vibration=40.1 1767225600000000000"


def decoded(topic: str, payload: bytes) -> Contents:
    return Formats(1 << 20).decode(Message(topic, payload, NEW_YEAR))


def test_the_same_reading_is_the_same_in_every_format() -> None:
    by_json = decoded(topic("west", "pump-7", Kind.TELEMETRY), JSON)
    by_line = decoded(topic("west", "pump-7", Kind.LINES), LINE)
    assert len(by_json.samples) == 1
    assert by_json == by_line


@pytest.mark.parametrize("kind", DEVICE_KINDS)
def test_every_kind_that_devices_publish_has_a_decoder(kind: Kind) -> None:
    contents = decoded(topic("west", "pump-7", kind), b"")
    assert [r.reason for r in contents.rejections] == ["unreadable"]  # of the payload, not of the topic


@pytest.mark.parametrize("name", ["", "lines", "/", "foreworn/v1/west/pump-7/ack", "a/lines"])
def test_a_topic_of_no_kind_is_refused(name: str) -> None:
    assert [r.reason for r in decoded(name, LINE).rejections] == ["unknown_topic"]
