"""The contract of every quarantine beyond what `test_operations` holds it to: finding, forgetting, staying bounded."""

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foreworn.errors import NotFound
from foreworn.storage.operations.memory_quarantine import MemoryQuarantine
from foreworn.storage.operations.quarantine_bound import DropTeller, kept_size
from foreworn.storage.operations.sql import SqlQuarantine, open_operations
from foreworn.telemetry.quarantine import EVERYTHING, Quarantine, QuarantineEntry, Rejection, Selection
from tests import operations_store
from tests.servers import PostgresServer

T0 = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)

Open = Callable[..., Quarantine]


@pytest.fixture(scope="module")
def sqlite_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    engine = open_operations("sqlite:///operations.sqlite", folder=tmp_path_factory.mktemp("quarantine"))
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def postgres_engine(postgres: PostgresServer) -> Iterator[sa.Engine]:
    engine = open_operations(postgres.new_database())
    yield engine
    engine.dispose()


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def opened(request: pytest.FixtureRequest) -> Open:
    """Opens quarantines over one empty store, with the bounds of each."""
    if request.param == "memory":
        return MemoryQuarantine
    engine: sa.Engine = request.getfixturevalue(f"{request.param}_engine")
    operations_store.empty(engine)
    return partial(SqlQuarantine, engine)


@pytest.fixture
def quarantine(opened: Open) -> Quarantine:
    return opened()


def rejection(second: int = 0, **other: Any) -> Rejection:
    whole: dict[str, Any] = {
        "received_at": T0 + second * SECOND,
        "topic": "foreworn/v1/west/d1/telemetry",
        "payload": b"%d" % second,
        "reason": "unreadable",
        "detail": "not JSON",
        "device": "d1",
    }
    return Rejection(**(whole | other))


def payloads(entries: list[QuarantineEntry]) -> list[bytes]:
    return [entry.rejection.payload for entry in entries]


@pytest.mark.parametrize(
    ("selection", "found"),
    [
        pytest.param(EVERYTHING, [5, 4, 3, 2, 1, 0], id="everything, the newest first"),
        pytest.param(Selection(device="d2"), [5, 1], id="of a device"),
        pytest.param(Selection(device="d\x00'"), [4], id="of a device with a wild name"),
        pytest.param(Selection(reason="out_of_range"), [3, 2, 1], id="of a reason"),
        pytest.param(Selection(signal="rpm"), [2, 1], id="of a signal"),
        pytest.param(Selection(device="d2", signal="rpm"), [1], id="of a device and a signal"),
        pytest.param(Selection(since=T0 + 2 * SECOND, until=T0 + 4 * SECOND), [3, 2], id="of a stretch, half open"),
        pytest.param(Selection(device="d3"), [], id="of a device that was never refused"),
        pytest.param(Selection(ids=()), [], id="of no ids"),
    ],
)
def test_entries_are_found_by_what_they_are(quarantine: Quarantine, selection: Selection, found: list[int]) -> None:
    quarantine.put(
        [
            rejection(0),
            rejection(1, reason="out_of_range", signal="rpm", device="d2"),
            rejection(2, reason="out_of_range", signal="rpm"),
            rejection(3, reason="out_of_range", signal="temp"),
            rejection(4, device="d\x00'"),
            rejection(5, device="d2"),
        ]
    )
    assert payloads(quarantine.find(selection)) == [b"%d" % i for i in found]
    assert sum(quarantine.count(selection).values()) == len(found)


def test_pages_follow_one_another_without_gap_or_repeat_while_entries_come_and_go(quarantine: Quarantine) -> None:
    quarantine.put([rejection(i // 4, payload=b"%d" % i) for i in range(20)])  # four of each second
    first = quarantine.find(limit=7)
    quarantine.remove([first[-1].id])
    quarantine.put([rejection(100)])
    second = quarantine.find(limit=7, after=first[-1].place)
    third = quarantine.find(limit=7, after=second[-1].place)
    assert payloads([*first, *second, *third]) == [b"%d" % i for i in reversed(range(20))]


def test_a_payload_is_cut_to_what_is_asked_for_and_its_length_is_told(quarantine: Quarantine) -> None:
    quarantine.put([rejection(payload=b"\x00123456789")])
    (cut,), (none,) = quarantine.find(payload=4), quarantine.find(payload=0)
    assert (cut.rejection.payload, cut.payload_bytes) == (b"\x00123", 10)
    assert (none.rejection.payload, none.payload_bytes) == (b"", 10)
    assert quarantine.get(cut.id).rejection.payload == b"\x00123456789"


def test_an_id_that_is_gone_is_not_given_again(quarantine: Quarantine) -> None:
    quarantine.put([rejection(0)])
    (before,) = quarantine.find()
    assert quarantine.remove([before.id, before.id + 1000]) == 1
    quarantine.put([rejection(0)])
    (after,) = quarantine.find()
    assert after.id > before.id
    with pytest.raises(NotFound, match=str(before.id)):
        quarantine.get(before.id)


def test_what_is_purged_is_gone_and_the_rest_stays(quarantine: Quarantine) -> None:
    quarantine.put([*(rejection(i, device="d2") for i in range(3)), rejection(7)])
    assert quarantine.purge(Selection(device="d2")) == 3
    assert (payloads(quarantine.find()), quarantine.count()) == ([b"7"], {"unreadable": 1})
    assert quarantine.purge(EVERYTHING) == 1
    assert (quarantine.count(), quarantine.dropped()) == ({}, {})


def test_an_entry_takes_the_reason_of_today_and_keeps_its_id(quarantine: Quarantine) -> None:
    quarantine.put([rejection(0), rejection(1)])
    entry = quarantine.find(limit=1)[0]
    quarantine.restate({entry.id: ("unknown_device", "who is that?")})
    now = quarantine.get(entry.id).rejection
    assert (now.reason, now.detail, now.payload) == ("unknown_device", "who is that?", b"1")
    assert quarantine.count() == {"unreadable": 1, "unknown_device": 1}
    quarantine.put([rejection(1, reason="unknown_device")])
    assert quarantine.count() == {"unreadable": 1, "unknown_device": 1}


def test_two_entries_that_come_to_the_same_reason_are_one(quarantine: Quarantine) -> None:
    quarantine.put([rejection(0), rejection(0, reason="oversize")])
    today = {entry.id: ("oversize", "larger still") for entry in quarantine.find()}
    quarantine.restate(today | {987_654: ("oversize", "not there")})
    assert quarantine.count() == {"oversize": 1}


def test_another_detail_is_told_and_counts_as_what_it_takes(opened: Open) -> None:
    bounded = opened(most_bytes=2 * kept_size(rejection(0)) + 50)
    bounded.put([rejection(0), rejection(1)])
    entry = bounded.find(limit=1)[0]
    bounded.restate({entry.id: ("unreadable", "not JSON" + 100 * "!")})
    assert bounded.get(entry.id).rejection.detail == "not JSON" + 100 * "!"
    bounded.put([rejection(1)])
    assert bounded.dropped() == {"unreadable": 1}, "the longer detail leaves no room for both"


def test_the_oldest_go_first_once_there_is_too_much_and_are_counted(
    opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    size = kept_size(rejection(0))
    bounded = opened(most_bytes=10 * size)
    bounded.put([rejection(0, reason="oversize"), *(rejection(i) for i in range(1, 9))])
    assert bounded.dropped() == {}
    with caplog.at_level(logging.WARNING):
        bounded.put([rejection(i, payload=b"x") for i in range(100, 104)])
    assert payloads(bounded.find())[-1] == b"3"
    assert (bounded.count(), bounded.dropped()) == ({"unreadable": 10}, {"oversize": 1, "unreadable": 2})
    assert "3 had to go" in caplog.text
    assert "FOREWORN_INGESTION__QUARANTINE_BYTES" in caplog.text


def test_what_is_larger_than_all_there_is_room_for_is_not_kept(opened: Open) -> None:
    bounded = opened(most_bytes=5000)
    bounded.put([rejection(0), rejection(1, payload=bytes(6000))])
    assert (bounded.count(), bounded.dropped()) == ({}, {"unreadable": 2})
    bounded.put([rejection(2)])
    assert bounded.count() == {"unreadable": 1}


def test_what_is_too_old_goes_when_something_new_comes(opened: Open) -> None:
    bounded = opened(longest=HOUR)
    bounded.put([rejection(i) for i in (0, 1, 2)])
    bounded.put([rejection(3601)])
    assert payloads(bounded.find()) == [b"3601", b"2", b"1"]
    assert bounded.dropped() == {"unreadable": 1}


@settings(derandomize=True, max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(turns=st.lists(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 2000)), max_size=12), max_size=5))
def test_however_it_comes_no_more_than_the_bound_is_kept_and_nothing_that_fits_goes(
    opened: Open, turns: list[list[tuple[int, int]]]
) -> None:
    unbounded = opened()
    unbounded.purge(EVERYTHING)
    dropped_before = sum(unbounded.dropped().values())
    bound = 8000
    bounded = unbounded if isinstance(unbounded, MemoryQuarantine) else opened(most_bytes=bound)
    if isinstance(bounded, MemoryQuarantine):
        bounded = opened(most_bytes=bound)
        dropped_before = 0
    put: set[tuple[int, int]] = set()
    for turn in turns:
        bounded.put([rejection(second, payload=bytes(size)) for second, size in turn])
        put |= set(turn)
        kept = bounded.find(limit=1000)
        sizes = [kept_size(entry.rejection) for entry in kept]
        assert sum(sizes) <= bound
        assert sum(bounded.count().values()) == len(kept)
    if turns and sum(bounded.dropped().values()) == dropped_before:
        assert len(bounded.find(limit=1000)) == len(put)


@pytest.mark.server
def test_two_processes_that_refuse_much_at_once_keep_the_bound_and_the_counts(postgres_url: str) -> None:
    engines = [open_operations(postgres_url) for _ in range(2)]
    bounded = [SqlQuarantine(engine, most_bytes=100 * kept_size(rejection(0))) for engine in engines]

    def refuse(one: SqlQuarantine, first: int) -> None:
        for turn in range(10):
            one.put([rejection(first + 2 * (20 * turn + i), payload=b"%04d" % first) for i in range(20)])

    threads = [threading.Thread(target=refuse, args=(one, first)) for first, one in enumerate(bounded)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = bounded[0].find(limit=1000)
    assert 90 <= len(kept) <= 100
    assert bounded[1].count() == {"unreadable": len(kept)}
    assert len(kept) + bounded[0].dropped()["unreadable"] == 400
    for engine in engines:
        engine.dispose()


def test_a_flood_does_not_grow_the_file_past_its_bound(tmp_path: Path) -> None:
    engine = open_operations("sqlite:///operations.sqlite", folder=tmp_path)
    bounded = SqlQuarantine(engine, most_bytes=2_000_000)
    empty_file = (tmp_path / "operations.sqlite").stat().st_size
    for turn in range(40):
        bounded.put([rejection(turn, payload=b'{"ts":%d,"values":{"rpm":9999}}' % i) for i in range(500)])
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    grown = (tmp_path / "operations.sqlite").stat().st_size - empty_file
    assert sum(bounded.count().values()) > 2000
    assert grown < 2_000_000 + 500 * 1000, "the bound, and one turn above it"
    engine.dispose()


def test_a_flood_is_told_once_a_minute_with_all_that_went(caplog: pytest.LogCaptureFixture) -> None:
    seconds = iter([0.0, 0.0, 30.0, 59.0, 61.0, 61.0])
    teller = DropTeller(lambda: next(seconds))
    with caplog.at_level(logging.WARNING):
        for dropped in (5, 7, 11, 13):
            teller.tell({"oversize": dropped})
    assert [record.args[0] for record in caplog.records if isinstance(record.args, tuple)] == [5, 31]


def test_a_selection_of_a_reason_that_there_is_not_says_so() -> None:
    with pytest.raises(ValueError, match="'odd' is not a reason: use one of unreadable"):
        Selection(reason="odd")
