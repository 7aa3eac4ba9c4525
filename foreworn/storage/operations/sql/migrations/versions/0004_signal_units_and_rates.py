"""The unit devices send a signal in, and how fast it can change."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; signals known so far are sent in their own unit, and may change at any rate."""
    op.add_column("signals", sa.Column("sent_unit", sa.Text(), nullable=False, server_default=""))
    op.add_column("signals", sa.Column("most_per_second", sa.Double(), nullable=True))


def downgrade() -> None:
    """Take them away."""
    with op.batch_alter_table("signals") as signals:
        signals.drop_column("most_per_second")
        signals.drop_column("sent_unit")
