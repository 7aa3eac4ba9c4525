"""Holds encoder, decoder and golden cases to the JSON Schemas in docs/contracts/wire."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foreworn.telemetry.quarantine import REASONS
from foreworn.telemetry.sample import Event, LogLine, Sample, Status, from_epoch_ms
from foreworn.telemetry.wire import Entry, Kind, encode_ack, encode_batch, is_identity, kind_of, topic
from ingestion.formats.by_kind import Formats
from ingestion.formats.message import Contents, Message
from ingestion.formats.native_json.members import LATEST_MS

ROOT = Path(__file__).parents[2]
JSON_KINDS: list[Kind] = [kind for kind in Kind if kind is not Kind.LINES]
SCHEMAS: dict[Kind, Any] = {
    kind: json.loads((ROOT / f"docs/contracts/wire/{kind}.schema.json").read_text()) for kind in JSON_KINDS
}
FORMATS = ("native_json", "line_protocol")
CASES = sorted(case for wire_format in FORMATS for case in (ROOT / "tests/cases" / wire_format).iterdir())
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
DECODER = Formats(1 << 20)

names = st.text(st.characters(blacklist_categories=["Cc", "Cs"]), min_size=1, max_size=128)
levels = st.text(st.characters(blacklist_categories=["Cc", "Cs"]), min_size=1, max_size=32)
texts = st.text(st.characters(blacklist_categories=["Cs"]))
times = st.integers(0, LATEST_MS).map(from_epoch_ms)
seqs = st.none() | st.integers(0, 2**63 - 1)
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**63 - 1)
samples = st.builds(
    Sample, st.just("pump-7"), times, st.dictionaries(names, numbers | texts, min_size=1, max_size=4), seqs
)
events = st.builds(Event, st.just("pump-7"), times, names, levels, texts, seqs)
fields = st.dictionaries(names, numbers | texts | st.booleans() | st.none(), max_size=4)
logs = st.builds(LogLine, st.just("pump-7"), times, levels, texts, names | st.just(""), fields, seqs)
statuses = st.builds(
    Status,
    st.just("pump-7"),
    st.sampled_from(["online", "offline"]),
    st.none() | times,
    names | st.just(""),
    st.booleans(),
    seqs,
)
batches = st.one_of(*(st.lists(entries, min_size=1, max_size=3) for entries in (samples, events, logs, statuses)))

near_times = st.sampled_from([0, 1767225600000, 1767225600000.0, 1.5, -1, LATEST_MS, LATEST_MS + 1, "x", None, True])
near_seqs = st.sampled_from([0, 41, 41.0, -1, 1.5, 2**63 - 1, 2**63, "7", None, False])
near_values: st.SearchStrategy[object] = st.sampled_from([1, 1.5, "on", "", None, True, [], {}])
near_names = st.sampled_from(["vibration", "", "x" * 128, "x" * 129, "a\nb", "a\n", "ü"])
near_objects = st.fixed_dictionaries(
    {},
    optional={
        "ts": near_times,
        "seq": near_seqs,
        "values": st.dictionaries(near_names, near_values, max_size=2) | near_values,
        "code": near_names | near_values,
        "severity": near_names | near_values,
        "level": near_names | near_values,
        "logger": near_names | near_values,
        "message": near_values,
        "fields": st.dictionaries(near_names, near_values, max_size=2) | near_values,
        "state": st.sampled_from(["online", "offline", "asleep", 1]),
        "firmware": near_names | near_values,
        "wants_ack": near_values,
        "oldest": near_seqs,
        "stranger": st.just(1),
    },
)
near_documents = near_objects | st.lists(near_objects, max_size=2) | near_values


def named(case: Path) -> str:
    return f"{case.parent.name}: {case.name}"


def golden_topic(case: Path) -> str:
    return (case / "topic").read_text().removesuffix("\n")


def golden_payload(case: Path) -> bytes:
    (message,) = case.glob("message.*")
    return message.read_bytes()


def has_good_topic(case: Path) -> bool:
    *_, device, kind = golden_topic(case).split("/")
    is_native = golden_topic(case).startswith("foreworn/v1/") and is_identity(device) and kind != Kind.ACK
    return is_native and (case / "message.json").exists()


def is_valid(kind: Kind, document: object) -> bool:
    return bool(jsonschema.Draft202012Validator(SCHEMAS[kind]).is_valid(document))


def decoded(kind: Kind, payload: bytes) -> Contents:
    return DECODER.decode(Message(topic("west", "pump-7", kind), payload, NEW_YEAR))


def entries_of(contents: Contents) -> list[Entry]:
    return [*contents.samples, *contents.events, *contents.logs, *contents.statuses]


@pytest.mark.parametrize("kind", JSON_KINDS)
def test_every_kind_has_a_schema_that_is_one(kind: Kind) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[kind])


@settings(derandomize=True, max_examples=150, deadline=None)
@given(batches)
def test_what_the_encoder_emits_is_valid_and_is_read_back(entries: list[Entry]) -> None:
    kind, payload = kind_of(entries[0]), encode_batch(entries)
    assert is_valid(kind, json.loads(payload))
    contents = decoded(kind, payload)
    assert entries_of(contents) == entries
    assert [type(v) for e in contents.samples for v in e.values.values()] == [
        type(v) for e in entries if isinstance(e, Sample) for v in e.values.values()
    ]
    assert contents.rejections == ()


@settings(derandomize=True, max_examples=50, deadline=None)
@given(st.integers(0, 2**63 - 1))
def test_every_ack_is_valid(through: int) -> None:
    assert is_valid(Kind.ACK, json.loads(encode_ack(through)))


@settings(derandomize=True, max_examples=400, deadline=None)
@given(st.sampled_from([Kind.TELEMETRY, Kind.EVENT, Kind.LOG, Kind.STATUS]), near_documents)
def test_the_decoder_takes_what_the_schema_takes_and_nothing_else(kind: Kind, document: object) -> None:
    contents = decoded(kind, json.dumps(document).encode())
    assert (contents.rejections == ()) is is_valid(kind, document), contents.rejections


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.sampled_from([Kind.TELEMETRY, Kind.EVENT, Kind.LOG, Kind.STATUS]), st.binary(max_size=64))
def test_no_bytes_make_the_decoder_raise(kind: Kind, payload: bytes) -> None:
    contents = decoded(kind, payload)
    assert entries_of(contents) or contents.rejections
    assert all(r.reason in REASONS and r.payload == payload for r in contents.rejections)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_no_topic_makes_the_decoder_raise(name: str) -> None:
    contents = DECODER.decode(Message(name, b"{}", NEW_YEAR))
    assert [r.reason in REASONS for r in contents.rejections] == [True]


@settings(derandomize=True, max_examples=150, deadline=None)
@given(near_objects, st.integers(0, 60))
def test_a_payload_that_is_cut_off_is_unreadable(members: dict[str, object], length: int) -> None:
    payload = json.dumps(members).encode()
    reasons = {r.reason for r in decoded(Kind.TELEMETRY, payload[: min(length, len(payload) - 1)]).rejections}
    assert reasons == {"unreadable"}


@pytest.mark.parametrize("wire_format", FORMATS)
def test_there_are_golden_cases_of_every_format(wire_format: str) -> None:
    assert sum(case.parent.name == wire_format for case in CASES) >= 40


@pytest.mark.parametrize("case", CASES, ids=named)
def test_golden_case(case: Path) -> None:
    expected = json.loads((case / "expected.json").read_text())
    contents = DECODER.decode(Message(golden_topic(case), golden_payload(case), NEW_YEAR))
    assert plain(contents) == expected
    assert all(r.payload == golden_payload(case) for r in contents.rejections)


# What a schema cannot say: which days a month has.
PAST_THE_SCHEMA = {"time_as_a_day_that_does_not_exist"}


@pytest.mark.parametrize("case", [c for c in CASES if has_good_topic(c)], ids=named)
def test_a_golden_case_is_valid_where_nothing_of_it_is_rejected(case: Path) -> None:
    expected = json.loads((case / "expected.json").read_text())
    valid = is_valid(Kind(golden_topic(case).split("/")[4]), json.loads(golden_payload(case)))
    assert valid is ("rejections" not in expected or case.name in PAST_THE_SCHEMA)


def test_the_sample_beside_the_decoder_is_valid() -> None:
    payload = (ROOT / "ingestion/formats/native_json/sample.json").read_bytes()
    assert is_valid(Kind.TELEMETRY, json.loads(payload))
    assert len(decoded(Kind.TELEMETRY, payload).samples) == 2


def plain(contents: Contents) -> dict[str, Any]:
    """Return the contents as the golden files hold them."""
    groups: dict[str, list[dict[str, Any]]] = {
        "samples": [plain_entry(e) for e in contents.samples],
        "events": [plain_entry(e) for e in contents.events],
        "logs": [plain_entry(e) for e in contents.logs],
        "statuses": [plain_entry(e) for e in contents.statuses],
        "rejections": [
            {k: v for k, v in (("reason", r.reason), ("signal", r.signal), ("detail", r.detail)) if v is not None}
            for r in contents.rejections
        ],
    }
    return {name: group for name, group in groups.items() if group} | {"seqs": list(contents.seqs)}


def plain_entry(entry: Entry) -> dict[str, Any]:
    members = {name: getattr(entry, name) for name in type(entry).__dataclass_fields__ if name != "device"}
    time = members["time"]
    values = {k: dict(v) for k, v in members.items() if isinstance(v, Mapping)}
    return members | values | {"time": None if time is None else round(time.timestamp() * 1000)}
