"""Transactions on the operations store, and what its failures are called in the house."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from foreworn.errors import Conflict, StoreRejected, StoreUnavailable

Source = sa.Engine | sa.Connection
"""Where an adapter works: in transactions of its own, or in the one that its caller has opened."""

STORE = "the operations store"
WRITES = "foreworn_writes"

_SQLITE_CANNOT_NOW = ("BUSY", "LOCKED", "FULL", "IOERR", "CANTOPEN", "READONLY", "NOMEM", "PROTOCOL")
_SQLITE_TAKEN = ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY")
# SQLSTATE classes: connection, rollback, resources, not in prerequisite state, operator, system.
_POSTGRES_CANNOT_NOW = ("08", "40", "53", "55", "57", "58")
_POSTGRES_TAKEN = "23505"
_READ_ONLY = {"SQLITE_READONLY", "25006"}


@contextmanager
def reading(source: Source) -> Iterator[sa.Connection]:
    """Open a transaction that only reads, or join the caller's.

    Raises
    ------
    StoreUnavailable
        If the database cannot answer now.
    """
    if isinstance(source, sa.Connection):
        with translated_errors():
            yield source
        return
    with translated_errors(), source.connect() as connection, connection.begin():
        yield connection


@contextmanager
def snapshot(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Open a transaction that sees one state of the store, whatever others change meanwhile, and cannot write.

    Raises
    ------
    StoreUnavailable
        If the database cannot answer now.
    StoreRejected
        If something is written in it.
    """
    with translated_errors(), engine.connect() as plain, _cannot_write(plain) as connection:
        try:
            with connection.begin():
                yield connection
        except DBAPIError as e:
            if {getattr(e.orig, "sqlite_errorname", None), getattr(e.orig, "sqlstate", None)} & _READ_ONLY:
                raise StoreRejected(STORE, "this transaction only reads: open one that writes") from e
            raise


@contextmanager
def _cannot_write(connection: sa.Connection) -> Iterator[sa.Connection]:
    if connection.dialect.name == "postgresql":
        yield connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        return
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA query_only = ON")
    try:
        yield connection
    finally:
        driver.execute("PRAGMA query_only = OFF")


@contextmanager
def writing(source: Source) -> Iterator[sa.Connection]:
    """Open a transaction that writes, or join the caller's.

    One of its own is committed at the end, or rolled back on an error. On SQLite it takes the write lock at
    once: a reader that turns writer would be refused, not queued.

    Raises
    ------
    StoreUnavailable
        If the database cannot take it now.
    Conflict
        If what must be unique is there already.
    ValueError
        If another constraint does not hold.
    StoreRejected
        If the database refuses it for good.
    """
    if isinstance(source, sa.Connection):
        with translated_errors():
            yield source
        return
    with translated_errors(), source.connect() as plain:
        connection = plain.execution_options(**{WRITES: True})
        with connection.begin():
            yield connection


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raise the house's errors in place of SQLAlchemy's."""
    try:
        yield
    except PoolTimeout as e:
        raise StoreUnavailable(STORE, str(e)) from e
    except DBAPIError as e:
        raise _translated(e) from e
    except StatementError as e:
        if isinstance(e.orig, ValueError):
            raise ValueError(str(e.orig)) from e
        raise


def _translated(error: DBAPIError) -> Exception:
    why = " ".join(str(error.orig).split())
    name = getattr(error.orig, "sqlite_errorname", None)
    state = getattr(error.orig, "sqlstate", None)
    if isinstance(error, IntegrityError):
        taken = name in _SQLITE_TAKEN or state == _POSTGRES_TAKEN
        return Conflict(f"it exists already: {why}") if taken else ValueError(f"{STORE} refused it: {why}")
    if _cannot_now(error, name, state):
        return StoreUnavailable(STORE, why)
    return StoreRejected(STORE, why)


def _cannot_now(error: DBAPIError, name: str | None, state: str | None) -> bool:
    if error.connection_invalidated:
        return True
    if name is not None:
        return name.removeprefix("SQLITE_").split("_")[0] in _SQLITE_CANNOT_NOW
    if state is not None:
        return state[:2] in _POSTGRES_CANNOT_NOW
    # A connection that never came about has no state.
    return isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError)


def upsert(
    connection: sa.Connection,
    table: sa.Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    update: Mapping[str, Any] | None = None,
    where: sa.ColumnElement[bool] | None = None,
    by: Sequence[str] | None = None,
) -> None:
    """Insert rows; where the key is there already, update the rest.

    Parameters
    ----------
    connection, table, rows
        What is written where; all rows name the same columns.
    update
        What an update sets, by column; every column that the rows name where None; nothing where empty.
    where
        An update that does not meet this is left out.
    by
        The columns of the key; the primary key where None.
    """
    if not rows:
        return
    new = insert(connection, table)
    key = list(by or (c.name for c in table.primary_key))
    if update is None:
        update = {name: new.excluded[name] for name in rows[0] if name not in key}
    if update:
        statement = new.on_conflict_do_update(index_elements=key, set_=dict(update), where=where)
    else:
        statement = new.on_conflict_do_nothing(index_elements=key)
    connection.execute(statement, [dict(row) for row in rows])


def insert_new(connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> bool:
    """Insert a row, and tell whether there was place for it under every key and unique index of the table.

    That there is none is no error of the database: PostgreSQL would refuse the rest of the transaction after one.
    """
    new = insert(connection, table).values(dict(row)).on_conflict_do_nothing()
    return connection.execute(new.returning(sa.literal_column("1"))).one_or_none() is not None


def insert(connection: sa.Connection, table: sa.Table) -> "sqlite.Insert | postgresql.Insert":
    """Return the insert of the connection's database, which knows about conflicts."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def by_code_point(connection: sa.Connection, column: "sa.ColumnElement[str]") -> "sa.ColumnElement[str]":
    """Return a column of text to sort by as Python and SQLite sort, whatever language PostgreSQL was set up in."""
    return sa.collate(column, "C") if connection.dialect.name == "postgresql" else column


def lock(connection: sa.Connection, table: sa.Table) -> None:
    """Keep other writers out of the table until the transaction ends, so that what is read stays true.

    On SQLite a writing transaction has the whole database to itself already.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f'LOCK TABLE "{table.name}" IN SHARE ROW EXCLUSIVE MODE')
