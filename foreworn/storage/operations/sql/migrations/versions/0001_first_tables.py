"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
_ANY_STATE = (
    "state IN ('proposed', 'approved', 'declined', 'scheduled', 'in_progress', 'completed', 'closed', "
    "'cancelled', 'superseded')"
)
_OPEN_PREDICTIVE = sa.text("kind = 'predictive' AND state IN ('proposed', 'approved', 'scheduled', 'in_progress')")
_TABLES = (
    "work_order_transitions",
    "work_orders",
    "maintenance",
    "failures",
    "components",
    "attachments",
    "machines",
    "verdicts",
    "sites",
    "signals",
    "quarantine",
    "dirty_windows",
    "dirty_generation",
    "devices",
    "device_progress",
)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "device_progress",
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("watermark", _TIME, nullable=True),
        sa.Column("last_received_at", _TIME, nullable=True),
        sa.Column("last_seq", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("firmware", sa.Text(), nullable=False),
        sa.Column("wants_ack", sa.Boolean(), nullable=False),
        sa.Column("samples", sa.BigInteger(), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("logs", sa.BigInteger(), nullable=False),
        sa.Column("rejected", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device", name="pk_device_progress"),
    )
    op.create_table(
        "devices", sa.Column("id", sa.Text(), nullable=False), sa.PrimaryKeyConstraint("id", name="pk_devices")
    )
    op.create_table(
        "dirty_generation",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_dirty_generation_one_row")),
        sa.PrimaryKeyConstraint("id", name="pk_dirty_generation"),
    )
    op.create_table(
        "dirty_windows",
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("start_at", _TIME, nullable=False),
        sa.Column("end_at", _TIME, nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("device", "start_at", "end_at", name="pk_dirty_windows"),
    )
    op.create_index("ix_dirty_windows_generation", "dirty_windows", ["generation"], unique=False)
    op.create_table(
        "quarantine",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", _TIME, nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("device", sa.Text(), nullable=True),
        sa.Column("signal", sa.Text(), nullable=True),
        sa.Column("device_digest", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_quarantine"),
        sa.UniqueConstraint("fingerprint", name="uq_quarantine_fingerprint"),
    )
    op.create_index(
        "ix_quarantine_device_digest_received_at", "quarantine", ["device_digest", "received_at"], unique=False
    )
    op.create_index("ix_quarantine_received_at", "quarantine", ["received_at"], unique=False)
    op.create_table(
        "signals",
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("states", sa.JSON(), nullable=False),
        sa.Column("cadence_us", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("model", "name", name="pk_signals"),
    )
    op.create_table("sites", sa.Column("id", sa.Text(), nullable=False), sa.PrimaryKeyConstraint("id", name="pk_sites"))
    op.create_table(
        "verdicts",
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("time", _TIME, nullable=False),
        sa.Column("horizon_us", sa.BigInteger(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("model_version", sa.Text(), nullable=False),
        sa.Column("issued_at", _TIME, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.CheckConstraint("probability >= 0 AND probability <= 1", name=op.f("ck_verdicts_probability")),
        sa.PrimaryKeyConstraint("machine", "component", name="pk_verdicts"),
    )
    op.create_table(
        "machines",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("installed_at", _TIME, nullable=False),
        sa.ForeignKeyConstraint(["site"], ["sites.id"], name="fk_machines_site"),
        sa.PrimaryKeyConstraint("id", name="pk_machines"),
    )
    op.create_table(
        "attachments",
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("since", _TIME, nullable=False),
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("until", _TIME, nullable=True),
        sa.CheckConstraint("until IS NULL OR until > since", name=op.f("ck_attachments_ends_after_it_begins")),
        sa.ForeignKeyConstraint(["device"], ["devices.id"], name="fk_attachments_device"),
        sa.ForeignKeyConstraint(["machine"], ["machines.id"], name="fk_attachments_machine"),
        sa.PrimaryKeyConstraint("device", "since", name="pk_attachments"),
    )
    op.create_table(
        "components",
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["machine"], ["machines.id"], name="fk_components_machine"),
        sa.PrimaryKeyConstraint("machine", "id", name="pk_components"),
    )
    op.create_table(
        "failures",
        sa.Column("time", _TIME, nullable=False),
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["machine"], ["machines.id"], name="fk_failures_machine"),
        sa.PrimaryKeyConstraint("time", "machine", "component", name="pk_failures"),
    )
    op.create_table(
        "maintenance",
        sa.Column("time", _TIME, nullable=False),
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('corrective', 'preventive')", name=op.f("ck_maintenance_kind")),
        sa.ForeignKeyConstraint(["machine"], ["machines.id"], name="fk_maintenance_machine"),
        sa.PrimaryKeyConstraint("time", "machine", "component", name="pk_maintenance"),
    )
    op.create_table(
        "work_orders",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("component", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("evidence", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("follows", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('predictive', 'preventive', 'corrective')", name=op.f("ck_work_orders_kind")),
        sa.CheckConstraint(
            _ANY_STATE,
            name=op.f("ck_work_orders_state"),
        ),
        sa.ForeignKeyConstraint(["machine"], ["machines.id"], name="fk_work_orders_machine"),
        sa.ForeignKeyConstraint(["follows"], ["work_orders.id"], name="fk_work_orders_follows"),
        sa.PrimaryKeyConstraint("id", name="pk_work_orders"),
    )
    op.create_index(
        "uq_work_orders_open_predictive",
        "work_orders",
        ["machine", "component"],
        unique=True,
        sqlite_where=_OPEN_PREDICTIVE,
        postgresql_where=_OPEN_PREDICTIVE,
    )
    op.create_table(
        "work_order_transitions",
        sa.Column("work_order", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("time", _TIME, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=False),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["work_order"], ["work_orders.id"], name="fk_work_order_transitions_work_order"),
        sa.PrimaryKeyConstraint("work_order", "position", name="pk_work_order_transitions"),
    )


def downgrade() -> None:
    """Take the tables away, those that point at others first."""
    for table in _TABLES:
        op.drop_table(table)
