"""Keys of requests, and what those were answered."""

import sqlalchemy as sa

from foreworn.storage.operations.sql.tables.metadata import METADATA, text, time

ANSWERS = sa.Table(
    "answers",
    METADATA,
    text("user_name", key=True),
    text("key", key=True),
    sa.Column("request", sa.LargeBinary, nullable=False),
    time("claimed_at"),
    sa.Column("status", sa.Integer),
    sa.Column("headers", sa.JSON(none_as_null=True)),
    sa.Column("body", sa.Text),
    sa.CheckConstraint("(status IS NULL) = (body IS NULL)", name="whole"),
    sa.Index("ix_answers_claimed_at", "claimed_at"),
)
