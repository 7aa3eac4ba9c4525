"""Whatever comes, the decoder answers, soon; and its quick road says what its exact road says."""

import re
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreworn.telemetry.quarantine import REASONS
from ingestion.formats.line_protocol import LineProtocolDecoder, decoder
from ingestion.formats.message import MOST_REFUSALS, MOST_REJECTIONS, Contents, Message, condense

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
TOPIC = "foreworn/v1/west/pump-7/lines"
LARGEST = 1 << 18
NEVER = re.compile(r"(?!)")
T = "1767225600123456789"

# Pieces that a line is made of, and what nearly is one: put together at random they are lines often enough.
pieces = st.sampled_from(
    [
        *("telemetry", "motor", " ", "  ", ",", "=", '"', "\\", "\n", "\r", "#", "\t", "\x00", "é", "\x85", "\u2028"),
        *(",host=a", ",device=pump-7", ",device=pump-8", ",seq=4", "seq=4i", " v=1", " v=1.5,w=-2e3", ' s="on"'),
        *(f" {T}", " 5", f" v=1 {T}\n", f"telemetry v=1,w=2i {T}\n", '="', '\\"', "\\\\", "\\ ", "\\,", "\\=", "NaN"),
        *("true", "1i", "9u", "-1u", "1e999", "9" * 25, "x" * 130),
    ]
)
series = st.sampled_from(
    ["telemetry", "motor,host=a", "telemetry,seq=4", "m,device=pump-7", "#m", "é", "x" * 63, "a\\ b"]
)
fields = st.sampled_from(
    [
        *(
            "v=1",
            "value=-1.5",
            "w=2i",
            "w=-2i",
            "u=3u",
            "v=1e5",
            "v=1e99",
            "v=.5",
            "v=5.",
            "seq=7i",
            's="on"',
            's="a b"',
        ),
        *(
            's=""',
            's="a,b"',
            "b=true",
            "é=0",
            "v=007",
            "v=123456789012345678i",
            "v=1234567890123456789i",
            "v=-u",
            's="#"',
        ),
    ]
)
ends = st.sampled_from([T, T, T, "5", "9" * 19, "0" * 19, f"{T}\r"])
near_lines = st.tuples(series, st.lists(fields, min_size=1, max_size=3).map(",".join), ends).map(" ".join)
lines = st.lists(near_lines, min_size=1, max_size=3).map("\n".join)
payloads = (lines | st.lists(pieces, max_size=12).map("".join)).map(str.encode) | st.binary(max_size=64)


def decoded(payload: bytes, *, topic: str = TOPIC) -> Contents:
    return LineProtocolDecoder(LARGEST).decode(Message(topic, payload, NEW_YEAR))


@settings(derandomize=True, max_examples=500, deadline=None)
@given(payloads)
def test_no_bytes_make_the_decoder_raise(payload: bytes) -> None:
    contents = decoded(payload)
    assert all(r.reason in REASONS and r.payload == payload for r in contents.rejections)
    assert all(s.values and s.device == "pump-7" for s in contents.samples)


def test_the_quick_road_reads_what_the_exact_road_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = 0

    @settings(derandomize=True, max_examples=500, deadline=None)
    @given(payloads)
    def check(payload: bytes) -> None:
        nonlocal quick
        by_both = decoded(payload)
        with monkeypatch.context() as patched:
            patched.setattr(decoder, "_PLAIN", NEVER)
            exact = decoded(payload)
        assert repr(by_both) == repr(exact)  # types too: 1 and 1.0 are equal and not the same
        quick += any(decoder._PLAIN.fullmatch(line) for line in payload.decode(errors="replace").split("\n"))

    check()
    assert quick > 50


@pytest.mark.parametrize(
    "unit",
    [
        *(b'a b="x\n', b"x\n", b"a\\", b'a b="\\"', b'="', b"\\\n", b",b=c", b"a b=1,", b" ", b'" ', b"\xff\n", b"9"),
        *(b"a b=t 1767225600123456789\n", b'a b="",', b'a,b="\n', b"telemetry v=1e9", b'\\"', b'a "=1\n'),
    ],
)
def test_a_payload_made_to_be_slow_is_answered_soon(unit: bytes) -> None:
    payload = b'a b="' * (unit == b'\\"') + unit * (LARGEST // len(unit) - 1)
    started = time.process_time()
    decoded(payload)
    assert time.process_time() - started < 5.0  # what is quadratic takes minutes


def test_a_message_of_nothing_but_mistakes_is_kept_once_and_counted() -> None:
    contents = decoded(b"x\n" * 1000)
    assert len(contents.rejections) == 1000
    assert len({id(rejection) for rejection in contents.rejections}) == 1
    (condensed,) = condense(contents.rejections)
    assert condensed.detail.startswith("line 1: ")
    assert condensed.detail.endswith("(and 999 more in this message)")


def test_mistakes_of_many_signals_are_written_out_up_to_the_most_that_are_kept() -> None:
    fields = ",".join(f"s{i}=true" for i in range(1000))
    contents = decoded(f"telemetry {fields} {T}".encode())
    assert len({id(rejection) for rejection in contents.rejections}) == MOST_REJECTIONS + 1
    assert condense(contents.rejections)[-1].detail.endswith(f"(and {1000 - MOST_REJECTIONS} more in this message)")


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        pytest.param("foreworn/v1/west/pump-7/telemetry", b"", "unknown_topic", id="another kind of message"),
        pytest.param("foreworn/v1/west/lines", b"", "unknown_topic", id="a topic that names no device"),
        pytest.param("foreworn/v1/west/+/lines", b"", "bad_identity", id="a device called like a wildcard"),
        pytest.param(TOPIC, b"x" * (LARGEST + 1), "oversize", id="a payload past the limit"),
    ],
)
def test_a_message_is_refused_whole(topic: str, payload: bytes, reason: str) -> None:
    contents = decoded(payload, topic=topic)
    assert [r.reason for r in contents.rejections] == [reason]
    assert contents.samples == ()


def test_after_many_refusals_the_rest_is_left_to_a_replay_and_its_numbers_are_not_heard() -> None:
    good = f"telemetry seq=1i,v=1 {T}\n"
    contents = decoded((good + "x\n" * (MOST_REFUSALS + 1) + f"telemetry seq=2i,v=1 {T}").encode())
    assert [sample.seq for sample in contents.samples] == [1]
    assert contents.seqs == (1,)
    rest = condense(contents.rejections)[-1]
    assert (rest.reason, rest.signal) == ("oversize", None)
    assert "lines 2,002 to 2,003" in rest.detail


def test_of_a_line_with_many_bad_values_the_first_are_looked_at() -> None:
    fields = ",".join(f"s{i}=true" for i in range(MOST_REFUSALS + 5))
    contents = decoded(f"telemetry v=1,{fields} {T}".encode())
    assert [dict(sample.values) for sample in contents.samples] == [{"v": 1.0}]
    assert "the last 5 fields of line 1" in contents.rejections[-1].detail
