"""The outbox in SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from foreworn.errors import NotFound
from foreworn.loop.outbox import Message
from foreworn.storage.operations import rules
from foreworn.storage.operations.sql.tables import OUTBOX
from foreworn.storage.operations.sql.transactions import upsert


class SqlOutbox:
    """Keeps what is to be delivered, and when it was."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def put(self, message: Message) -> None:
        """Add a message; one whose key is known changes nothing."""
        row = {"key": message.key, "topic": message.topic, "payload": dict(message.payload)}
        counted = {"created_at": message.created_at, "attempts": message.attempts}
        upsert(self._connection, OUTBOX, [row | counted], update={}, by=["key"])

    def due(self, now: datetime, *, limit: int = 100) -> Sequence[Message]:
        """Return undelivered messages whose next attempt is due, oldest first."""
        rules.check_limit(limit)
        of = OUTBOX.c
        waiting = of.delivered_at.is_(None), sa.or_(of.again_at.is_(None), of.again_at <= now)
        query = sa.select(OUTBOX).where(*waiting).order_by(of.created_at, of.number).limit(limit)
        rows = self._connection.execute(query)
        return [Message(row.key, row.topic, row.payload, row.created_at, row.attempts) for row in rows]

    def delivered(self, key: str, *, now: datetime) -> None:
        """Mark one as delivered.

        Raises
        ------
        NotFound
            If there is none of this key.
        """
        self._change(key, delivered_at=now)

    def failed(self, key: str, *, why: str, again: datetime) -> None:
        """Count a failed attempt, and say when to try again.

        Raises
        ------
        NotFound
            If there is none of this key.
        """
        self._change(key, attempts=OUTBOX.c.attempts + 1, why=why, again_at=again)

    def depth(self) -> int:
        """Return how many wait."""
        query = sa.select(sa.func.count()).select_from(OUTBOX).where(OUTBOX.c.delivered_at.is_(None))
        return self._connection.execute(query).scalar_one()

    def _change(self, key: str, **values: Any) -> None:
        if self._connection.execute(sa.update(OUTBOX).where(OUTBOX.c.key == key).values(**values)).rowcount == 0:
            raise NotFound("message", key)
