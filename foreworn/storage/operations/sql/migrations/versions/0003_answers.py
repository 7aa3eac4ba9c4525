"""Keys of requests, and what those were answered."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "answers",
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("claimed_at", _TIME, nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.CheckConstraint("(status IS NULL) = (body IS NULL)", name=op.f("ck_answers_whole")),
        sa.PrimaryKeyConstraint("user_name", "key", name="pk_answers"),
    )
    op.create_index("ix_answers_claimed_at", "answers", ["claimed_at"], unique=False)


def downgrade() -> None:
    """Take it away."""
    op.drop_table("answers")
