"""What a standing forecast says of other horizons."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; forecasts that stand already say nothing of other horizons."""
    op.add_column("verdicts", sa.Column("curve", sa.JSON(), nullable=False, server_default=sa.text("'[]'")))


def downgrade() -> None:
    """Take it away."""
    with op.batch_alter_table("verdicts") as verdicts:
        verdicts.drop_column("curve")
