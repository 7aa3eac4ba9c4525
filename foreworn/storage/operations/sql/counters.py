"""Numbers for ids that people say aloud, such as WO-1043."""

import re

import sqlalchemy as sa

from foreworn.storage.operations.sql.tables import COUNTERS
from foreworn.storage.operations.sql.transactions import insert, upsert


def next_number(connection: sa.Connection, prefix: str) -> int:
    """Return a number nobody has had; numbers grow.

    The counter is a row, not a sequence: who has taken a number keeps others waiting until it is used, so
    numbers come in the order in which they can be seen, on both databases.
    """
    new = {"name": prefix, "value": 1}
    upsert(connection, COUNTERS, [new], update={"value": COUNTERS.c.value + 1})
    query = sa.select(COUNTERS.c.value).where(COUNTERS.c.name == prefix)
    return int(connection.execute(query).scalar_one())


def number_of(connection: sa.Connection, prefix: str, id: str) -> int:
    """Return where an id stands among all: the number it was given, or the next one where it came from elsewhere."""
    counted = re.fullmatch(rf"{prefix}-([0-9]{{1,15}})", id)
    if counted is None:
        return next_number(connection, prefix)
    number = int(counted[1])
    given = insert(connection, COUNTERS).excluded.value
    upsert(connection, COUNTERS, [{"name": prefix, "value": number}], where=COUNTERS.c.value < given)
    return number
