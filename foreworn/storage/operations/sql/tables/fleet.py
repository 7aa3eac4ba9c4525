"""The fleet: sites, machines, who stands where, devices, and what was done to machines."""

import sqlalchemy as sa

from foreworn.storage.operations.rules import MAINTENANCE_KINDS
from foreworn.storage.operations.sql.columns import Span, UtcTime
from foreworn.storage.operations.sql.tables.metadata import METADATA, of, one_of, text, time

SITES = sa.Table("sites", METADATA, text("id", key=True))

MACHINES = sa.Table(
    "machines",
    METADATA,
    text("id", key=True),
    text("model"),
    of("sites"),
    time("installed_at"),
    time("retired_at", nullable=True),
)

COMPONENTS = sa.Table("components", METADATA, of("machines", key=True), text("id", key=True))

SIGNALS = sa.Table(
    "signals",
    METADATA,
    text("model", key=True),
    text("name", key=True),
    text("unit"),
    text("type"),
    sa.Column("low", sa.Double),
    sa.Column("high", sa.Double),
    sa.Column("states", sa.JSON, nullable=False),
    sa.Column("cadence_us", Span, nullable=False),
    text("label"),
    sa.Column("sent_unit", sa.Text, nullable=False, server_default=""),
    sa.Column("most_per_second", sa.Double),
)

DEVICES = sa.Table("devices", METADATA, text("id", key=True))

ATTACHMENTS = sa.Table(
    "attachments",
    METADATA,
    of("devices", key=True),
    sa.Column("since", UtcTime, primary_key=True),
    of("machines"),
    sa.Column("until", UtcTime),
    sa.CheckConstraint("until IS NULL OR until > since", name="ends_after_it_begins"),
)

MAINTENANCE = sa.Table(
    "maintenance",
    METADATA,
    sa.Column("time", UtcTime, primary_key=True),
    of("machines", key=True),
    text("component", key=True),
    text("action"),
    text("kind"),
    sa.CheckConstraint(one_of("kind", MAINTENANCE_KINDS), name="kind"),
)

FAILURES = sa.Table(
    "failures",
    METADATA,
    sa.Column("time", UtcTime, primary_key=True),
    of("machines", key=True),
    text("component", key=True),
    text("mode"),
)

AREAS = sa.Table("areas", METADATA, of("sites", key=True), text("id", key=True), text("name"))

CUSTOMERS = sa.Table("customers", METADATA, text("id", key=True), text("name"))

STANDINGS = sa.Table(
    "standings",
    METADATA,
    of("machines", key=True),
    # The site of the area: a machine that has moved to another site since stands in no area known there.
    sa.Column("site", sa.Text),
    sa.Column("area", sa.Text),
    sa.Column("customer", sa.Text, sa.ForeignKey("customers.id")),
    sa.ForeignKeyConstraint(["site", "area"], ["areas.site", "areas.id"], name="fk_standings_area"),
    sa.CheckConstraint("(site IS NULL) = (area IS NULL)", name="area_of_a_site"),
)
