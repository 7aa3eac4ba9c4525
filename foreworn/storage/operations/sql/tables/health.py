"""Health: what was said last of every component, what became of forecasts, and anomaly cases."""

import sqlalchemy as sa

from foreworn.health.case import CaseState
from foreworn.health.label import Outcome
from foreworn.storage.operations.sql.columns import Span, UtcTime
from foreworn.storage.operations.sql.tables.metadata import METADATA, of, one_of, text, time, unique_where

VERDICTS = sa.Table(
    "verdicts",
    METADATA,
    text("machine", key=True),
    text("component", key=True),
    sa.Column("time", UtcTime, nullable=False),
    sa.Column("horizon_us", Span, nullable=False),
    sa.Column("probability", sa.Double, nullable=False),
    text("model_version"),
    sa.Column("issued_at", UtcTime, nullable=False),
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Column("reasons", sa.JSON, nullable=False),
    sa.Column("curve", sa.JSON, nullable=False, server_default=sa.text("'[]'")),
    sa.CheckConstraint("probability >= 0 AND probability <= 1", name="probability"),
)

REMAINING_LIVES = sa.Table(
    "remaining_lives",
    METADATA,
    text("machine", key=True),
    text("component", key=True),
    time("time"),
    *(sa.Column(name, sa.Double, nullable=False) for name in ("p10", "p50", "p90", "expected", "cap")),
    text("unit"),
    text("model_version"),
    time("issued_at"),
    sa.Column("reasons", sa.JSON, nullable=False),
    text("note"),
    sa.CheckConstraint("0 <= p10 AND p10 <= p50 AND p50 <= p90", name="quantiles"),
)

LABELS = sa.Table(
    "labels",
    METADATA,
    text("machine", key=True),
    text("component", key=True),
    time("time", key=True),
    sa.Column("horizon_us", Span, primary_key=True, autoincrement=False),
    text("model_version", key=True),
    sa.Column("probability", sa.Double, nullable=False),
    sa.Column("alarm", sa.Boolean, nullable=False),
    time("issued_at"),
    text("outcome"),
    time("decided_at", nullable=True),
    sa.CheckConstraint("probability >= 0 AND probability <= 1", name="probability"),
    sa.CheckConstraint(one_of("outcome", Outcome), name="outcome"),
    sa.Index("ix_labels_model_version", "model_version", "time"),
    sa.Index("ix_labels_outcome", "outcome"),
)

CASES = sa.Table(
    "cases",
    METADATA,
    text("id", key=True),
    of("machines"),
    text("detector"),
    text("reason"),
    text("state"),
    time("opened_at"),
    time("closed_at", nullable=True),
    text("closed_because"),
    text("note"),
    *(
        column
        for score in ("first", "peak", "latest")
        for column in (
            time(f"{score}_time"),
            sa.Column(f"{score}_score", sa.Double, nullable=False),
            sa.Column(f"{score}_threshold", sa.Double, nullable=False),
            sa.Column(f"{score}_p_value", sa.Double, nullable=False),
        )
    ),
    sa.Column("contributions", sa.JSON, nullable=False),
    sa.CheckConstraint(one_of("state", CaseState), name="state"),
    sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed"),
    unique_where("uq_cases_open", "machine", where="state = 'open'"),
    sa.Index("ix_cases_opened_at", "opened_at"),
    sa.Index("ix_cases_machine", "machine", "opened_at"),
)
