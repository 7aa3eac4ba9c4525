"""What is written is read again as it was, or not written at all."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foreworn.errors import Conflict
from foreworn.fleet.history import (
    ARRIVAL_SCHEMA,
    EVENT_SCHEMA,
    FAILURE_SCHEMA,
    LOG_SCHEMA,
    MAINTENANCE_SCHEMA,
    TIME,
    FleetHistory,
    RecordedFleet,
)
from foreworn.fleet.machine import Attachment, Machine
from foreworn.storage.history import check_history, read_history, write_history, write_templates
from foreworn.telemetry.signal import Signal, SignalCatalogue, SignalType

INSTALLED = datetime(2024, 3, 1, tzinfo=UTC)
START = datetime(2026, 1, 5, tzinfo=UTC)
CATALOGUE = SignalCatalogue(
    {
        "cp-100": [
            Signal("pressure", "bar", low=0.0, high=1e300, cadence=timedelta(seconds=0.5), label="Pressure, discharge"),
            Signal("cycles", type=SignalType.COUNTER, most_per_second=0.1),
            Signal("oil", "degC", sent_unit="degF"),
            Signal("state", type=SignalType.STATE, states=("running", "standby")),
        ]
    }
)
words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1).map(str.strip).filter(bool)
moments = st.integers(0, 10**9).map(lambda ms: START + timedelta(milliseconds=ms))
floats = st.floats(0, 1e300)


def _fleet(
    samples: list[tuple[datetime, float, int]],
    events: list[tuple[datetime, str, str]],
    lines: Iterable[tuple[datetime, str]] = (),
) -> RecordedFleet:
    telemetry = {
        "time": pa.array([time for time, _, _ in samples], TIME),
        "machine": pa.array(["pump-1"] * len(samples), pa.string()),
        "pressure": pa.array([pressure for _, pressure, _ in samples], pa.float64()),
        "cycles": pa.array([cycles for _, _, cycles in samples], pa.int64()),
        "state": pa.array([None] * len(samples), pa.string()),
    }
    said = [dict(zip(EVENT_SCHEMA.names, (t, "pump-1", c, "info", m), strict=True)) for t, c, m in events]
    logged = [dict(zip(LOG_SCHEMA.names, (t, "pump-1", "error", "drive", m), strict=True)) for t, m in lines]
    failure = {"time": START, "machine": "pump-1", "component": "seal", "mode": ""}
    work = {"time": START, "machine": "pump-1", "component": "seal", "action": "replaced", "kind": "corrective"}
    history = FleetHistory(
        (Machine("pump-1", "cp-100", "north", INSTALLED, ("bearing", "seal")),),
        pa.table(telemetry).sort_by("time"),
        pa.Table.from_pylist(said, EVENT_SCHEMA).sort_by([("time", "ascending"), ("code", "ascending")]),
        pa.Table.from_pylist([work], MAINTENANCE_SCHEMA),
        pa.Table.from_pylist([failure], FAILURE_SCHEMA),
        pa.Table.from_pylist(logged, LOG_SCHEMA).sort_by([("time", "ascending"), ("message", "ascending")]),
    )
    arrival = {"received_at": START, "topic": "a", "payload": b"\x00\xff"}
    arrivals = pa.Table.from_pylist([arrival, arrival | {"payload": b"{}\n"}], ARRIVAL_SCHEMA)
    return RecordedFleet(history, CATALOGUE, (Attachment("gateway-7", "pump-1", INSTALLED),), arrivals)


@settings(max_examples=40, derandomize=True, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.lists(st.tuples(moments, floats, st.integers(-(2**63) + 1, 2**63 - 1)), min_size=1, unique_by=lambda s: s[0]),
    st.lists(st.tuples(moments, words, words), unique_by=lambda e: e[:2]),
    st.sets(st.tuples(moments, words)),
)
def test_a_history_written_and_read_is_the_same(
    tmp_path_factory: pytest.TempPathFactory,
    samples: list[tuple[datetime, float, int]],
    events: list[tuple[datetime, str, str]],
    lines: set[tuple[datetime, str]],
) -> None:
    fleet = _fleet(samples, events, lines)
    folder = tmp_path_factory.mktemp("written") / "fleet"

    write_history(fleet, folder)

    assert read_history(folder) == fleet


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()

    with pytest.raises(Conflict, match="choose another folder"):
        write_history(_fleet([(START, 1.0, 1)], []), tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_an_interrupted_writing_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pq, "write_table", interrupt)

    with pytest.raises(KeyboardInterrupt):
        write_history(_fleet([(START, 1.0, 1)], []), tmp_path / "fleet")

    assert list(tmp_path.iterdir()) == []


def test_while_it_is_written_a_history_cannot_be_mistaken_for_a_whole_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def look(table: pa.Table, path: Path, **_: object) -> None:
        seen.extend(str(problem.problem) for problem in check_history(path.parent))
        assert not (tmp_path / "fleet").exists()

    monkeypatch.setattr(pq, "write_table", look)
    write_history(_fleet([(START, 1.0, 1)], []), tmp_path / "fleet")

    assert seen == ["the history is half-written, what wrote it was interrupted; remove the folder and write it again"]


@pytest.mark.parametrize(
    "attachments",
    [
        pytest.param((), id="no device"),
        pytest.param((Attachment("a", "pump-1", START),), id="a device that came later"),
        pytest.param((Attachment("a", "pump-1", INSTALLED, START),), id="a device that left"),
        pytest.param((Attachment("a", "pump-1", INSTALLED), Attachment("b", "pump-1", INSTALLED)), id="two devices"),
    ],
)
def test_what_the_format_cannot_hold_is_refused(tmp_path: Path, attachments: tuple[Attachment, ...]) -> None:
    fleet = replace(_fleet([(START, 1.0, 1)], []), attachments=attachments)

    with pytest.raises(ValueError, match="device"):
        write_history(fleet, tmp_path / "fleet")

    assert list(tmp_path.iterdir()) == []


def test_the_templates_pass_every_check(tmp_path: Path) -> None:
    write_templates(tmp_path / "mine")

    assert check_history(tmp_path / "mine") == []
    assert all(len(path.read_text().splitlines()) == 2 for path in (tmp_path / "mine").iterdir())
    history = read_history(tmp_path / "mine").history
    assert (history.telemetry.num_rows, history.failures.num_rows) == (1, 1)
