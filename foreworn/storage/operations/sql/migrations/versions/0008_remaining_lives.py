"""How long each component was last said to last, with reasons."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
_NUMBERS = ("p10", "p50", "p90", "expected", "cap")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "remaining_lives",
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("time", _TIME, nullable=False),
        *(sa.Column(name, sa.Double(), nullable=False) for name in _NUMBERS),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column("issued_at", _TIME, nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint("0 <= p10 AND p10 <= p50 AND p50 <= p90", name="quantiles"),
        sa.PrimaryKeyConstraint("machine", "component", name="pk_remaining_lives"),
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("remaining_lives")
