"""Spares: parts, the bill of parts, what came and went, what is promised, and what is bought."""

import sqlalchemy as sa

from foreworn.spares.purchase import PurchaseState
from foreworn.spares.stock import MovementKind, ReservationState
from foreworn.storage.operations.sql.columns import Span
from foreworn.storage.operations.sql.tables.metadata import METADATA, of, one_of, text, time, unique_where

PARTS = sa.Table(
    "parts",
    METADATA,
    text("id", key=True),
    text("description"),
    sa.Column("price", sa.Double, nullable=False),
    sa.Column("lead_time_us", Span, nullable=False),
    sa.Column("lead_time_sd_us", Span, nullable=False),
    text("unit"),
    text("supplier"),
    sa.Column("pack_size", sa.BigInteger, nullable=False),
    *(sa.Column(name, sa.Double, nullable=False) for name in ("holding_rate", "service_level", "order_cost")),
    sa.Column("stockout_cost", sa.Double),
    sa.CheckConstraint("lead_time_us > 0 AND lead_time_sd_us >= 0", name="lead_time"),
    sa.CheckConstraint("price >= 0 AND order_cost >= 0 AND stockout_cost >= 0", name="money"),
    sa.CheckConstraint("pack_size >= 1", name="pack_size"),
)

PART_USES = sa.Table(
    "part_uses",
    METADATA,
    text("machine_model", key=True),
    text("component", key=True),
    of("parts", key=True),
    sa.Column("quantity", sa.BigInteger, nullable=False),
    sa.CheckConstraint("quantity >= 1", name="quantity"),
    sa.Index("ix_part_uses_part", "part"),
)

STOCK_MOVEMENTS = sa.Table(
    "stock_movements",
    METADATA,
    text("id", key=True),
    time("time"),
    of("parts"),
    text("place"),
    sa.Column("quantity", sa.BigInteger, nullable=False),
    text("kind"),
    text("reference"),
    text("actor"),
    sa.CheckConstraint(one_of("kind", MovementKind), name="kind"),
    sa.Index("ix_stock_movements_part", "part", "time"),
    sa.Index("ix_stock_movements_time", "time"),
)

# The sum of the movements, kept beside them: a row that two who take the last part wait for.
STOCK_LEVELS = sa.Table(
    "stock_levels",
    METADATA,
    of("parts", key=True),
    text("place", key=True),
    sa.Column("on_hand", sa.BigInteger, nullable=False),
    sa.CheckConstraint("on_hand >= 0", name="on_hand"),
)

RESERVATIONS = sa.Table(
    "reservations",
    METADATA,
    of("work_orders", key=True),
    of("parts", key=True),
    text("place", key=True),
    sa.Column("quantity", sa.BigInteger, nullable=False),
    time("due"),
    text("state"),
    sa.CheckConstraint("quantity >= 1", name="quantity"),
    sa.CheckConstraint(one_of("state", ReservationState), name="state"),
    sa.Index("ix_reservations_part", "part", "place", "state"),
)

PURCHASE_ORDERS = sa.Table(
    "purchase_orders",
    METADATA,
    text("id", key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
    of("parts"),
    text("place"),
    sa.Column("quantity", sa.BigInteger, nullable=False),
    text("state"),
    sa.Column("version", sa.BigInteger, nullable=False),
    time("created_at"),
    time("expected_at"),
    time("ordered_at", nullable=True),
    time("received_at", nullable=True),
    text("reason"),
    sa.Column("evidence", sa.JSON, nullable=False),
    sa.CheckConstraint("quantity >= 1", name="quantity"),
    sa.CheckConstraint(one_of("state", PurchaseState), name="state"),
    unique_where("uq_purchase_orders_proposed", "part", "place", where="state = 'proposed'"),
    sa.Index("ix_purchase_orders_number", "number", "id"),
    sa.Index("ix_purchase_orders_part", "part", "state"),
    sa.Index("ix_purchase_orders_state", "state", "number"),
)

PURCHASE_ORDER_TRANSITIONS = sa.Table(
    "purchase_order_transitions",
    METADATA,
    of("purchase_orders", key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    time("time"),
    text("actor"),
    text("from_state"),
    text("to_state"),
    text("reason"),
)
