"""What devices repeat, skip and send late; and how good each of their signals is."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_COUNTERS = ("gaps", "missing", "duplicates", "late", "out_of_order")
_PARTS = ("completeness", "timeliness", "validity", "uniqueness", "score")


def upgrade() -> None:
    """Add columns and tables; devices known so far have skipped and repeated nothing that was noticed."""
    op.add_column("device_progress", sa.Column("state_since", _TIME, nullable=True))
    for counter in _COUNTERS:
        op.add_column("device_progress", sa.Column(counter, sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("device_progress", sa.Column("memory", sa.LargeBinary(), nullable=True))
    op.create_table(
        "progress_journal",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("turn", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_progress_journal"),
    )
    op.create_table(
        "signal_quality",
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("signal", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("time", _TIME, nullable=False),
        *(sa.Column(part, sa.Double(), nullable=True) for part in _PARTS),
        sa.PrimaryKeyConstraint("device", "signal", "day", name="pk_signal_quality"),
    )
    op.create_index("ix_signal_quality_day", "signal_quality", ["day"], unique=False)


def downgrade() -> None:
    """Take them away."""
    op.drop_table("signal_quality")
    op.drop_table("progress_journal")
    with op.batch_alter_table("device_progress") as progress:
        for column in ("memory", *reversed(_COUNTERS), "state_since"):
            progress.drop_column(column)
