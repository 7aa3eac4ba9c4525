"""The quarantine is bounded: how large each entry is, how many are kept, and how many had to go."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
_ORDER = ("id", "received_at", "reason", "device", "signal", "topic", "detail", "size", "device_digest", "fingerprint")
_BESIDE = 420  # as `quarantine_bound.BESIDE` was when this was written


def upgrade() -> None:
    """Keep every entry, reckon its size, and count what is there."""
    op.drop_index("ix_quarantine_received_at", table_name="quarantine")
    with op.batch_alter_table(
        "quarantine", partial_reordering=[(*_ORDER, "payload")], table_kwargs={"sqlite_autoincrement": True}
    ) as quarantine:
        quarantine.add_column(sa.Column("size", sa.BigInteger(), nullable=False, server_default="0"))
        quarantine.drop_constraint("uq_quarantine_fingerprint", type_="unique")
        quarantine.create_unique_constraint("uq_quarantine_received_at_fingerprint", ["received_at", "fingerprint"])
    with op.batch_alter_table("quarantine", table_kwargs={"sqlite_autoincrement": True}) as quarantine:
        quarantine.alter_column("size", existing_type=sa.BigInteger(), existing_nullable=False, server_default=None)
    op.create_index("ix_quarantine_reason_received_at", "quarantine", ["reason", "received_at"], unique=False)
    op.create_table(
        "quarantine_counts",
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("kept", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("dropped", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("reason", name="pk_quarantine_counts"),
    )
    op.execute(f"UPDATE quarantine SET size = {_BESIDE} + length(payload) + length(topic) + length(detail)")
    op.execute(
        "INSERT INTO quarantine_counts (reason, kept, size, dropped) "
        "SELECT reason, count(*), sum(size), 0 FROM quarantine GROUP BY reason"
    )


def downgrade() -> None:
    """Take it away; the entries stay."""
    op.drop_table("quarantine_counts")
    op.drop_index("ix_quarantine_reason_received_at", table_name="quarantine")
    with op.batch_alter_table("quarantine") as quarantine:
        quarantine.drop_constraint("uq_quarantine_received_at_fingerprint", type_="unique")
        quarantine.create_unique_constraint("uq_quarantine_fingerprint", ["fingerprint"])
        quarantine.drop_column("size")
    op.create_index("ix_quarantine_received_at", "quarantine", ["received_at"], unique=False)
