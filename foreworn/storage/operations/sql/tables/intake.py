"""What comes in: quarantine, how far devices have come, and what must be scored again."""

import sqlalchemy as sa

from foreworn.storage.operations.sql.columns import ForeignText, UtcTime
from foreworn.storage.operations.sql.tables.metadata import METADATA, numbered, text

QUARANTINE = sa.Table(
    "quarantine",
    METADATA,
    numbered("id"),
    sa.Column("fingerprint", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("received_at", UtcTime, nullable=False, index=True),
    sa.Column("topic", ForeignText, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    text("reason"),
    sa.Column("detail", ForeignText, nullable=False),
    sa.Column("device", ForeignText),
    sa.Column("signal", ForeignText),
    # A stranger's device id may be longer than an index entry can be.
    sa.Column("device_digest", sa.LargeBinary),
    sa.Index("ix_quarantine_device_digest_received_at", "device_digest", "received_at"),
)

DEVICE_PROGRESS = sa.Table(
    "device_progress",
    METADATA,
    sa.Column("device", ForeignText, primary_key=True),
    sa.Column("watermark", UtcTime),
    sa.Column("last_received_at", UtcTime),
    sa.Column("last_seq", sa.BigInteger),
    text("state"),
    sa.Column("firmware", ForeignText, nullable=False),
    sa.Column("wants_ack", sa.Boolean, nullable=False),
    *(sa.Column(counter, sa.BigInteger, nullable=False) for counter in ("samples", "events", "logs", "rejected")),
)

DIRTY_WINDOWS = sa.Table(
    "dirty_windows",
    METADATA,
    text("device", key=True),
    sa.Column("start_at", UtcTime, primary_key=True),
    sa.Column("end_at", UtcTime, primary_key=True),
    sa.Column("generation", sa.BigInteger, nullable=False, index=True),
)

DIRTY_GENERATION = sa.Table(
    "dirty_generation",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("generation", sa.BigInteger, nullable=False),
    sa.CheckConstraint("id = 1", name="one_row"),
)
