"""Planning: who does the work, what comes due, work orders with every step, and what the work costs."""

import sqlalchemy as sa

from foreworn.health.label import Outcome
from foreworn.planning.findings import Action, Finding
from foreworn.planning.work_order import OPEN_STATES, WorkOrderKind, WorkOrderState
from foreworn.storage.operations.sql.columns import Span, UtcTime
from foreworn.storage.operations.sql.tables.metadata import METADATA, of, one_of, text, time, unique_where

TECHNICIANS = sa.Table(
    "technicians",
    METADATA,
    text("id", key=True),
    text("name"),
    sa.Column("weekly_time_us", Span, nullable=False),
    sa.Column("skills", sa.JSON, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.CheckConstraint("weekly_time_us >= 0", name="weekly_time"),
)

MAINTENANCE_PLANS = sa.Table(
    "maintenance_plans",
    METADATA,
    text("id", key=True),
    of("machines"),
    text("component"),
    text("task"),
    sa.Column("every_us", Span, nullable=False),
    time("last_done"),
    sa.Column("labour_us", Span, nullable=False),
    sa.CheckConstraint("every_us > 0", name="every"),
    sa.Index("ix_maintenance_plans_machine", "machine"),
)

_UNLABELLED = sa.text("kind = 'predictive' AND outcome IS NULL")

WORK_ORDERS = sa.Table(
    "work_orders",
    METADATA,
    text("id", key=True),
    of("machines"),
    text("component"),
    text("kind"),
    text("state"),
    time("created_at"),
    sa.Column("evidence", sa.JSON(none_as_null=True)),
    sa.Column("follows", sa.Text, sa.ForeignKey("work_orders.id")),
    # The order of ids, which are text: WO-9 comes before WO-10.
    sa.Column("number", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    sa.Column("version", sa.BigInteger, nullable=False, server_default=sa.text("1")),
    time("changed_at", nullable=True),
    sa.Column("task", sa.Text, nullable=False, server_default=sa.text("''")),
    sa.Column("labour_us", Span, nullable=False, server_default=sa.text("0")),
    time("due", nullable=True),
    sa.Column("technician", sa.Text, sa.ForeignKey("technicians.id")),
    time("booked_from", nullable=True),
    sa.Column(
        "booked_until",
        UtcTime,
        sa.CheckConstraint(
            "(technician IS NULL) = (booked_until IS NULL) AND (booked_from IS NULL) = (booked_until IS NULL) "
            "AND (booked_until IS NULL OR booked_until > booked_from)",
            name="booking",
        ),
    ),
    sa.Column("findings", sa.JSON(none_as_null=True)),
    # What of the frozen evidence and findings is asked for across orders stands in columns as well.
    sa.Column("finding", sa.Text, sa.CheckConstraint(one_of("finding", Finding), name="finding")),
    sa.Column("action", sa.Text, sa.CheckConstraint(one_of("action", Action), name="action")),
    sa.Column("labour_spent_us", Span),
    sa.Column("outcome", sa.Text, sa.CheckConstraint(one_of("outcome", Outcome), name="outcome")),
    sa.Column(
        "probability",
        sa.Double,
        sa.CheckConstraint("probability >= 0 AND probability <= 1", name="probability"),
    ),
    sa.Column("horizon_us", Span),
    time("data_time", nullable=True),
    time("act_at", nullable=True),
    sa.Column("model_version", sa.Text),
    sa.Column("expected_saving", sa.Double),
    sa.Column("currency", sa.Text),
    time("completed_at", nullable=True),
    time("closed_at", nullable=True),
    sa.CheckConstraint(one_of("kind", WorkOrderKind), name="kind"),
    sa.CheckConstraint(one_of("state", WorkOrderState), name="state"),
    unique_where(
        "uq_work_orders_open_predictive",
        "machine",
        "component",
        where=f"kind = 'predictive' AND {one_of('state', OPEN_STATES)}",
    ),
    sa.Index("ix_work_orders_number", "number", "id"),
    sa.Index("ix_work_orders_unlabelled", "number", "id", sqlite_where=_UNLABELLED, postgresql_where=_UNLABELLED),
    sa.Index("ix_work_orders_state", "state", "number", "id"),
    sa.Index("ix_work_orders_machine", "machine", "number", "id"),
    sa.Index("ix_work_orders_technician", "technician", "number", "id"),
    sa.Index("ix_work_orders_changed_at", "changed_at"),
)

WORK_ORDER_TRANSITIONS = sa.Table(
    "work_order_transitions",
    METADATA,
    of("work_orders", key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    time("time"),
    text("actor"),
    text("from_state"),
    text("to_state"),
    text("reason"),
)

CURRENCY = sa.Table(
    "currency",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    text("code"),
    sa.CheckConstraint("id = 1", name="one_row"),
)

COSTS = sa.Table(
    "costs",
    METADATA,
    text("machine_model", key=True),
    text("component", key=True),
    *(sa.Column(name, sa.Double, nullable=False) for name in ("preventive", "failure", "inspection")),
    sa.Column("downtime_per_hour", sa.Double, nullable=False),
    *(sa.Column(name, Span, nullable=False) for name in ("planned_downtime_us", "unplanned_downtime_us", "labour_us")),
    sa.Column("assumed", sa.Boolean, nullable=False),
    sa.CheckConstraint("preventive >= 0 AND failure >= 0 AND inspection >= 0 AND downtime_per_hour >= 0", name="money"),
)
