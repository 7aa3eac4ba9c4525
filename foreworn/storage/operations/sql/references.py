"""Whether what a row points at is there; asked before it is written, so that the answer names what is missing."""

import sqlalchemy as sa

from foreworn.errors import NotFound


def check_there(connection: sa.Connection, table: sa.Table, kind: str, key: str) -> None:
    """Hold that a row of this key exists.

    Raises
    ------
    NotFound
        If there is none.
    """
    (column,) = table.primary_key
    if connection.execute(sa.select(column).where(column == key)).one_or_none() is None:
        raise NotFound(kind, key)
