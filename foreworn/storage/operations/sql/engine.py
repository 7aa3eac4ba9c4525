"""Open the operations store: the address, the connection's habits, and the schema at its newest."""

import json
import sqlite3
import threading
import time
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from foreworn.errors import ConfigurationError, StoreRejected, StoreUnavailable
from foreworn.storage.operations.sql.transactions import STORE, WRITES, translated_errors, writing

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_TIMEOUT = timedelta(seconds=10)
_SETTING = "FOREWORN_STORE__OPERATIONS"
_MIGRATION_LOCK = 0x666F7265776F726E  # "foreworn"
# Alembic keeps the migration that runs in module globals.
_one_migration = threading.Lock()


def open_operations(url: str, *, folder: Path | None = None) -> sa.Engine:
    """Open the operations store and bring its schema to the newest; `dispose()` of the engine closes it.

    Any number of processes may open the same store at once: one migrates, the others wait.

    Parameters
    ----------
    url
        `sqlite:///FILE` or `postgresql://USER@HOST:PORT/DATABASE`.
    folder
        What a relative SQLite file is relative to; the working folder where None.

    Raises
    ------
    ConfigurationError
        If the address is not one of these, or the schema is newer than this version knows.
    StoreUnavailable
        If the database cannot be reached.
    """
    address = _address(url, folder or Path())
    engine = _sqlite(address) if address.get_backend_name() == "sqlite" else _postgresql(address)
    try:
        if engine.dialect.name == "sqlite":
            _write_ahead(engine)
        migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def migrate(engine: sa.Engine) -> None:
    """Bring the schema up to the newest, in one transaction; a schema that is there already stays.

    Raises
    ------
    ConfigurationError
        If the schema is newer than this version knows.
    """
    with _one_migration, writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
        try:
            command.upgrade(alembic_config(connection), "head")
        except CommandError as e:
            raise ConfigurationError(
                f"{STORE} at {engine.url.render_as_string(hide_password=True)} was written by a newer Foreworn "
                f"({e}): use that version, or name another store with {_SETTING}"
            ) from e


def alembic_config(connection: sa.Connection) -> Config:
    """Return Alembic's configuration for a connection that is in a transaction."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _address(url: str, folder: Path) -> URL:
    hint = f"write {_SETTING} as sqlite:///FILE or postgresql://USER@HOST:PORT/DATABASE"
    try:
        address = make_url(url)
    except ArgumentError as e:
        raise ConfigurationError(f"{url!r} is no address of an operations store: {hint}") from e
    if address.get_backend_name() == "postgresql":
        return address.set(drivername="postgresql+psycopg")
    if address.get_backend_name() != "sqlite":
        raise ConfigurationError(f"Foreworn keeps no operations in {address.get_backend_name()!r}: {hint}")
    if address.database in (None, "", ":memory:"):
        raise ConfigurationError(f"an SQLite store needs a file that all connections share: {hint}")
    file = folder / str(address.database)
    file.parent.mkdir(parents=True, exist_ok=True)
    return address.set(database=str(file))


def _sqlite(address: URL) -> sa.Engine:
    engine = sa.create_engine(address, json_serializer=_dumps, connect_args={"timeout": BUSY_TIMEOUT.total_seconds()})
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    # The driver would open transactions late and end them around DDL; SQLAlchemy opens them here.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _write_ahead(engine: sa.Engine) -> None:
    """Let readers read while one writes; SQLite does not queue for this change, so we do."""
    deadline = time.monotonic() + BUSY_TIMEOUT.total_seconds()
    while True:
        try:
            _ask_write_ahead(engine)
        except StoreUnavailable:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _ask_write_ahead(engine: sa.Engine) -> None:
    with translated_errors(), engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        try:
            (mode,) = driver.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError as e:
            raise StoreUnavailable(STORE, str(e)) from e
        except sqlite3.DatabaseError as e:
            raise StoreRejected(STORE, f"{engine.url.database}: {e}") from e
    if mode != "wal":
        raise ConfigurationError(
            f"{engine.url.database} is on a file system without shared memory (journal mode {mode}): "
            f"choose a local folder, or PostgreSQL, with {_SETTING}"
        )


def _postgresql(address: URL) -> sa.Engine:
    try:
        return sa.create_engine(
            address,
            json_serializer=_dumps,
            pool_pre_ping=True,
            connect_args={"connect_timeout": 5, "options": "-c timezone=UTC"},
        )
    except ModuleNotFoundError as e:
        raise ConfigurationError(
            f"PostgreSQL needs a driver: pip install 'foreworn[postgresql]', or write {_SETTING} as sqlite:///FILE"
        ) from e


_dumps = partial(json.dumps, allow_nan=False)
