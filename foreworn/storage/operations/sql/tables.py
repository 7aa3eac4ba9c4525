"""The operations store's tables; `docs/contracts/sql-schema.sql` is generated from here."""

import sqlalchemy as sa

from foreworn.planning.work_order import OPEN_STATES, WorkOrderKind, WorkOrderState
from foreworn.storage.operations.rules import MAINTENANCE_KINDS
from foreworn.storage.operations.sql.columns import ForeignText, Span, UtcTime

METADATA = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(str(v)) for v in values)})"


def _text(name: str, *, key: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.Text, primary_key=key, nullable=False)


def _of(table: str, *, key: bool = False) -> "sa.Column[str]":
    return sa.Column(table.removesuffix("s"), sa.Text, sa.ForeignKey(f"{table}.id"), primary_key=key, nullable=False)


SITES = sa.Table("sites", METADATA, _text("id", key=True))

MACHINES = sa.Table(
    "machines",
    METADATA,
    _text("id", key=True),
    _text("model"),
    _of("sites"),
    sa.Column("installed_at", UtcTime, nullable=False),
)

COMPONENTS = sa.Table("components", METADATA, _of("machines", key=True), _text("id", key=True))

SIGNALS = sa.Table(
    "signals",
    METADATA,
    _text("model", key=True),
    _text("name", key=True),
    _text("unit"),
    _text("type"),
    sa.Column("low", sa.Double),
    sa.Column("high", sa.Double),
    sa.Column("states", sa.JSON, nullable=False),
    sa.Column("cadence_us", Span, nullable=False),
    _text("label"),
)

DEVICES = sa.Table("devices", METADATA, _text("id", key=True))

ATTACHMENTS = sa.Table(
    "attachments",
    METADATA,
    _of("devices", key=True),
    sa.Column("since", UtcTime, primary_key=True),
    _of("machines"),
    sa.Column("until", UtcTime),
    sa.CheckConstraint("until IS NULL OR until > since", name="ends_after_it_begins"),
)

MAINTENANCE = sa.Table(
    "maintenance",
    METADATA,
    sa.Column("time", UtcTime, primary_key=True),
    _of("machines", key=True),
    _text("component", key=True),
    _text("action"),
    _text("kind"),
    sa.CheckConstraint(_one_of("kind", MAINTENANCE_KINDS), name="kind"),
)

FAILURES = sa.Table(
    "failures",
    METADATA,
    sa.Column("time", UtcTime, primary_key=True),
    _of("machines", key=True),
    _text("component", key=True),
    _text("mode"),
)

VERDICTS = sa.Table(
    "verdicts",
    METADATA,
    _text("machine", key=True),
    _text("component", key=True),
    sa.Column("time", UtcTime, nullable=False),
    sa.Column("horizon_us", Span, nullable=False),
    sa.Column("probability", sa.Double, nullable=False),
    _text("model_version"),
    sa.Column("issued_at", UtcTime, nullable=False),
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Column("reasons", sa.JSON, nullable=False),
    sa.CheckConstraint("probability >= 0 AND probability <= 1", name="probability"),
)

QUARANTINE = sa.Table(
    "quarantine",
    METADATA,
    # SQLite gives numbers by itself to INTEGER keys only.
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("fingerprint", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("received_at", UtcTime, nullable=False, index=True),
    sa.Column("topic", ForeignText, nullable=False),
    sa.Column("payload", sa.LargeBinary, nullable=False),
    _text("reason"),
    sa.Column("detail", ForeignText, nullable=False),
    sa.Column("device", ForeignText),
    sa.Column("signal", ForeignText),
    # A stranger's device id may be longer than an index entry can be.
    sa.Column("device_digest", sa.LargeBinary),
    sa.Index("ix_quarantine_device_digest_received_at", "device_digest", "received_at"),
)

DEVICE_PROGRESS = sa.Table(
    "device_progress",
    METADATA,
    sa.Column("device", ForeignText, primary_key=True),
    sa.Column("watermark", UtcTime),
    sa.Column("last_received_at", UtcTime),
    sa.Column("last_seq", sa.BigInteger),
    _text("state"),
    sa.Column("firmware", ForeignText, nullable=False),
    sa.Column("wants_ack", sa.Boolean, nullable=False),
    *(sa.Column(counter, sa.BigInteger, nullable=False) for counter in ("samples", "events", "logs", "rejected")),
)

DIRTY_WINDOWS = sa.Table(
    "dirty_windows",
    METADATA,
    _text("device", key=True),
    sa.Column("start_at", UtcTime, primary_key=True),
    sa.Column("end_at", UtcTime, primary_key=True),
    sa.Column("generation", sa.BigInteger, nullable=False, index=True),
)

DIRTY_GENERATION = sa.Table(
    "dirty_generation",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("generation", sa.BigInteger, nullable=False),
    sa.CheckConstraint("id = 1", name="one_row"),
)

_OPEN_PREDICTIVE = sa.text(f"kind = 'predictive' AND {_one_of('state', OPEN_STATES)}")

WORK_ORDERS = sa.Table(
    "work_orders",
    METADATA,
    _text("id", key=True),
    _of("machines"),
    _text("component"),
    _text("kind"),
    _text("state"),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("evidence", sa.JSON(none_as_null=True)),
    sa.Column("follows", sa.Text, sa.ForeignKey("work_orders.id")),
    sa.CheckConstraint(_one_of("kind", tuple(WorkOrderKind)), name="kind"),
    sa.CheckConstraint(_one_of("state", tuple(WorkOrderState)), name="state"),
    sa.Index(
        "uq_work_orders_open_predictive",
        "machine",
        "component",
        unique=True,
        sqlite_where=_OPEN_PREDICTIVE,
        postgresql_where=_OPEN_PREDICTIVE,
    ),
)

WORK_ORDER_TRANSITIONS = sa.Table(
    "work_order_transitions",
    METADATA,
    _of("work_orders", key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("time", UtcTime, nullable=False),
    _text("actor"),
    _text("from_state"),
    _text("to_state"),
    _text("reason"),
)
