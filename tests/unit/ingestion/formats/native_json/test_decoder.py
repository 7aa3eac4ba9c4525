"""What the golden cases in tests/cases/native_json do not show: sizes, limits, and shared payloads."""

import pytest

from foreworn.telemetry.wire import Kind, topic
from ingestion.formats.message import MOST_REFUSALS, Contents, Message, condense
from ingestion.formats.native_json import NativeJsonDecoder
from tests.unit.ingestion.plant import NEW_YEAR, TELEMETRY, payload


def decode(body: bytes, *, kind: Kind = Kind.TELEMETRY, largest: int = 1 << 20) -> Contents:
    return NativeJsonDecoder(largest).decode(Message(topic("west", "pump-7", kind), body, NEW_YEAR))


def test_a_payload_of_the_largest_size_is_read() -> None:
    body = payload()
    assert len(decode(body, largest=len(body)).samples) == 1


def test_a_larger_payload_is_quarantined_whole_and_says_which_setting_limits_it() -> None:
    body = payload()
    (rejection,) = decode(body, largest=len(body) - 1).rejections
    assert (rejection.reason, rejection.payload, rejection.device) == ("oversize", body, "pump-7")
    assert "FOREWORN_INGESTION__LARGEST_PAYLOAD" in rejection.detail


@pytest.mark.parametrize("opening", [b"[", b'{"values":', b"[[{"])
def test_a_megabyte_of_nesting_is_unreadable(opening: bytes) -> None:
    (rejection,) = decode(opening * (1_000_000 // len(opening))).rejections
    assert rejection.reason == "unreadable"


def test_a_number_of_a_million_digits_is_unreadable_or_refused() -> None:
    contents = decode(b'{"ts": 0, "values": {"vibration": ' + b"9" * 1_000_000 + b"}}")
    assert (contents.samples, len(contents.rejections)) == ((), 1)


def test_members_that_do_not_belong_are_named_with_those_that_do() -> None:
    (rejection,) = decode(b'{"ts": 0, "code": "E1", "colour": "red"}', kind=Kind.EVENT).rejections
    assert rejection.detail == "event has no member 'colour', only ts, seq, code, severity, message"


def test_the_number_of_a_refused_element_is_known_too() -> None:
    assert decode(b'[{"seq": 7}, {"ts": 0, "seq": 8, "values": {"vibration": 1}}]').seqs == (7, 8)


def test_a_status_says_whether_the_device_wants_to_hear_what_is_durable() -> None:
    assert decode(b'{"state": "online", "wants_ack": true}', kind=Kind.STATUS).wants_ack is True
    assert decode(b'{"state": "offline"}', kind=Kind.STATUS).wants_ack is False
    assert decode(payload()).wants_ack is None


def test_integers_past_64_bits_stay_whole_until_the_catalogue_has_its_say() -> None:
    (sample,) = decode(b'{"ts": 0, "values": {"a": 100000000000000000000, "b": 1.0, "c": 1}}').samples
    assert dict(sample.values) == {"a": 10**20, "b": 1.0, "c": 1}
    assert [type(v) for v in sample.values.values()] == [int, float, int]


def test_a_signal_name_nobody_can_store_is_shown_escaped() -> None:
    (rejection,) = decode(b'{"ts": 0, "values": {"a\\u0000b": 1}}').rejections
    assert (rejection.reason, rejection.signal) == ("unknown_signal", "'a\\x00b'")


def test_a_topic_of_somebody_else_names_no_device() -> None:
    contents = NativeJsonDecoder(1024).decode(Message("spBv1.0/x/NDATA/y", payload(), NEW_YEAR))
    assert contents.device is None
    assert [(r.reason, r.device) for r in contents.rejections] == [("unknown_topic", None)]
    assert TELEMETRY not in contents.rejections[0].topic


def test_after_many_refusals_the_rest_is_left_to_a_replay_and_its_numbers_are_not_heard() -> None:
    bad = [b'{"seq": %d}' % seq for seq in range(MOST_REFUSALS + 1)]
    good = b'{"ts": 0, "seq": 9999, "values": {"vibration": 1}}'
    contents = decode(b"[" + b",".join([good, *bad, good]) + b"]")
    assert len(contents.samples) == 1
    assert contents.seqs == (9999, *range(MOST_REFUSALS))
    rest = condense(contents.rejections)[-1]
    assert (rest.reason, rest.signal) == ("oversize", None)
    assert "its last 2 of 2,003 entries" in rest.detail


def test_exactly_as_many_refusals_leave_nothing() -> None:
    assert len(decode(b"[" + b",".join([b"0"] * MOST_REFUSALS) + b"]").rejections) == MOST_REFUSALS


def test_a_reading_of_too_many_bad_values_keeps_the_good_ones_before_them() -> None:
    values = ",".join(['"vibration": 1', *(f'"s{i}": null' for i in range(5000))])
    contents = decode(f'{{"ts": 0, "seq": 4, "values": {{{values}, "last": 1}}}}'.encode())
    assert [dict(sample.values) for sample in contents.samples] == [{"vibration": 1}]
    assert contents.seqs == (4,)
    assert "the last 3,001 of 5,002 signals" in contents.rejections[-1].detail


@pytest.mark.parametrize("element", [b"0", b"{}", b"[]"])
def test_a_megabyte_of_mistakes_is_given_up_after_the_most_refusals(element: bytes) -> None:
    body = b"[" + b",".join([element] * (1_000_000 // (len(element) + 1))) + b"]"
    assert len(decode(body).rejections) == MOST_REFUSALS + 1
