"""A working day: orders with all they carry, spares, costs, labels, cases, users, the audit trail, jobs."""

import re
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True).with_variant(sa.Text(), "sqlite")
_TABLES = (
    "standings",
    "areas",
    "customers",
    "reservations",
    "maintenance_plans",
    "technicians",
    "currency",
    "costs",
    "labels",
    "cases",
    "part_uses",
    "stock_movements",
    "stock_levels",
    "purchase_order_transitions",
    "purchase_orders",
    "parts",
    "user_roles",
    "keys",
    "users",
    "audit",
    "outbox",
    "jobs",
    "counters",
)
_ORDER_INDEXES = ("changed_at", "machine", "number", "state", "technician", "unlabelled")


def upgrade() -> None:
    """Make the new tables, and give orders and machines their new columns."""
    op.add_column("machines", _time("retired_at", nullable=True))
    _fleet()
    _planning()
    _orders()
    _health()
    _spares()
    _platform()
    _number_orders()


def downgrade() -> None:
    """Take the new tables and columns away, those that point at others first."""
    for index in _ORDER_INDEXES:
        op.drop_index(f"ix_work_orders_{index}", "work_orders")
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("fk_work_orders_technician", "work_orders")
    for column in reversed(_order_columns()):
        op.drop_column("work_orders", column.name)
    for table in _TABLES:
        op.drop_table(table)
    op.drop_column("machines", "retired_at")


def _text(name: str, *checks: sa.CheckConstraint, nullable: bool = False) -> "sa.Column[Any]":
    return sa.Column(name, sa.Text(), *checks, nullable=nullable)


def _time(name: str, *checks: sa.CheckConstraint, nullable: bool = False) -> "sa.Column[Any]":
    return sa.Column(name, _TIME, *checks, nullable=nullable)


def _whole(name: str, *, nullable: bool = False) -> "sa.Column[Any]":
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _real(name: str, *checks: sa.CheckConstraint, nullable: bool = False) -> "sa.Column[Any]":
    return sa.Column(name, sa.Double(), *checks, nullable=nullable)


def _check(name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_work_orders_{name}"))


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def _orders() -> None:
    """Add to work orders what they carry from now on."""
    for column in _order_columns():
        if column.name == "technician" and op.get_bind().dialect.name == "sqlite":
            # SQLite takes a foreign key only with the column itself.
            reference = "CONSTRAINT fk_work_orders_technician REFERENCES technicians (id)"
            op.execute(f"ALTER TABLE work_orders ADD COLUMN technician TEXT {reference}")
        else:
            op.add_column("work_orders", column)
    if op.get_bind().dialect.name == "postgresql":
        op.create_foreign_key("fk_work_orders_technician", "work_orders", "technicians", ["technician"], ["id"])
    op.create_index("ix_work_orders_changed_at", "work_orders", ["changed_at"])
    op.create_index("ix_work_orders_machine", "work_orders", ["machine", "number", "id"])
    op.create_index("ix_work_orders_number", "work_orders", ["number", "id"])
    op.create_index("ix_work_orders_state", "work_orders", ["state", "number", "id"])
    op.create_index("ix_work_orders_technician", "work_orders", ["technician", "number", "id"])
    unlabelled = _where("kind = 'predictive' AND outcome IS NULL")
    op.create_index("ix_work_orders_unlabelled", "work_orders", ["number", "id"], **unlabelled)


def _order_columns() -> "list[sa.Column[Any]]":
    booking = (
        "(technician IS NULL) = (booked_until IS NULL) AND (booked_from IS NULL) = (booked_until IS NULL) "
        "AND (booked_until IS NULL OR booked_until > booked_from)"
    )
    finding = "finding IN ('as_predicted', 'other', 'nothing', 'not_inspected')"
    action = "action IN ('replaced', 'repaired', 'adjusted', 'none')"
    outcome = "outcome IN ('failed', 'found', 'found_other', 'found_nothing', 'survived', 'censored', 'pending')"
    return [
        sa.Column("number", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        _time("changed_at", nullable=True),
        sa.Column("task", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("labour_us", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        _time("due", nullable=True),
        _text("technician", nullable=True),
        _time("booked_from", nullable=True),
        _time("booked_until", _check("booking", booking), nullable=True),
        sa.Column("findings", sa.JSON(none_as_null=True), nullable=True),
        _text("finding", _check("finding", finding), nullable=True),
        _text("action", _check("action", action), nullable=True),
        _whole("labour_spent_us", nullable=True),
        _text("outcome", _check("outcome", outcome), nullable=True),
        _real("probability", _check("probability", "probability >= 0 AND probability <= 1"), nullable=True),
        _whole("horizon_us", nullable=True),
        _time("data_time", nullable=True),
        _time("act_at", nullable=True),
        _text("model_version", nullable=True),
        _real("expected_saving", nullable=True),
        _text("currency", nullable=True),
        _time("completed_at", nullable=True),
        _time("closed_at", nullable=True),
    ]


def _number_orders() -> None:
    """Say of the orders that are there already what their columns would say had they been there."""
    op.execute(
        "UPDATE work_orders SET version = 1 + (SELECT count(*) FROM work_order_transitions AS step "
        "WHERE step.work_order = work_orders.id), changed_at = coalesce((SELECT max(step.time) FROM "
        "work_order_transitions AS step WHERE step.work_order = work_orders.id), created_at), completed_at = "
        "(SELECT max(step.time) FROM work_order_transitions AS step WHERE step.work_order = work_orders.id AND "
        "step.to_state = 'completed'), closed_at = (SELECT max(step.time) FROM work_order_transitions AS step WHERE "
        "step.work_order = work_orders.id AND step.to_state IN ('closed', 'declined', 'cancelled', 'superseded'))"
    )
    connection = op.get_bind()
    ids = connection.execute(sa.text("SELECT id FROM work_orders ORDER BY created_at, id")).scalars().all()
    numbers = {id: _number(id, place) for place, id in enumerate(ids, 1)}
    for id, number in numbers.items():
        statement = sa.text("UPDATE work_orders SET number = :number WHERE id = :id")
        connection.execute(statement, {"number": number, "id": id})
    if numbers:
        statement = sa.text("INSERT INTO counters (name, value) VALUES ('WO', :value)")
        connection.execute(statement, {"value": max(numbers.values())})


def _number(id: str, otherwise: int) -> int:
    counted = re.fullmatch(r"WO-([0-9]{1,15})", id)
    return int(counted[1]) if counted else otherwise


def _fleet() -> None:
    """Make who stands where, and for whom."""
    op.create_table(
        "areas",
        _text("site"),
        _text("id"),
        _text("name"),
        sa.ForeignKeyConstraint(["site"], ["sites.id"], name=op.f("fk_areas_site")),
        sa.PrimaryKeyConstraint("site", "id", name=op.f("pk_areas")),
    )
    op.create_table("customers", _text("id"), _text("name"), sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")))
    op.create_table(
        "standings",
        _text("machine"),
        _text("site", nullable=True),
        _text("area", nullable=True),
        _text("customer", nullable=True),
        sa.CheckConstraint("(site IS NULL) = (area IS NULL)", name=op.f("ck_standings_area_of_a_site")),
        sa.ForeignKeyConstraint(["customer"], ["customers.id"], name=op.f("fk_standings_customer")),
        sa.ForeignKeyConstraint(["machine"], ["machines.id"], name=op.f("fk_standings_machine")),
        sa.ForeignKeyConstraint(["site", "area"], ["areas.site", "areas.id"], name="fk_standings_area"),
        sa.PrimaryKeyConstraint("machine", name=op.f("pk_standings")),
    )


def _planning() -> None:
    """Make the team, the plans and the costs."""
    op.create_table(
        "technicians",
        _text("id"),
        _text("name"),
        _whole("weekly_time_us"),
        sa.Column("skills", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("weekly_time_us >= 0", name=op.f("ck_technicians_weekly_time")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_technicians")),
    )
    op.create_table(
        "maintenance_plans",
        _text("id"),
        _text("machine"),
        _text("component"),
        _text("task"),
        _whole("every_us"),
        _time("last_done"),
        _whole("labour_us"),
        sa.CheckConstraint("every_us > 0", name=op.f("ck_maintenance_plans_every")),
        sa.ForeignKeyConstraint(["machine"], ["machines.id"], name=op.f("fk_maintenance_plans_machine")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_maintenance_plans")),
    )
    op.create_index("ix_maintenance_plans_machine", "maintenance_plans", ["machine"])
    op.create_table(
        "currency",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        _text("code"),
        sa.CheckConstraint("id = 1", name=op.f("ck_currency_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_currency")),
    )
    op.create_table(
        "costs",
        _text("machine_model"),
        _text("component"),
        _real("preventive"),
        _real("failure"),
        _real("inspection"),
        _real("downtime_per_hour"),
        _whole("planned_downtime_us"),
        _whole("unplanned_downtime_us"),
        _whole("labour_us"),
        sa.Column("assumed", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "preventive >= 0 AND failure >= 0 AND inspection >= 0 AND downtime_per_hour >= 0",
            name=op.f("ck_costs_money"),
        ),
        sa.PrimaryKeyConstraint("machine_model", "component", name=op.f("pk_costs")),
    )


def _health() -> None:
    """Make labels and cases."""
    op.create_table(
        "labels",
        _text("machine"),
        _text("component"),
        _time("time"),
        sa.Column("horizon_us", sa.BigInteger(), autoincrement=False, nullable=False),
        _text("model_version"),
        _real("probability"),
        sa.Column("alarm", sa.Boolean(), nullable=False),
        _time("issued_at"),
        _text("outcome"),
        _time("decided_at", nullable=True),
        sa.CheckConstraint(
            "outcome IN ('failed', 'found', 'found_other', 'found_nothing', 'survived', 'censored', 'pending')",
            name=op.f("ck_labels_outcome"),
        ),
        sa.CheckConstraint("probability >= 0 AND probability <= 1", name=op.f("ck_labels_probability")),
        sa.PrimaryKeyConstraint("machine", "component", "time", "horizon_us", "model_version", name=op.f("pk_labels")),
    )
    op.create_index("ix_labels_model_version", "labels", ["model_version", "time"])
    op.create_index("ix_labels_outcome", "labels", ["outcome"])
    op.create_table(
        "cases",
        _text("id"),
        _text("machine"),
        _text("detector"),
        _text("reason"),
        _text("state"),
        _time("opened_at"),
        _time("closed_at", nullable=True),
        _text("closed_because"),
        _text("note"),
        _time("first_time"),
        _real("first_score"),
        _real("first_threshold"),
        _real("first_p_value"),
        _time("peak_time"),
        _real("peak_score"),
        _real("peak_threshold"),
        _real("peak_p_value"),
        _time("latest_time"),
        _real("latest_score"),
        _real("latest_threshold"),
        _real("latest_p_value"),
        sa.Column("contributions", sa.JSON(), nullable=False),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_cases_closed")),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_cases_state")),
        sa.ForeignKeyConstraint(["machine"], ["machines.id"], name=op.f("fk_cases_machine")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
    )
    op.create_index("ix_cases_machine", "cases", ["machine", "opened_at"])
    op.create_index("ix_cases_opened_at", "cases", ["opened_at"])
    op.create_index("uq_cases_open", "cases", ["machine"], unique=True, **_where("state = 'open'"))


def _spares() -> None:
    """Make parts, stock and purchases."""
    op.create_table(
        "parts",
        _text("id"),
        _text("description"),
        _real("price"),
        _whole("lead_time_us"),
        _whole("lead_time_sd_us"),
        _text("unit"),
        _text("supplier"),
        _whole("pack_size"),
        _real("holding_rate"),
        _real("service_level"),
        _real("order_cost"),
        _real("stockout_cost", nullable=True),
        sa.CheckConstraint("lead_time_us > 0 AND lead_time_sd_us >= 0", name=op.f("ck_parts_lead_time")),
        sa.CheckConstraint("pack_size >= 1", name=op.f("ck_parts_pack_size")),
        sa.CheckConstraint("price >= 0 AND order_cost >= 0 AND stockout_cost >= 0", name=op.f("ck_parts_money")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parts")),
    )
    op.create_table(
        "part_uses",
        _text("machine_model"),
        _text("component"),
        _text("part"),
        _whole("quantity"),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_part_uses_quantity")),
        sa.ForeignKeyConstraint(["part"], ["parts.id"], name=op.f("fk_part_uses_part")),
        sa.PrimaryKeyConstraint("machine_model", "component", "part", name=op.f("pk_part_uses")),
    )
    op.create_index("ix_part_uses_part", "part_uses", ["part"])
    op.create_table(
        "stock_movements",
        _text("id"),
        _time("time"),
        _text("part"),
        _text("place"),
        _whole("quantity"),
        _text("kind"),
        _text("reference"),
        _text("actor"),
        sa.CheckConstraint("kind IN ('receipt', 'issue', 'adjustment', 'count')", name=op.f("ck_stock_movements_kind")),
        sa.ForeignKeyConstraint(["part"], ["parts.id"], name=op.f("fk_stock_movements_part")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_movements")),
    )
    op.create_index("ix_stock_movements_part", "stock_movements", ["part", "time"])
    op.create_index("ix_stock_movements_time", "stock_movements", ["time"])
    op.create_table(
        "stock_levels",
        _text("part"),
        _text("place"),
        _whole("on_hand"),
        sa.CheckConstraint("on_hand >= 0", name=op.f("ck_stock_levels_on_hand")),
        sa.ForeignKeyConstraint(["part"], ["parts.id"], name=op.f("fk_stock_levels_part")),
        sa.PrimaryKeyConstraint("part", "place", name=op.f("pk_stock_levels")),
    )
    op.create_table(
        "reservations",
        _text("work_order"),
        _text("part"),
        _text("place"),
        _whole("quantity"),
        _time("due"),
        _text("state"),
        sa.CheckConstraint("state IN ('open', 'issued', 'released')", name=op.f("ck_reservations_state")),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_reservations_quantity")),
        sa.ForeignKeyConstraint(["part"], ["parts.id"], name=op.f("fk_reservations_part")),
        sa.ForeignKeyConstraint(["work_order"], ["work_orders.id"], name=op.f("fk_reservations_work_order")),
        sa.PrimaryKeyConstraint("work_order", "part", "place", name=op.f("pk_reservations")),
    )
    op.create_index("ix_reservations_part", "reservations", ["part", "place", "state"])
    op.create_table(
        "purchase_orders",
        _text("id"),
        _whole("number"),
        _text("part"),
        _text("place"),
        _whole("quantity"),
        _text("state"),
        _whole("version"),
        _time("created_at"),
        _time("expected_at"),
        _time("ordered_at", nullable=True),
        _time("received_at", nullable=True),
        _text("reason"),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "state IN ('proposed', 'approved', 'ordered', 'received', 'cancelled', 'declined')",
            name=op.f("ck_purchase_orders_state"),
        ),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_purchase_orders_quantity")),
        sa.ForeignKeyConstraint(["part"], ["parts.id"], name=op.f("fk_purchase_orders_part")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_orders")),
    )
    op.create_index("ix_purchase_orders_number", "purchase_orders", ["number", "id"])
    op.create_index("ix_purchase_orders_part", "purchase_orders", ["part", "state"])
    op.create_index("ix_purchase_orders_state", "purchase_orders", ["state", "number"])
    op.create_index(
        "uq_purchase_orders_proposed", "purchase_orders", ["part", "place"], unique=True, **_where("state = 'proposed'")
    )
    op.create_table(
        "purchase_order_transitions",
        _text("purchase_order"),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        _time("time"),
        _text("actor"),
        _text("from_state"),
        _text("to_state"),
        _text("reason"),
        sa.ForeignKeyConstraint(
            ["purchase_order"], ["purchase_orders.id"], name=op.f("fk_purchase_order_transitions_purchase_order")
        ),
        sa.PrimaryKeyConstraint("purchase_order", "position", name=op.f("pk_purchase_order_transitions")),
    )


def _platform() -> None:
    """Make users, the audit trail, the outbox and jobs."""
    op.create_table(
        "users",
        _text("name"),
        _text("password_hash", nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_users")),
    )
    op.create_table(
        "user_roles",
        _text("user_name"),
        _text("role"),
        sa.CheckConstraint(
            "role IN ('viewer', 'technician', 'planner', 'inventory', 'engineer', 'admin', 'device')",
            name=op.f("ck_user_roles_role"),
        ),
        sa.ForeignKeyConstraint(["user_name"], ["users.name"], name=op.f("fk_user_roles_user_name")),
        sa.PrimaryKeyConstraint("user_name", "role", name=op.f("pk_user_roles")),
    )
    op.create_table(
        "keys",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        _text("user_name"),
        _text("kind"),
        _text("label"),
        _time("created_at"),
        _time("expires_at", nullable=True),
        sa.CheckConstraint("kind IN ('token', 'session', 'link')", name=op.f("ck_keys_kind")),
        sa.ForeignKeyConstraint(["user_name"], ["users.name"], name=op.f("fk_keys_user_name")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_keys")),
    )
    op.create_index("ix_keys_user_name", "keys", ["user_name", "kind"])
    op.create_table(
        "audit",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        _time("time"),
        _text("actor"),
        _text("action"),
        _text("subject"),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_subject", "audit", ["subject", "number"])
    op.create_table(
        "outbox",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        _text("key"),
        _text("topic"),
        sa.Column("payload", sa.JSON(), nullable=False),
        _time("created_at"),
        _time("delivered_at", nullable=True),
        _time("again_at", nullable=True),
        _whole("attempts"),
        _text("why", nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
    )
    op.create_index("ix_outbox_delivered_at", "outbox", ["delivered_at", "created_at"])
    op.create_table(
        "jobs",
        _text("key"),
        _text("kind"),
        _text("state"),
        _time("due"),
        sa.Column("payload", sa.JSON(), nullable=False),
        _whole("attempts"),
        _text("worker", nullable=True),
        _time("leased_until", nullable=True),
        _time("finished_at", nullable=True),
        _text("why", nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'done', 'failed')", name=op.f("ck_jobs_state")),
        sa.CheckConstraint("(worker IS NULL) = (leased_until IS NULL)", name=op.f("ck_jobs_lease")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_jobs")),
    )
    op.create_index("ix_jobs_state", "jobs", ["state", "due"])
    op.create_table(
        "counters", _text("name"), _whole("value"), sa.PrimaryKeyConstraint("name", name=op.f("pk_counters"))
    )
