"""The *Spare parts* dashboard: what is scarce, what will be needed, and what is on its way."""

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import dashboard as models

from dashboards import panels, variables
from dashboards import spare_parts_sql as ask
from dashboards.influxql import InfluxQuery, chosen
from dashboards.panels import BLUE, GREEN, GREY, ORANGE, PURPLE, Column, Panel
from dashboards.sql import SqlQuery

UID = "foreworn-spare-parts"

SOURCES = {"predicted": ORANGE, "planned": BLUE, "history": GREEN, "total": GREY}
_KINDS = {"receipt": GREEN, "issue": ORANGE, "adjustment": PURPLE, "count": GREY}

_ISSUE = f"{chosen('place', 'place')} AND {chosen('issue', 'issue')} AND $timeFilter"

ISSUES = f'SHOW TAG VALUES FROM "demand" WITH KEY = "issue" WHERE {chosen("part", "part")}'
DEMAND = (
    f'SELECT "p50"::field AS "p50", "p90"::field AS "p90" FROM "demand" WHERE {chosen("part", "part")} AND {_ISSUE} '
    'GROUP BY "source"::tag'
)
ALL_DEMAND = (
    'SELECT "part"::tag AS "part", "place"::tag AS "place", "mean"::field AS "mean", "p50"::field AS "p50", '
    '"p90"::field AS "p90", "p99"::field AS "p99" '
    f'FROM "demand" WHERE {_ISSUE} AND "source"::tag = \'total\''
)


def spare_parts() -> dashboard.Dashboard:
    """Return the dashboard, ready to be built."""
    return (
        dashboard.Dashboard("Spare parts")
        .uid(UID)
        .description("What is scarce, what will be needed, and what is on its way.")
        .tags(["foreworn"])
        .readonly()
        .timezone("utc")
        .time("now-90d", "now+60d")
        .refresh("15m")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .with_variable(variables.several(variables.from_sql("place", "Place", ask.PLACES)))
        .with_variable(variables.from_sql("part", "Part", ask.PARTS))
        .with_variable(variables.from_influx("issue", "Demand as said at", ISSUES))
        .with_row(dashboard.Row("Every part"))
        .with_panel(panels.number("What is missing", ask.SCARCE, about=_SCARCE).span(12))
        .with_panel(_value())
        .with_panel(_stock())
        .with_panel(_stock_outs())
        .with_panel(_all_demand())
        .with_panel(_purchases())
        .with_panel(_open_purchases())
        .with_row(dashboard.Row("${part}"))
        .with_panel(_demand())
        .with_panel(_stock_over_time())
        .with_panel(_moved())
        .with_panel(_movements())
    )


_SCARCE = "Parts at places: nothing on the shelf; more promised than there is; more promised than there is and comes."


def _over_time(statement: str) -> SqlQuery:
    return SqlQuery(statement, format="time_series")


def _value() -> Panel:
    about = "What is on hand, at the price of each part."
    return panels.number("Bound in stock", ask.VALUE, unit=panels.MONEY, about=about).span(12)


def _stock() -> Panel:
    columns = [
        Column("part", "Part", link=f"/d/{UID}?${{__url_time_range}}&var-part=${{__data.fields.part:percentencode}}"),
        Column("description", "Description"),
        Column("place", "Place"),
        Column("on_hand", "On hand"),
        Column("reserved", "Reserved"),
        Column("on_order", "On order"),
        Column("position", "Position"),
        Column("proposed", "Proposed to buy"),
        Column("unit", "Unit"),
        Column("lead_time", "Lead time", panels.HOURS),
    ]
    about = "Position is on hand less reserved plus on order. A proposal nobody has approved is not on order."
    return panels.rows("The scarcest parts", SqlQuery(ask.STOCK), columns, about=about, height=10)


def _stock_outs() -> Panel:
    columns = [
        Column("part", "Part"),
        Column("place", "Place"),
        Column("since", "From", panels.TIME),
        Column("until", "To", panels.TIME),
        Column("lasted", "Lasted", panels.SECONDS, 0),
    ]
    about = "Spells with nothing on the shelf, as far as they lie in the range. Without an end it is still out."
    return panels.rows("When parts were out of stock", SqlQuery(ask.STOCK_OUTS), columns, about=about).span(12)


def _all_demand() -> Panel:
    columns = [
        Column("Time", "Period from", panels.TIME),
        Column("part", "Part"),
        Column("place", "Place"),
        Column("mean", "Expected", decimals=1),
        Column("p50", "p50"),
        Column("p90", "p90"),
        Column("p99", "p99"),
    ]
    query = InfluxQuery(ALL_DEMAND, format="table")
    about = "Per period, in the unit of the part. p90 is not exceeded nine times in ten."
    return panels.rows("What will be needed, of all parts", query, columns, about=about).span(12)


def _purchases() -> Panel:
    columns = [
        Column("state", "State"),
        Column("purchases", "Purchases"),
        Column("value", "Value", panels.MONEY, 0),
    ]
    title = "Purchases proposed in the range, by how far they have come"
    return panels.rows(title, SqlQuery(ask.PURCHASES_BY_STATE), columns, height=8).span(8)


def _open_purchases() -> Panel:
    columns = [
        Column("purchase", "Purchase"),
        Column("part", "Part"),
        Column("place", "Place"),
        Column("quantity", "Quantity"),
        Column("state", "State"),
        Column("created_at", "Proposed", panels.TIME),
        Column("expected_at", "Expected", panels.TIME),
        Column("late_by", "Late by", panels.SECONDS, 0),
        Column("value", "Value", panels.MONEY, 0),
        Column("reason", "Why"),
    ]
    return panels.rows(
        "What is on its way, or waits for a decision", SqlQuery(ask.OPEN_PURCHASES), columns, height=8
    ).span(16)


def _demand() -> Panel:
    about = (
        "Between p50 and p90, per period, in the unit of the part, as said at the chosen time. Predicted: components "
        "that may fail. Planned: reserved by orders. History: the rest. They add up to the total and share nothing."
    )
    panel = (
        panels.lines(
            "${part} at ${place}: what will be needed", InfluxQuery(DEMAND, alias="$tag_source $col"), about=about
        )
        .line_interpolation(common_models.LineInterpolation.STEP_AFTER)
        .repeat("place")
        .repeat_direction("v")
        .span(24)
    )
    for source, colour in SOURCES.items():
        band = [
            panels.fixed(colour),
            models.DynamicConfigValue(id_val="custom.fillBelowTo", value=f"{source} p50"),
            models.DynamicConfigValue(id_val="custom.fillOpacity", value=20),
            models.DynamicConfigValue(id_val="custom.lineWidth", value=0),
        ]
        panel = panel.override_by_name(f"{source} p90", band)
        panel = panel.override_by_name(f"{source} p50", [panels.fixed(colour)])
    return panel


def _stock_over_time() -> Panel:
    panel = panels.lines("${part}: what was on the shelf, by place", _over_time(ask.STOCK_OVER_TIME))
    return panel.line_interpolation(common_models.LineInterpolation.STEP_AFTER).fill_opacity(10)


def _moved() -> Panel:
    title = "${part}: what came and went per week, by kind"
    return panels.stacks(title, _over_time(ask.MOVED), colours=_KINDS, about="Below 0 was taken.")


def _movements() -> Panel:
    columns = [
        Column("time", "When", panels.TIME),
        Column("place", "Place"),
        Column("quantity", "Quantity"),
        Column("kind", "Kind"),
        Column("reference", "For"),
        Column("actor", "By"),
    ]
    return panels.rows("${part}: every movement, the newest first", SqlQuery(ask.MOVEMENTS), columns)
