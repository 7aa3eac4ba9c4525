"""The metadata all tables are registered on, and the columns they are made of."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from foreworn.storage.operations.sql.columns import UtcTime

METADATA = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def one_of(column: str, values: Iterable[str]) -> str:
    """Return the condition that a column holds one of these words."""
    return f"{column} IN ({', '.join(repr(str(v)) for v in values)})"


def text(name: str, *, key: bool = False) -> "sa.Column[str]":
    """Return a column of text that is always there."""
    return sa.Column(name, sa.Text, primary_key=key, nullable=False)


def time(name: str, *, nullable: bool = False, key: bool = False) -> "sa.Column[Any]":
    """Return a column of times."""
    return sa.Column(name, UtcTime, primary_key=key, nullable=nullable)


def of(table: str, *, key: bool = False) -> "sa.Column[str]":
    """Return a column, called by the singular, that names a row of another table."""
    return sa.Column(table.removesuffix("s"), sa.Text, sa.ForeignKey(f"{table}.id"), primary_key=key, nullable=False)


def numbered(name: str) -> "sa.Column[int]":
    """Return a key that the database counts up; SQLite does so for INTEGER keys only."""
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)


def unique_where(name: str, *columns: str, where: str) -> sa.Index:
    """Return an index that allows one row of these columns among those that meet a condition."""
    condition = sa.text(where)
    return sa.Index(name, *columns, unique=True, sqlite_where=condition, postgresql_where=condition)
