"""What every spool promises: nothing committed is lost, changed or reordered until it is discarded."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foreworn.telemetry.intake import IntakeBatch, Spool
from foreworn.telemetry.quarantine import REASONS, Rejection
from foreworn.telemetry.sample import Event, LogLine, Sample, Status, TelemetryBatch, from_epoch_ms
from foreworn.telemetry.sample_columns import SampleColumns
from ingestion.spool.spool import MemorySpool, SqliteSpool

texts = st.text(st.characters(blacklist_categories=["Cs"]), max_size=20)
times = st.integers(0, 253_402_300_799_999).map(from_epoch_ms)
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**63 - 1)
seqs = st.none() | st.integers(0, 2**63 - 1)
samples = st.builds(Sample, texts, times, st.dictionaries(texts, numbers | texts, max_size=3), seqs)
events = st.builds(Event, texts, times, texts, texts, texts, seqs)
fields = st.dictionaries(texts, numbers | texts | st.booleans() | st.none(), max_size=3)
logs = st.builds(LogLine, texts, times, texts, texts, texts, fields, seqs)
statuses = st.builds(Status, texts, texts, st.none() | times, texts, st.booleans())
rejections = st.builds(
    Rejection,
    times,
    texts,
    st.binary(max_size=20) | st.just(b"the same payload"),
    st.sampled_from(sorted(REASONS)),
    texts,
    st.none() | texts,
    st.none() | texts,
)


def few(entries: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(entries, max_size=3).map(tuple)


batches = st.builds(
    IntakeBatch,
    st.builds(TelemetryBatch, few(samples), few(events), few(logs)),
    few(statuses),
    few(rejections),
    st.none() | times,
    fills=st.booleans(),
).filter(len)


@pytest.fixture(params=["memory", "sqlite"])
def spool(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Spool]:
    if request.param == "memory":
        yield MemorySpool()
    else:
        with SqliteSpool(tmp_path / "spool.sqlite") as sqlite:
            yield sqlite


def numbered(number: int) -> IntakeBatch:
    sample = Sample("pump-7", datetime(2026, 1, 1, tzinfo=UTC), {"vibration": float(number)}, number)
    return IntakeBatch(TelemetryBatch(samples=(sample,)), received_at=datetime(2026, 1, 1, tzinfo=UTC))


def test_a_new_spool_is_empty(spool: Spool) -> None:
    assert (spool.depth(), list(spool.pending())) == (0, [])


def test_batches_wait_in_the_order_they_were_committed(spool: Spool) -> None:
    for i in range(5):
        spool.commit(numbered(i))
    assert [batch for _, batch in spool.pending()] == [numbered(i) for i in range(5)]
    assert spool.depth() == 5


def test_looking_at_batches_does_not_take_them_away(spool: Spool) -> None:
    spool.commit(numbered(0))
    assert spool.pending() == spool.pending()


def test_pending_gives_the_oldest_up_to_the_limit(spool: Spool) -> None:
    for i in range(5):
        spool.commit(numbered(i))
    assert [batch for _, batch in spool.pending(2)] == [numbered(0), numbered(1)]


def test_numbers_grow(spool: Spool) -> None:
    for i in range(5):
        spool.commit(numbered(i))
    numbers = [number for number, _ in spool.pending()]
    assert numbers == sorted(set(numbers))


def test_discard_forgets_up_to_and_including_the_number(spool: Spool) -> None:
    for i in range(5):
        spool.commit(numbered(i))
    spool.discard(spool.pending()[2][0])
    assert [batch for _, batch in spool.pending()] == [numbered(3), numbered(4)]
    assert spool.depth() == 2


def test_a_number_is_never_given_twice_so_discarding_again_harms_nothing(spool: Spool) -> None:
    spool.commit(numbered(0))
    number = spool.pending()[0][0]
    spool.discard(number)
    spool.commit(numbered(1))
    spool.discard(number)
    assert [batch for _, batch in spool.pending()] == [numbered(1)]


@settings(
    derandomize=True, max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(batch=batches)
def test_a_batch_comes_back_exactly_as_it_went_in(spool: Spool, batch: IntakeBatch) -> None:
    spool.commit(batch)
    ((number, found),) = spool.pending()
    spool.discard(number)
    assert found == batch
    assert typed(found) == typed(batch)


def typed(batch: IntakeBatch) -> list[type]:
    """Return the types of all values: 1 == 1.0 == True, but they are not the same reading."""
    values = [v for s in batch.telemetry.samples for v in s.values.values()]
    return [type(v) for v in [*values, *(f for line in batch.telemetry.logs for f in line.fields.values())]]


SCHEMA = pa.schema(
    [
        ("time", pa.timestamp("ms", "UTC")),
        *(("device", pa.string()), ("flow", pa.float64()), ("starts", pa.int64()), ("mode", pa.string())),
    ]
)
readings = st.fixed_dictionaries(
    {"time": times, "device": texts},
    optional={
        "flow": st.floats(allow_nan=False, allow_infinity=False),
        "starts": st.integers(-(2**63), 2**63 - 1),
        "mode": texts,
    },
)


@settings(derandomize=True, max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(readings, seqs), min_size=1, max_size=6), cut=st.integers(0, 5))
def test_samples_by_column_come_back_exactly_as_they_went_in(
    spool: Spool, rows: list[tuple[dict[str, object], int | None]], cut: int
) -> None:
    table = pa.Table.from_pylist([row for row, _ in rows], SCHEMA)
    columns = SampleColumns(table, pa.chunked_array([[seq for _, seq in rows]], pa.int64()))[min(cut, len(rows) - 1) :]
    spool.commit(IntakeBatch(TelemetryBatch(columns)))
    ((number, found),) = spool.pending()
    spool.discard(number)
    assert repr(tuple(found.telemetry.samples)) == repr(tuple(columns))


def test_an_empty_batch_is_not_kept_and_takes_no_number(spool: Spool) -> None:
    spool.commit(IntakeBatch())
    spool.commit(IntakeBatch(), {"pump-7": 3})
    spool.commit(numbered(0))
    assert (spool.depth(), spool.pending()[0][0]) == (1, 1)


def test_what_devices_were_told_is_as_last_committed(spool: Spool) -> None:
    assert spool.through() == {}
    spool.commit(numbered(0), {"pump-7": 41, "pump-8": 5})
    spool.commit(numbered(1), {"pump-7": 42})
    spool.discard(spool.pending()[-1][0])
    assert spool.through() == {"pump-7": 42, "pump-8": 5}


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        pytest.param(None, [0, 1, 2, 3], id="no limit"),
        pytest.param(5, [0, 1], id="as many as fit"),
        pytest.param(6, [0, 1, 2], id="up to the limit itself"),
        pytest.param(1, [0], id="at least one, however large"),
    ],
)
def test_pending_gives_no_more_entries_than_asked(spool: Spool, entries: int | None, found: list[int]) -> None:
    for i, size in enumerate([2, 3, 1, 4]):
        spool.commit(IntakeBatch(TelemetryBatch(tuple(numbered(i).telemetry.samples) * size)))
    waiting = spool.pending(entries=entries)
    assert [batch.telemetry.samples[0].seq for _, batch in waiting] == found


def test_who_commits_and_who_forwards_do_not_disturb_each_other(spool: Spool) -> None:
    seen: list[IntakeBatch] = []

    def commit_all() -> None:
        for i in range(200):
            spool.commit(numbered(i))

    committing = threading.Thread(target=commit_all)
    committing.start()
    while len(seen) < 200:
        waiting = spool.pending(7)
        seen += [batch for _, batch in waiting]
        if waiting:
            spool.discard(waiting[-1][0])
    committing.join()
    assert seen == [numbered(i) for i in range(200)]


OpenSpool = Callable[[], SqliteSpool]


@pytest.fixture
def open_spool(tmp_path: Path) -> OpenSpool:
    return lambda: SqliteSpool(tmp_path / "spool.sqlite")


def test_what_waits_survives_a_restart(open_spool: OpenSpool) -> None:
    with open_spool() as spool:
        for i in range(3):
            spool.commit(numbered(i))
        spool.discard(spool.pending()[0][0])
    with open_spool() as spool:
        assert [batch for _, batch in spool.pending()] == [numbered(1), numbered(2)]
        spool.commit(numbered(3))
        assert [batch for _, batch in spool.pending()] == [numbered(1), numbered(2), numbered(3)]


def test_numbers_go_on_after_a_restart_even_of_an_empty_spool(open_spool: OpenSpool) -> None:
    with open_spool() as spool:
        spool.commit(numbered(0))
        first = spool.pending()[0][0]
        spool.discard(first)
    with open_spool() as spool:
        spool.commit(numbered(1))
        assert spool.pending()[0][0] > first
