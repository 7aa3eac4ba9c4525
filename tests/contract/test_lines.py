"""Holds the line protocol decoder to docs/contracts/wire/lines.md, to its sample, and to InfluxDB's own client."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from influxdb_client.client.write.point import Point

from foreworn.telemetry.sample import from_epoch_ms
from foreworn.telemetry.wire import Kind, topic
from ingestion.formats.by_kind import Formats
from ingestion.formats.message import Contents, Message

ROOT = Path(__file__).parents[2]
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
DECODER = Formats(1 << 20)
PAGE = (ROOT / "docs/contracts/wire/lines.md").read_text()
ROWS = re.findall(r"^\| `(.+)` \| (?:`(\{.*\})`)?(?:, its number is (\d+))? ?\| (?:`(\w+)` )?\|$", PAGE, re.MULTILINE)

names = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=30).filter(
    lambda name: not name.endswith("\\") and name[0] != "#" and name.strip() == name
)
texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**63 - 1) | texts
times = st.integers(365 * 86_400_000, (2**63 - 1) // 1_000_000)


def decoded(payload: bytes) -> Contents:
    return DECODER.decode(Message(topic("west", "pump-7", Kind.LINES), payload, NEW_YEAR))


def test_the_contract_page_has_a_table_of_lines() -> None:
    assert len(ROWS) == PAGE.count("\n| `") >= 15


@pytest.mark.parametrize(("line", "values", "seq", "reason"), ROWS)
def test_a_line_of_the_contract_page_means_what_it_says(line: str, values: str, seq: str, reason: str) -> None:
    contents = decoded(line.encode())
    assert [dict(s.values) for s in contents.samples] == ([json.loads(values)] if values else [])
    assert list(contents.seqs) == ([int(seq)] if seq else [])
    assert [r.reason for r in contents.rejections] == ([reason] if reason else [])
    assert all(s.time == from_epoch_ms(1767225600000) for s in contents.samples)


def test_the_sample_beside_the_decoder_is_taken_whole() -> None:
    contents = decoded((ROOT / "ingestion/formats/line_protocol/sample.lines").read_bytes())
    assert contents.rejections == ()
    assert sorted({name for s in contents.samples for name in s.values}) == [
        *("hours_run", "motor_current", "motor_speed", "pressure", "state", "temperature", "vibration")
    ]


@settings(derandomize=True, max_examples=300, deadline=None)
@given(
    st.dictionaries(names.filter(lambda n: n != "device"), names, max_size=3),
    st.dictionaries(names.filter(lambda n: n != "seq"), values, min_size=1, max_size=5),
    times,
)
def test_what_influxdbs_own_client_writes_is_read_back(
    tags: dict[str, str], fields: dict[str, float | int | str], ms: int
) -> None:
    point = Point.from_dict(
        {"measurement": "telemetry", "tags": tags, "fields": fields, "time": from_epoch_ms(ms) + timedelta(0)}
    )
    contents = decoded(point.to_line_protocol().encode())
    assert contents.rejections == ()
    (sample,) = contents.samples
    assert sample.time == from_epoch_ms(ms)
    assert dict(sample.values) == fields
