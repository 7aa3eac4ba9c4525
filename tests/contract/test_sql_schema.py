"""One schema, three tellings: the contract file, the metadata, and what the migrations make."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from foreworn.planning.work_order import OPEN_STATES, WorkOrderState
from foreworn.storage.operations.quarantine_bound import kept_size
from foreworn.storage.operations.sql import SqlOperations, SqlQuarantine, open_operations
from foreworn.storage.operations.sql.engine import MIGRATIONS, alembic_config, migrate
from foreworn.storage.operations.sql.schema import schema_sql
from foreworn.storage.operations.sql.tables import (
    MACHINES,
    METADATA,
    SITES,
    WORK_ORDER_TRANSITIONS,
    WORK_ORDERS,
)
from foreworn.storage.operations.sql.transactions import writing
from foreworn.telemetry.quarantine import Rejection
from tests.servers import PostgresServer

CONTRACT = Path(__file__).parents[2] / "docs" / "contracts" / "sql-schema.sql"
_POSTGRES_CATALOGUE = """
    SELECT 'column', table_name, column_name, concat_ws(' ', data_type, is_nullable, column_default)
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL
    SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL
    SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
"""
# The text of a table tells how it came about as well as what it is: a column that was added stands on another line.
_SQLITE_CATALOGUE = """
    SELECT 'column', t.name, c.name, c.type || ' ' || c."notnull" || ' ' || coalesce(c.dflt_value, '') || ' ' || c.pk
    FROM sqlite_master t JOIN pragma_table_xinfo(t.name) c WHERE t.type = 'table'
    UNION ALL
    SELECT 'reference', t.name, f."from", f."table" || '.' || f."to"
    FROM sqlite_master t JOIN pragma_foreign_key_list(t.name) f WHERE t.type = 'table'
    UNION ALL
    SELECT 'index', tbl_name, name, sql FROM sqlite_master WHERE type = 'index'
"""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def addresses(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """The addresses of two empty databases."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/one.sqlite", f"sqlite:///{tmp_path}/two.sqlite"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database(), server.new_database()


@pytest.fixture
def migrated(addresses: tuple[str, str]) -> Iterator[sa.Engine]:
    engine = open_operations(addresses[0])
    yield engine
    engine.dispose()


def catalogue(engine: sa.Engine) -> set[tuple[Any, ...]]:
    """What the database itself says it holds, apart from Alembic's own table and SQLite's."""
    query = _SQLITE_CATALOGUE if engine.dialect.name == "sqlite" else _POSTGRES_CATALOGUE
    with engine.connect() as connection:
        rows = [tuple(row) for row in connection.exec_driver_sql(query)]
        if engine.dialect.name == "sqlite":
            rows += sqlite_checks(connection)
    return {row for row in rows if row[1] not in ("alembic_version", "sqlite_sequence")}


def sqlite_checks(connection: sa.Connection) -> Iterator[tuple[str, str, str, str]]:
    """The checks of every table, wherever in its text they stand."""
    tables = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'table'").all()
    for table, text in tables:
        for found in re.finditer(r"CONSTRAINT (\w+) CHECK ", text):
            yield "check", table, found[1], bracketed(text[found.end() :])


def bracketed(text: str) -> str:
    """The brackets that a text begins with, and what is in them."""
    depth = 0
    for place, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0:
            return text[: place + 1]
    raise AssertionError(f"the brackets of {text!r} do not close")


def test_the_contract_file_is_the_metadata() -> None:
    remedy = "write it again with: python -m foreworn.storage.operations.sql.schema > docs/contracts/sql-schema.sql"
    assert CONTRACT.read_text() == schema_sql(), remedy


def test_the_migrations_make_what_the_metadata_says(migrated: sa.Engine, addresses: tuple[str, str]) -> None:
    created = sa.create_engine(addresses[1])
    METADATA.create_all(created)
    assert catalogue(migrated) == catalogue(created)
    created.dispose()


@pytest.mark.server
def test_the_contract_file_makes_what_the_migrations_make(postgres: PostgresServer) -> None:
    from_file, migrated = sa.create_engine(postgres.new_database()), open_operations(postgres.new_database())
    with from_file.begin() as connection:
        connection.exec_driver_sql(CONTRACT.read_text())
    assert catalogue(from_file) == catalogue(migrated)
    from_file.dispose()
    migrated.dispose()


def test_alembic_finds_nothing_left_to_migrate(migrated: sa.Engine) -> None:
    with migrated.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_every_table_is_there(migrated: sa.Engine) -> None:
    assert set(sa.inspect(migrated).get_table_names()) == {*METADATA.tables, "alembic_version"}


def test_the_migrations_have_one_head() -> None:
    assert len(ScriptDirectory(str(MIGRATIONS)).get_heads()) == 1


def test_a_migration_can_be_taken_back_and_made_again(migrated: sa.Engine) -> None:
    before = catalogue(migrated)
    with writing(migrated) as connection:
        command.downgrade(alembic_config(connection), "base")
    assert catalogue(migrated) == set()
    migrate(migrated)
    assert catalogue(migrated) == before


def test_a_store_of_the_first_version_is_brought_forward_with_its_rows(migrated: sa.Engine) -> None:
    with writing(migrated) as connection:
        command.downgrade(alembic_config(connection), "0001")
        time = "2026-01-0{} 00:00:00+00" if migrated.dialect.name == "postgresql" else "2026-01-0{}T00:00:00.000000Z"
        for statement in _ROWS_OF_THE_FIRST_VERSION:
            connection.exec_driver_sql(re.sub(r"<(\d)>", lambda day: f"'{time.format(day[1])}'", statement))
    migrate(migrated)
    columns = (
        WORK_ORDERS.c[name] for name in ("id", "number", "version", "changed_at", "closed_at", "task", "follows")
    )
    with migrated.connect() as connection:
        orders = connection.execute(sa.select(*columns).order_by(WORK_ORDERS.c.number)).all()
        steps = connection.execute(sa.select(sa.func.count()).select_from(WORK_ORDER_TRANSITIONS)).scalar_one()
    assert [tuple(order) for order in orders] == [
        ("wo-b", 1, 3, datetime(2026, 1, 4, tzinfo=UTC), datetime(2026, 1, 4, tzinfo=UTC), "", None),
        ("wo-a", 2, 1, datetime(2026, 1, 2, tzinfo=UTC), None, "", "wo-b"),
        ("WO-7", 7, 1, datetime(2026, 1, 3, tzinfo=UTC), None, "", None),
    ]
    assert steps == 2
    with SqlOperations(migrated).transaction() as tx:
        assert tx.orders.next_id() == "WO-8"
        assert tx.orders.get("wo-b").state is WorkOrderState.CANCELLED


def test_what_was_refused_before_the_quarantine_was_bounded_is_counted_and_still_kept_once(
    migrated: sa.Engine,
) -> None:
    time = datetime(2026, 1, 1, tzinfo=UTC)
    refused = Rejection(time, "foreworn/v1/west/d1/telemetry", b"\x00junk", "unreadable", "not JSON", "d1")
    SqlQuarantine(migrated).put([refused])
    with writing(migrated) as connection:
        command.downgrade(alembic_config(connection), "0005")
    migrate(migrated)
    quarantine = SqlQuarantine(migrated, most_bytes=kept_size(refused))
    quarantine.put([refused])
    assert (quarantine.newest(), quarantine.count()) == ([refused], {"unreadable": 1})
    quarantine.put([replace(refused, received_at=time + timedelta(seconds=1))])
    assert quarantine.dropped() == {"unreadable": 1}, "its size was reckoned"


_ROWS_OF_THE_FIRST_VERSION = (
    "INSERT INTO sites (id) VALUES ('west')",
    "INSERT INTO machines (id, model, site, installed_at) VALUES ('m1', 'px', 'west', <1>)",
    "INSERT INTO work_orders (id, machine, component, kind, state, created_at) "
    "VALUES ('wo-b', 'm1', 'seal', 'predictive', 'cancelled', <1>)",
    "INSERT INTO work_orders (id, machine, component, kind, state, created_at, follows) "
    "VALUES ('wo-a', 'm1', 'seal', 'predictive', 'proposed', <2>, 'wo-b')",
    "INSERT INTO work_orders (id, machine, component, kind, state, created_at) "
    "VALUES ('WO-7', 'm1', 'seal', 'preventive', 'approved', <3>)",
    "INSERT INTO work_order_transitions (work_order, position, time, actor, from_state, to_state, reason) "
    "VALUES ('wo-b', 0, <3>, 'ana', 'proposed', 'approved', 'risk'), "
    "('wo-b', 1, <4>, 'ana', 'approved', 'cancelled', 'sold')",
)


def _order(engine: sa.Engine, id: str, **other: Any) -> None:
    row = {
        "id": id,
        "machine": "m1",
        "component": "seal",
        "kind": "predictive",
        "state": "proposed",
        "created_at": sa.func.current_timestamp(),
    }
    with engine.begin() as connection:
        connection.execute(sa.insert(WORK_ORDERS).values(row | other))


@pytest.fixture
def orders(migrated: sa.Engine) -> sa.Engine:
    """A store with two machines that may have orders."""
    with migrated.begin() as connection:
        connection.execute(sa.insert(SITES).values(id="west"))
        for machine in ("m1", "m2"):
            values = {"id": machine, "model": "px", "site": "west", "installed_at": sa.func.current_timestamp()}
            connection.execute(sa.insert(MACHINES).values(values))
    return migrated


@pytest.mark.parametrize("state", OPEN_STATES)
def test_a_component_has_one_open_predictive_order(orders: sa.Engine, state: WorkOrderState) -> None:
    _order(orders, "wo-1", state=state)
    with pytest.raises(sa.exc.IntegrityError):
        _order(orders, "wo-2")


@pytest.mark.parametrize("state", sorted(set(WorkOrderState) - set(OPEN_STATES)))
def test_an_order_that_is_over_makes_way_for_the_next(orders: sa.Engine, state: WorkOrderState) -> None:
    _order(orders, "wo-1", state=state)
    _order(orders, "wo-2")


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"machine": "m2"}, id="for another machine"),
        pytest.param({"component": "motor"}, id="for another component"),
        pytest.param({"kind": "corrective"}, id="that repairs"),
        pytest.param({"kind": "preventive"}, id="that is due by plan"),
    ],
)
def test_another_order_may_be_open_at_the_same_time(orders: sa.Engine, other: dict[str, Any]) -> None:
    _order(orders, "wo-1")
    _order(orders, "wo-2", **other)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"machine": "m9"}, id="for a machine nobody knows"),
        pytest.param({"state": "lost"}, id="in a state that does not exist"),
        pytest.param({"kind": "idle"}, id="of a kind that does not exist"),
        pytest.param({"follows": "wo-0"}, id="that follows nothing"),
    ],
)
def test_the_database_refuses_an_order(orders: sa.Engine, other: dict[str, Any]) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        _order(orders, "wo-1", **other)


def test_processes_that_open_a_new_store_at_once_all_find_it_migrated(addresses: tuple[str, str]) -> None:
    opening = "import sys; from foreworn.storage.operations.sql import open_operations; open_operations(sys.argv[1])"
    command = [sys.executable, "-W", "error", "-c", opening, addresses[0]]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    failed = [errors for process in running for errors in [process.communicate(timeout=60)[1]] if process.returncode]
    assert failed == []
    engine = open_operations(addresses[0])
    assert set(sa.inspect(engine).get_table_names()) == {*METADATA.tables, "alembic_version"}
    engine.dispose()
