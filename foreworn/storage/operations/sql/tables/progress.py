"""How far devices have come, and how good what they send is."""

import sqlalchemy as sa

from foreworn.storage.operations.sql.columns import ForeignText, UtcTime
from foreworn.storage.operations.sql.tables.metadata import METADATA, numbered, text, time

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
    sa.Column("state_since", UtcTime),
    *(
        sa.Column(counter, sa.BigInteger, nullable=False, server_default="0")
        for counter in ("gaps", "missing", "duplicates", "late", "out_of_order")
    ),
    sa.Column("memory", sa.LargeBinary),
)
"""`memory` is what the counters go on from: MessagePack of `foreworn.telemetry.device_memory.DeviceMemory`."""

PROGRESS_JOURNAL = sa.Table(
    "progress_journal",
    METADATA,
    numbered("id"),
    sa.Column("turn", sa.LargeBinary, nullable=False),
)
"""What was heard and is not yet counted into `device_progress`."""

SIGNAL_QUALITY = sa.Table(
    "signal_quality",
    METADATA,
    text("device", key=True),
    text("signal", key=True),
    sa.Column("day", sa.Date, primary_key=True),
    time("time"),
    *(sa.Column(part, sa.Double) for part in ("completeness", "timeliness", "validity", "uniqueness", "score")),
    sa.Index("ix_signal_quality_day", "day"),
)
"""One row a day: the last judgement made on it."""
