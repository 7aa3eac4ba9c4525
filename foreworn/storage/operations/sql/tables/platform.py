"""The platform itself: who may do what, what was changed by whom, what is due, and what is to be told."""

from enum import StrEnum

import sqlalchemy as sa

from foreworn.access import KeyKind, Role
from foreworn.storage.operations.sql.tables.metadata import METADATA, numbered, one_of, text, time


class JobState(StrEnum):
    """Whether a job is still to be done."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


def _user(*, key: bool = False) -> "sa.Column[str]":
    return sa.Column("user_name", sa.Text, sa.ForeignKey("users.name"), primary_key=key, nullable=False)


USERS = sa.Table(
    "users",
    METADATA,
    text("name", key=True),
    sa.Column("password_hash", sa.Text),
    sa.Column("active", sa.Boolean, nullable=False),
)

USER_ROLES = sa.Table(
    "user_roles",
    METADATA,
    _user(key=True),
    text("role", key=True),
    sa.CheckConstraint(one_of("role", Role), name="role"),
)

KEYS = sa.Table(
    "keys",
    METADATA,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    _user(),
    text("kind"),
    text("label"),
    time("created_at"),
    time("expires_at", nullable=True),
    sa.CheckConstraint(one_of("kind", KeyKind), name="kind"),
    sa.Index("ix_keys_user_name", "user_name", "kind"),
)

AUDIT = sa.Table(
    "audit",
    METADATA,
    numbered("number"),
    time("time"),
    text("actor"),
    text("action"),
    text("subject"),
    sa.Column("detail", sa.JSON, nullable=False),
    sa.Index("ix_audit_subject", "subject", "number"),
)

OUTBOX = sa.Table(
    "outbox",
    METADATA,
    numbered("number"),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    text("topic"),
    sa.Column("payload", sa.JSON, nullable=False),
    time("created_at"),
    time("delivered_at", nullable=True),
    time("again_at", nullable=True),
    sa.Column("attempts", sa.BigInteger, nullable=False),
    sa.Column("why", sa.Text),
    sa.Index("ix_outbox_delivered_at", "delivered_at", "created_at"),
)

JOBS = sa.Table(
    "jobs",
    METADATA,
    text("key", key=True),
    text("kind"),
    text("state"),
    time("due"),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("attempts", sa.BigInteger, nullable=False),
    sa.Column("worker", sa.Text),
    time("leased_until", nullable=True),
    time("finished_at", nullable=True),
    sa.Column("why", sa.Text),
    sa.CheckConstraint(one_of("state", JobState), name="state"),
    sa.CheckConstraint("(worker IS NULL) = (leased_until IS NULL)", name="lease"),
    sa.Index("ix_jobs_state", "state", "due"),
)

COUNTERS = sa.Table(
    "counters",
    METADATA,
    text("name", key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)
