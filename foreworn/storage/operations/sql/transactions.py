"""Transactions on the operations store, and what its failures are called in the house."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from foreworn.errors import Conflict, StoreRejected, StoreUnavailable

STORE = "the operations store"
WRITES = "foreworn_writes"

_SQLITE_CANNOT_NOW = ("BUSY", "LOCKED", "FULL", "IOERR", "CANTOPEN", "READONLY", "NOMEM", "PROTOCOL")
_SQLITE_TAKEN = ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY")
# SQLSTATE classes: connection, rollback, resources, not in prerequisite state, operator, system.
_POSTGRES_CANNOT_NOW = ("08", "40", "53", "55", "57", "58")
_POSTGRES_TAKEN = "23505"


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Open a transaction that only reads.

    Raises
    ------
    StoreUnavailable
        If the database cannot answer now.
    """
    with translated_errors(), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Open a transaction that writes; it is committed at the end, or rolled back on an error.

    On SQLite it takes the write lock at once: a reader that turns writer would be refused, not queued.

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
    with translated_errors(), engine.connect() as plain:
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


def insert(connection: sa.Connection, table: sa.Table) -> "sqlite.Insert | postgresql.Insert":
    """Return the insert of the connection's database, which knows about conflicts."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def lock(connection: sa.Connection, table: sa.Table) -> None:
    """Keep other writers out of the table until the transaction ends, so that what is read stays true.

    On SQLite a writing transaction has the whole database to itself already.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f'LOCK TABLE "{table.name}" IN SHARE ROW EXCLUSIVE MODE')
