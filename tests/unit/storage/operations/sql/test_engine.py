import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from foreworn.errors import ConfigurationError, Conflict, StoreRejected, StoreUnavailable
from foreworn.fleet.machine import Machine
from foreworn.storage.operations.sql import SqlDirtyWindows, SqlFleetRegistry, SqlQuarantine, engine, open_operations
from foreworn.storage.operations.sql.tables import QUARANTINE, SITES
from foreworn.storage.operations.sql.transactions import reading, writing
from foreworn.telemetry.intake import DirtyWindow
from foreworn.telemetry.quarantine import Rejection
from tests.servers import PostgresServer, free_port

T0 = datetime(2026, 1, 1, tzinfo=UTC)
MACHINE = Machine("m1", "px", "west", T0)
WINDOW = DirtyWindow("d1", T0, T0)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        pytest.param("operations.sqlite", "is no address", id="a bare file name"),
        pytest.param("mysql://root@db/x", "no operations in 'mysql'", id="another database"),
        pytest.param("sqlite://", "needs a file", id="SQLite without a file"),
        pytest.param("sqlite:///:memory:", "needs a file", id="SQLite in memory"),
    ],
)
def test_a_wrong_address_is_answered_with_a_right_one(url: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as error:
        open_operations(url)
    assert "FOREWORN_STORE__OPERATIONS as sqlite:///FILE or postgresql://" in str(error.value)


def test_a_relative_file_lies_in_the_folder_which_is_made(tmp_path: Path) -> None:
    open_operations("sqlite:///operations.sqlite", folder=tmp_path / "a" / "b").dispose()
    assert (tmp_path / "a" / "b" / "operations.sqlite").is_file()


def test_sqlite_writes_ahead_waits_and_holds_foreign_keys(tmp_path: Path) -> None:
    opened = open_operations("sqlite:///x.sqlite", folder=tmp_path)
    with opened.connect() as connection:
        pragmas = ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
        assert [connection.exec_driver_sql(f"PRAGMA {p}").scalar() for p in pragmas] == ["wal", 1, 10_000, 2]
    opened.dispose()


def test_what_was_kept_is_there_after_a_restart(tmp_path: Path) -> None:
    for _ in range(2):
        opened = open_operations("sqlite:///x.sqlite", folder=tmp_path)
        SqlFleetRegistry(opened).add([MACHINE], [])
        assert SqlFleetRegistry(opened).machines() == [MACHINE]
        opened.dispose()


def test_a_folder_may_have_a_percent_sign_in_its_name(tmp_path: Path) -> None:
    open_operations("sqlite:///x.sqlite", folder=tmp_path / "100 %s").dispose()
    assert (tmp_path / "100 %s" / "x.sqlite").is_file()


def test_threads_may_open_a_new_store_at_once(tmp_path: Path) -> None:
    opened: list[sa.Engine] = []
    threads = [
        threading.Thread(target=lambda: opened.append(open_operations("sqlite:///x.sqlite", folder=tmp_path)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 4
    for one in opened:
        one.dispose()


def test_a_store_of_a_newer_version_is_not_touched(tmp_path: Path) -> None:
    open_operations("sqlite:///x.sqlite", folder=tmp_path).dispose()
    with sqlite3.connect(tmp_path / "x.sqlite") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    with pytest.raises(ConfigurationError, match=r"written by a newer Foreworn .*9999"):
        open_operations("sqlite:///x.sqlite", folder=tmp_path)


def test_a_file_that_is_no_database_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "x.sqlite").write_bytes(b"a letter to my aunt, long enough to be a header" * 50)
    with pytest.raises(StoreRejected, match="not a database"):
        open_operations("sqlite:///x.sqlite", folder=tmp_path)


def test_a_writer_that_waits_in_vain_is_told_to_retry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BUSY_TIMEOUT", engine.BUSY_TIMEOUT / 100)
    opened = open_operations("sqlite:///x.sqlite", folder=tmp_path)
    other = sqlite3.connect(tmp_path / "x.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked"):
        SqlDirtyWindows(opened).mark([WINDOW])
    assert SqlDirtyWindows(opened).pending() == (0, [])
    other.execute("ROLLBACK")
    other.close()
    SqlDirtyWindows(opened).mark([WINDOW])
    assert SqlDirtyWindows(opened).pending() == (1, [WINDOW])
    opened.dispose()


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    opened = open_operations("sqlite:///x.sqlite", folder=tmp_path)

    def twice() -> None:
        with writing(opened) as connection:
            connection.execute(sa.insert(SITES).values(id="west"))
            connection.execute(sa.insert(SITES).values(id="west"))

    with pytest.raises(Conflict, match="exists already"):
        twice()
    with reading(opened) as connection:
        assert connection.execute(sa.select(SITES)).all() == []
    opened.dispose()


def test_a_broken_constraint_names_itself(tmp_path: Path) -> None:
    opened = open_operations("sqlite:///x.sqlite", folder=tmp_path)
    with pytest.raises(ValueError, match="dirty_generation_one_row"), writing(opened) as connection:
        connection.exec_driver_sql("INSERT INTO dirty_generation VALUES (2, 1)")
    opened.dispose()


def test_a_time_without_a_zone_is_refused(tmp_path: Path) -> None:
    opened = open_operations("sqlite:///x.sqlite", folder=tmp_path)
    naive = datetime(2026, 1, 1)  # noqa: DTZ001
    with pytest.raises(ValueError, match="no time zone"):
        SqlFleetRegistry(opened).add([Machine("m1", "px", "west", naive)], [])
    opened.dispose()


def test_times_sort_in_sqlite_as_they_pass(tmp_path: Path) -> None:
    times = [datetime(800, 2, 3, tzinfo=UTC), T0.replace(microsecond=5), T0, datetime(9999, 12, 31, tzinfo=UTC)]
    opened = open_operations("sqlite:///x.sqlite", folder=tmp_path)
    SqlQuarantine(opened).put([Rejection(t, "t", b"", "unreadable", "") for t in times])
    query = sa.select(QUARANTINE.c.received_at).order_by(QUARANTINE.c.received_at)
    with reading(opened) as connection:
        assert connection.execute(query).scalars().all() == sorted(times)
    opened.dispose()


def test_an_address_nobody_answers_at_is_unavailable() -> None:
    with pytest.raises(StoreUnavailable, match="the operations store is not available"):
        open_operations(f"postgresql://nobody:secret@127.0.0.1:{free_port()}/x")


@pytest.mark.server
def test_postgres_that_restarts_is_unavailable_and_then_goes_on(postgres: PostgresServer) -> None:
    opened = open_operations(postgres.new_database())
    windows = SqlDirtyWindows(opened)
    windows.mark([WINDOW])
    postgres.stop()
    try:
        with pytest.raises(StoreUnavailable):
            windows.pending()
    finally:
        postgres.start()
    assert windows.pending() == (1, [WINDOW])
    opened.dispose()


@pytest.mark.server
def test_postgres_that_cuts_the_connection_in_a_transaction_is_unavailable(postgres_url: str) -> None:
    opened = open_operations(postgres_url)

    def cut() -> None:
        with writing(opened) as connection:
            pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            with reading(opened) as other:
                other.exec_driver_sql(f"SELECT pg_terminate_backend({pid})")
            connection.exec_driver_sql("SELECT 1")

    with pytest.raises(StoreUnavailable):
        cut()
    SqlDirtyWindows(opened).mark([WINDOW])
    opened.dispose()


@pytest.mark.server
def test_text_postgres_cannot_hold_is_refused_for_good(postgres_url: str) -> None:
    opened = open_operations(postgres_url)
    with pytest.raises(StoreRejected, match="NUL"):
        SqlFleetRegistry(opened).add([Machine("m\x00", "px", "west", T0)], [])
    opened.dispose()
