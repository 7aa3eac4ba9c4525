from datetime import UTC, datetime

import pyarrow as pa
import pytest

from foreworn.telemetry.sample import Event, LogLine, Sample, TelemetryBatch
from foreworn.telemetry.sample_columns import SampleColumns, joined

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def columns(*flows: float | None, **others: pa.Array) -> SampleColumns:
    rows = len(flows)
    table = pa.table({"time": pa.array([NOON] * rows, pa.timestamp("ms", "UTC")), "device": ["p1"] * rows})
    table = table.append_column("flow", pa.array(flows, pa.float64()))
    for name, values in others.items():
        table = table.append_column(name, values)
    return SampleColumns(table, pa.chunked_array([range(rows)], pa.int64()))


INTEGERS = SampleColumns(
    columns(1.0).table.set_column(2, "flow", pa.array([3], pa.int64())), pa.chunked_array([[4]], pa.int64())
)


def test_samples_by_column_read_as_the_samples_they_are() -> None:
    read = columns(1.0, None, level=pa.array([2**63 - 1, None], pa.int64()))
    assert list(read) == [Sample("p1", NOON, {"flow": 1.0, "level": 2**63 - 1}, 0), Sample("p1", NOON, {}, 1)]
    assert [type(value) for value in read[0].values.values()] == [float, int]
    assert (len(read), read[-1], read.signals) == (2, read[1], ("flow", "level"))


@pytest.mark.parametrize(
    "part", [slice(1, 3), slice(None, 2), slice(5, 9), slice(None, None, 2), slice(None, None, -1)]
)
def test_a_slice_of_columns_is_the_slice_of_their_samples(part: slice) -> None:
    whole = columns(1.0, 2.0, None, 4.0)
    assert list(whole[part]) == list(whole)[part]
    assert isinstance(whole[part], SampleColumns)


@pytest.mark.parametrize("by_column", [True, False])
def test_halves_hold_every_entry_once_and_columns_stay_columns(by_column: bool) -> None:
    samples = columns(1.0, 2.0, 3.0)
    whole = TelemetryBatch(
        samples if by_column else tuple(samples),
        (Event("p1", NOON, "E1"), Event("p1", NOON, "E2")),
        (LogLine("p1", NOON, "info", "x"),),
    )
    quarters = [quarter for half in whole.halves() for quarter in half.halves()]
    assert [len(quarter) for quarter in quarters] == [1, 2, 1, 2]
    assert [s for q in quarters for s in q.samples] == list(samples)
    assert tuple(e for q in quarters for e in q.events) == whole.events
    assert tuple(line for q in quarters for line in q.logs) == whole.logs
    assert {type(q.samples) for q in quarters} == {SampleColumns if by_column else tuple}


def test_columns_joined_are_columns_with_all_signals() -> None:
    one, two = columns(1.0), columns(2.0, None, mode=pa.array(["run", ""]))
    both = joined([one, (), two])
    assert isinstance(both, SampleColumns)
    assert list(both) == [*one, *two]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param((Sample("p1", NOON, {"flow": 9.0}),), id="samples one by one"),
        pytest.param(INTEGERS, id="columns of another type"),
    ],
)
def test_what_cannot_be_one_table_is_joined_one_by_one_and_keeps_its_types(other: tuple[Sample, ...]) -> None:
    one = columns(1.0)
    both = joined([one, other, one])
    assert isinstance(both, tuple)
    assert repr(both) == repr((*one, *other, *one))


def test_a_table_that_does_not_begin_with_time_and_device_is_no_samples() -> None:
    table = columns(1.0).table
    with pytest.raises(ValueError, match="time, device"):
        SampleColumns(table.select(["device", "time"]), pa.chunked_array([[1]], pa.int64()))
    with pytest.raises(ValueError, match="one sequence number per row"):
        SampleColumns(table, pa.chunked_array([[1, 2]], pa.int64()))
