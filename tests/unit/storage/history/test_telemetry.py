"""Telemetry as Parquet, without signals.csv, repeated, and in part."""

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from foreworn.storage.history import check_history, read_history
from foreworn.telemetry.signal import Signal, SignalCatalogue, SignalType
from tests.unit.storage.history.conftest import MakeHistory

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
NAIVE_NOON = datetime(2026, 1, 5, 12)  # noqa: DTZ001 - what the reader must refuse


def _parquet(**columns: Any) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def _as_parquet(content: bytes) -> dict[str, str | bytes | None]:
    return {"telemetry.csv": None, "telemetry.parquet": content}


def test_parquet_is_read_however_its_texts_and_times_are_stored(make_history: MakeHistory) -> None:
    stored = _parquet(
        time=pa.array([NOON, NOON.replace(microsecond=1999)], pa.timestamp("us", tz="Europe/Berlin")),
        machine=pa.array(["pump-1", "pump-1"]).dictionary_encode(),
        pressure=pa.array([6, 7], pa.int32()),
        state=pa.array(["running", None], pa.large_string()),
    )

    telemetry = read_history(make_history(_as_parquet(stored))).history.telemetry

    assert telemetry.to_pylist() == [
        {"time": NOON, "machine": "pump-1", "pressure": 6.0, "state": "running"},
        {"time": NOON.replace(microsecond=1000), "machine": "pump-1", "pressure": 7.0, "state": None},
    ]
    assert telemetry.schema.types == [pa.timestamp("ms", tz="UTC"), pa.string(), pa.float64(), pa.string()]


@pytest.mark.parametrize(
    ("content", "row", "column", "said"),
    [
        pytest.param(b"PAR1", None, None, "half-written", id="cut off"),
        pytest.param(
            _parquet(time=[NOON, NAIVE_NOON], machine=["pump-1"] * 2, pressure=[1.0, 2.0])[:-20],
            None,
            None,
            "half-written",
            id="cut off at the end",
        ),
        pytest.param(
            _parquet(time=[NAIVE_NOON], machine=["pump-1"], pressure=[1.0]), 1, "time", "no zone", id="no zone"
        ),
        pytest.param(
            _parquet(time=[1767225600], machine=["pump-1"], pressure=[1.0]), None, "time", "int64", id="epoch times"
        ),
        pytest.param(
            _parquet(time=[NOON], machine=["pump-1"], pressure=[float("nan")]), 1, "pressure", "not finite", id="NaN"
        ),
        pytest.param(
            _parquet(time=[NOON, NOON], machine=["pump-1", "pump-4"], pressure=[1.0, 2.0]),
            2,
            "machine",
            "pump-4",
            id="an unknown machine",
        ),
        pytest.param(
            _parquet(time=[NOON], machine=["pump-2"], cycles=[1.5]),
            1,
            "cycles",
            "not a whole number",
            id="half a cycle",
        ),
        pytest.param(
            _parquet(time=[NOON], machine=["pump-1"], pressure=[True]), None, "pressure", "stored as bool", id="a flag"
        ),
        pytest.param(
            _parquet(time=[NOON], machine=["pump-2"], cycles=pa.array([2**63], pa.uint64())),
            1,
            "cycles",
            "too large",
            id="past 2^63",
        ),
        pytest.param(
            _parquet(time=[NOON], machine=["pump-1"], pressure=["6.1 bar"]), 1, "pressure", "not a number", id="a text"
        ),
    ],
)
def test_what_is_wrong_in_parquet_is_named_by_row_and_column(
    make_history: MakeHistory, content: bytes, row: int | None, column: str | None, said: str
) -> None:
    [problem] = check_history(make_history(_as_parquet(content)))

    assert (Path(problem.file).name, problem.row, problem.column) == ("telemetry.parquet", row, column)
    assert said in problem.problem


def test_two_telemetry_files_are_one_too_many(make_history: MakeHistory) -> None:
    [problem] = check_history(make_history({"telemetry.parquet": b""}))

    assert "remove one of them" in problem.problem


def test_without_signals_types_are_told_from_values_and_it_is_said(make_history: MakeHistory) -> None:
    telemetry = """\
time,machine,pressure,starts,mode
2026-01-05T00:00:00Z,pump-1,6,7,auto
2026-01-05T01:00:00Z,pump-1,6.5,8,
2026-01-05T00:00:00Z,pump-2,,,manual
"""

    fleet = read_history(make_history({"signals.csv": None, "telemetry.csv": telemetry}))

    assert fleet.catalogue == SignalCatalogue(
        {
            "*": [
                Signal("pressure"),
                Signal("starts", type=SignalType.INTEGER),
                Signal("mode", type=SignalType.STATE, states=("auto", "manual")),
            ]
        }
    )
    assert fleet.history.telemetry["starts"].to_pylist() == [7, 8, None]
    [note] = fleet.notes
    assert "mode state, pressure float, starts integer" in note


@pytest.mark.parametrize(
    ("values", "row", "said"),
    [
        pytest.param(["6.1", "6.2", "hihg"], 4, "'hihg' is not a number", id="a slip among numbers"),
        pytest.param(["", "", ""], None, "no values", id="nothing"),
        pytest.param([f"text {n}" for n in range(70)], None, "70 different texts", id="prose"),
    ],
)
def test_without_signals_a_column_that_is_nothing_is_refused(
    make_history: MakeHistory, values: list[str], row: int | None, said: str
) -> None:
    rows = [f"2026-01-{1 + n // 24:02}T{n % 24:02}:00:00Z,pump-1,{value},1\n" for n, value in enumerate(values)]
    telemetry = "time,machine,pressure,starts\n" + "".join(rows)

    [problem] = check_history(make_history({"signals.csv": None, "telemetry.csv": telemetry}))

    assert (problem.row, problem.column) == (row, "pressure")
    assert said in problem.problem


def test_a_sample_in_parts_or_sent_twice_is_one_sample(make_history: MakeHistory) -> None:
    telemetry = """\
time,machine,pressure,state,cycles
2026-01-05T01:00:00Z,pump-1,6.2,,
2026-01-05T00:00:00Z,pump-1,6.1,,
2026-01-05T00:00:00Z,pump-1,,running,
2026-01-05T01:00:00+01:00,pump-1,6.1,running,
"""

    rows = read_history(make_history({"telemetry.csv": telemetry})).history.telemetry.to_pylist()

    assert [(row["time"].hour, row["pressure"], row["state"]) for row in rows] == [(0, 6.1, "running"), (1, 6.2, None)]


def test_a_sample_without_any_value_is_left_out_and_it_is_said(make_history: MakeHistory) -> None:
    telemetry = "time,machine,pressure\n2026-01-05T00:00:00Z,pump-1,6\n2026-01-05T01:00:00Z,pump-1,\n"

    fleet = read_history(make_history({"telemetry.csv": telemetry}))

    assert fleet.history.telemetry.num_rows == 1
    assert fleet.notes == ("telemetry.csv: 1 rows without any value were left out.",)


def test_columns_that_differ_in_capitals_only_are_refused(make_history: MakeHistory) -> None:
    telemetry = "time,machine,pressure,Pressure\n2026-01-05T00:00:00Z,pump-1,6,7\n"

    [problem] = check_history(make_history({"telemetry.csv": telemetry}))

    assert (problem.column, problem.row) == ("Pressure", 1)


def test_whole_numbers_may_be_spelled_like_decimals(make_history: MakeHistory) -> None:
    telemetry = (
        "time,machine,cycles\n2026-01-05T00:00:00Z,pump-2,+7.0\n2026-01-05T01:00:00Z,pump-2,9223372036854775807\n"
    )

    history = read_history(make_history({"telemetry.csv": telemetry})).history

    assert history.telemetry["cycles"].to_pylist() == [7, 2**63 - 1]


def test_years_past_nanoseconds_are_years(make_history: MakeHistory) -> None:
    telemetry = "time,machine,cycles\n9999-01-05T00:00:00.0019Z,pump-2,7\n"

    history = read_history(make_history({"telemetry.csv": telemetry})).history

    assert history.telemetry["time"].to_pylist() == [datetime(9999, 1, 5, 0, 0, 0, 1000, tzinfo=UTC)]
