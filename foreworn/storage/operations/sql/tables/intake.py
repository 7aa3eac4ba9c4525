"""What comes in: quarantine, and what must be scored again."""

import sqlalchemy as sa

from foreworn.storage.operations.sql.columns import ForeignText, UtcTime
from foreworn.storage.operations.sql.tables.metadata import METADATA, numbered, text

QUARANTINE = sa.Table(
    "quarantine",
    METADATA,
    numbered("id"),
    sa.Column("received_at", UtcTime, nullable=False),
    text("reason"),
    sa.Column("device", ForeignText),
    sa.Column("signal", ForeignText),
    sa.Column("topic", ForeignText, nullable=False),
    sa.Column("detail", ForeignText, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    # A stranger's device id may be longer than an index entry can be.
    sa.Column("device_digest", sa.LargeBinary),
    sa.Column("fingerprint", sa.LargeBinary, nullable=False),
    # Last: SQLite reads a row from its front, and has to come past a long payload to what lies behind it.
    sa.Column("payload", sa.LargeBinary, nullable=False),
    # Led by the time, so that what comes in goes to the end of the index however large it has become.
    sa.UniqueConstraint("received_at", "fingerprint"),
    sa.Index("ix_quarantine_device_digest_received_at", "device_digest", "received_at"),
    sa.Index("ix_quarantine_reason_received_at", "reason", "received_at"),
    sqlite_autoincrement=True,  # an id is never given twice
)

QUARANTINE_COUNTS = sa.Table(
    "quarantine_counts",
    METADATA,
    text("reason", key=True),
    sa.Column("kept", sa.BigInteger, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("dropped", sa.BigInteger, nullable=False),
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
