from datetime import UTC, datetime

import pytest

from foreworn.errors import Rejected
from foreworn.telemetry.sample import Event, LogLine, Sample, Status
from foreworn.telemetry.wire import (
    Address,
    Entry,
    Kind,
    decode_ack,
    encode_ack,
    encode_batch,
    encode_event,
    encode_log,
    encode_sample,
    encode_status,
    is_identity,
    kind_of,
    parse_topic,
    topic,
)

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("kind", Kind)
def test_a_topic_that_is_built_is_read_back(kind: Kind) -> None:
    assert parse_topic(topic("west", "pump 7", kind)) == Address("west", "pump 7", kind)


@pytest.mark.parametrize(
    ("identity", "good"),
    [
        pytest.param("p", True, id="one character"),
        pytest.param("p" * 128, True, id="128 characters"),
        pytest.param("Pumpe süd.7:a b", True, id="letters of any language, dots, blanks"),
        pytest.param("", False, id="empty"),
        pytest.param("p" * 129, False, id="129 characters"),
        pytest.param("a+b", False, id="a plus"),
        pytest.param("a#b", False, id="a hash"),
        pytest.param("a/b", False, id="a slash"),
        pytest.param("$a", False, id="a dollar"),
        pytest.param("a\nb", False, id="a line break"),
        pytest.param("a\x00", False, id="a NUL"),
        pytest.param("a\x85", False, id="a control character past ASCII"),
    ],
)
def test_identities(identity: str, good: bool) -> None:
    assert is_identity(identity) is good


def test_a_topic_is_not_built_for_a_bad_identity() -> None:
    with pytest.raises(ValueError, match="device 'a/b'"):
        topic("west", "a/b", Kind.EVENT)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("foreworn/v1/west/pump-7", "unknown_topic", id="too short"),
        pytest.param("foreworn/v1/west/pump-7/event/x", "unknown_topic", id="too long"),
        pytest.param("foreworn/v2/west/pump-7/event", "unknown_topic", id="another version"),
        pytest.param("other/v1/west/pump-7/event", "unknown_topic", id="another product"),
        pytest.param("foreworn/v1/west/pump-7/Event", "unknown_topic", id="another kind"),
        pytest.param("", "unknown_topic", id="empty"),
        pytest.param("foreworn/v1//pump-7/event", "bad_identity", id="an empty site"),
        pytest.param("foreworn/v1/west/pump$/event", "bad_identity", id="a dollar in the device"),
    ],
)
def test_a_topic_that_devices_may_not_use_is_rejected(text: str, code: str) -> None:
    with pytest.raises(Rejected) as rejected:
        parse_topic(text)
    assert rejected.value.code == code


def test_an_event_is_encoded_as_the_design_shows_it() -> None:
    event = Event("pump-7", NEW_YEAR, "E17", "warning", "hot", 42)
    assert encode_event(event) == b'{"ts":1767225600000,"seq":42,"code":"E17","severity":"warning","message":"hot"}'


def test_a_log_line_is_encoded_as_the_design_shows_it() -> None:
    line = LogLine("pump-7", NEW_YEAR, "error", "lost", "drive", {"phase": 2}, 43)
    expected = b'{"ts":1767225600000,"seq":43,"level":"error","message":"lost","logger":"drive","fields":{"phase":2}}'
    assert encode_log(line) == expected


def test_a_status_is_encoded_as_the_design_shows_it() -> None:
    status = Status("pump-7", "online", NEW_YEAR, "1.4", wants_ack=True)
    assert encode_status(status) == b'{"ts":1767225600000,"state":"online","firmware":"1.4","wants_ack":true}'


def test_the_largest_integer_is_encoded_exactly() -> None:
    assert b":9223372036854775807}" in encode_sample(Sample("pump-7", NEW_YEAR, {"hours_run": 2**63 - 1}))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_json_cannot_carry_is_not_encoded(value: float) -> None:
    with pytest.raises(ValueError, match="'vibration'"):
        encode_sample(Sample("pump-7", NEW_YEAR, {"vibration": value}))


def test_a_batch_is_an_array() -> None:
    sample = Sample("pump-7", NEW_YEAR, {"vibration": 1.5})
    assert encode_batch([sample, sample]) == b"[" + encode_sample(sample) + b"," + encode_sample(sample) + b"]"


def test_a_batch_is_of_one_kind_and_not_empty() -> None:
    mixed: list[Entry] = [Sample("pump-7", NEW_YEAR, {"vibration": 1.5}), Event("pump-7", NEW_YEAR, "E17")]
    for entries in (mixed, mixed[:0]):
        with pytest.raises(ValueError, match="one kind"):
            encode_batch(entries)


def test_every_entry_has_its_kind() -> None:
    assert kind_of(Status("pump-7", "online")) is Kind.STATUS
    assert kind_of(LogLine("pump-7", NEW_YEAR, "info", "")) is Kind.LOG


def test_an_ack_is_read_back() -> None:
    assert decode_ack(encode_ack(2**63 - 1)) == 2**63 - 1


@pytest.mark.parametrize("payload", [b"", b"{}", b'{"through": "x"}', b"\xff", b"[" * 100_000])
def test_what_is_no_ack_is_rejected(payload: bytes) -> None:
    with pytest.raises(Rejected):
        decode_ack(payload)
