"""The answer book in SQL."""

from datetime import datetime

import sqlalchemy as sa

from foreworn.loop.answers import KEPT, Answer, Claim
from foreworn.storage.operations.sql.tables.answers import ANSWERS
from foreworn.storage.operations.sql.transactions import insert_new, writing


class SqlAnswerBook:
    """Keeps the keys of requests and their answers in the operations store."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def claim(self, user: str, key: str, request: bytes, *, now: datetime) -> Claim:
        """Take a key for a request, or tell what it stands for already."""
        with writing(self._engine) as connection:
            connection.execute(sa.delete(ANSWERS).where(ANSWERS.c.claimed_at <= now - KEPT))
            row = {"user_name": user, "key": key, "request": request, "claimed_at": now}
            # of two at once the database lets one in, and the other waits for what it does
            if insert_new(connection, ANSWERS, row):
                return Claim(new=True, request=request)
            standing = connection.execute(sa.select(ANSWERS).where(*_named(user, key))).mappings().one()
            answer = None
            if standing["status"] is not None:
                answer = Answer(standing["status"], standing["headers"] or {}, standing["body"])
            return Claim(new=False, request=standing["request"], answer=answer)

    def keep(self, user: str, key: str, answer: Answer) -> None:
        """Keep the answer of a claimed key."""
        values = {"status": answer.status, "headers": dict(answer.headers), "body": answer.body}
        with writing(self._engine) as connection:
            connection.execute(sa.update(ANSWERS).where(*_named(user, key)).values(values))

    def release(self, user: str, key: str) -> None:
        """Forget a claim whose work was refused."""
        with writing(self._engine) as connection:
            connection.execute(sa.delete(ANSWERS).where(*_named(user, key), ANSWERS.c.status.is_(None)))


def _named(user: str, key: str) -> tuple[sa.ColumnElement[bool], ...]:
    return ANSWERS.c.user_name == user, ANSWERS.c.key == key
