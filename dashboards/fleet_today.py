"""The *Fleet today* dashboard: what will break, what is silent or strange, and what acting on it saves."""

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models import dashboard as models

from dashboards import fleet_today_sql as ask
from dashboards import machine, panels, variables
from dashboards.influxql import InfluxQuery, chosen
from dashboards.panels import BLUE, GREY, ORANGE, RED, SKY, Column, Panel
from dashboards.sql import SqlQuery

UID = "foreworn-fleet-today"
KINDS = {"predictive": BLUE, "preventive": SKY, "corrective": ORANGE}

_OF_DEVICES = f"{chosen('device', 'device')} AND $timeFilter"
_OF_MACHINES = f"{chosen('machine', 'machine')} AND $timeFilter"
# A device chooses its own words; these two are what no one has to look at.
_ALARMS = f'{_OF_DEVICES} AND "severity"::tag !~ /^(info|debug)$/'

READINGS = f'SELECT count(/.*/) FROM "telemetry" WHERE {_OF_DEVICES} GROUP BY time(1h) fill(none)'
ALARMS = f'SELECT sum("count"::field) FROM "event" WHERE {_ALARMS} GROUP BY time(1h), "severity"::tag fill(none)'
NEWEST_ALARMS = (
    'SELECT "device"::tag AS "device", "code"::tag AS "code", "severity"::tag AS "severity", '
    f'"message"::field AS "message" FROM "event" WHERE {_ALARMS} ORDER BY time DESC LIMIT 100'
)
HIGHEST = (
    f'SELECT max("probability"::field) FROM "forecast" WHERE {_OF_MACHINES} '
    'GROUP BY time($__interval), "machine"::tag fill(none)'
)
EXCESS = (
    'SELECT max("excess") FROM (SELECT "score"::field / "threshold"::field AS "excess" FROM "health" '
    f'WHERE {_OF_MACHINES} GROUP BY "machine"::tag) WHERE $timeFilter '
    'GROUP BY time($__interval), "machine"::tag fill(none)'
)

_TO_MACHINE = f"/d/{machine.UID}?${{__url_time_range}}&var-machine=${{__data.fields.machine:percentencode}}"
_MACHINE = Column("machine", "Machine", link=_TO_MACHINE)


def fleet_today() -> dashboard.Dashboard:
    """Return the dashboard, ready to be built."""
    return (
        dashboard.Dashboard("Fleet today")
        .uid(UID)
        .description("What will break, what is silent or strange, and what the open orders save.")
        .tags(["foreworn"])
        .readonly()
        .timezone("utc")
        .time("now-24h", "now")
        .refresh("1m")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .with_variable(variables.several(variables.from_sql("site", "Site", ask.SITES)))
        .with_variable(variables.several(variables.from_sql("model", "Machine model", ask.MODELS)))
        .with_variable(
            variables.one_of("silent", "Silent after", ["15 minutes", "1 hour", "6 hours", "1 day"], first="1 hour")
        )
        .with_variable(variables.hidden(variables.from_sql("device", "Device", ask.DEVICES)))
        .with_variable(variables.hidden(variables.from_sql("machine", "Machine", ask.MACHINES)))
        .with_panel(_expected_failures())
        .with_panel(panels.number("Open cases: machines unlike themselves", ask.OPEN_CASES).span(6))
        .with_panel(panels.number("Silent devices, of all", ask.SILENT, about=_SILENT).span(6))
        .with_panel(_avoided_cost())
        .with_panel(_likely())
        .with_panel(_highest())
        .with_panel(_orders())
        .with_panel(_cases())
        .with_panel(_excess())
        .with_panel(_silent_devices())
        .with_panel(_readings())
        .with_panel(_alarms())
        .with_panel(_newest_alarms())
        .with_panel(panels.stacks("Messages in quarantine per hour, by reason", _over_time(ask.QUARANTINED)).span(24))
    )


_SILENT = "A device is silent when nothing came from it for the time chosen above, or never anything."


def _over_time(statement: str) -> SqlQuery:
    return SqlQuery(statement, format="time_series")


def _expected_failures() -> Panel:
    about = "The sum of all standing probabilities, each within its own forecast's horizon."
    return panels.number("Failures to expect within the horizon", ask.EXPECTED_FAILURES, decimals=1, about=about).span(
        6
    )


def _avoided_cost() -> Panel:
    about = "What the open predictive orders are expected to save, as it stood when each was proposed."
    return panels.number("Saved if all open orders are done", ask.AVOIDED_COST, unit=panels.MONEY, about=about).span(6)


def _likely() -> Panel:
    columns = [
        _MACHINE,
        Column("component", "Component"),
        Column("site", "Site"),
        Column("model", "Model"),
        Column("probability", "Likely to fail", panels.SHARE, 0),
        Column("within", "Within", panels.HOURS),
        Column("because", "Strongest reason"),
        Column("data_to", "Data to", panels.TIME),
        Column("order", "Order"),
        Column("state", "Order is"),
        Column("saves", "Saves", panels.MONEY, 0),
        Column("currency", "Currency"),
    ]
    return panels.rows("These machines are the likeliest to fail", SqlQuery(ask.LIKELY), columns, height=11)


def _highest() -> Panel:
    query = InfluxQuery(HIGHEST, alias="$tag_machine")
    about = "The most probable component of each machine, over all model versions and revisions that were said."
    return panels.lines("How each machine's probability of failing has moved", query, unit=panels.SHARE, about=about)


def _orders() -> Panel:
    query = SqlQuery(ask.ORDERS_BY_STATE)
    return panels.bars("Open orders, by how far they have come", query, x="state", colours=KINDS)


def _cases() -> Panel:
    columns = [
        _MACHINE,
        Column("site", "Site"),
        Column("opened_at", "Since", panels.TIME),
        Column("now", "Score now, of its threshold", panels.TIMES, 1),
        Column("peak", "Peak, of its threshold", panels.TIMES, 1),
        Column("signal", "Largest share"),
        Column("reason", "Why it was opened"),
    ]
    return panels.rows("These machines behave unlike themselves", SqlQuery(ask.CASES), columns).span(12)


def _excess() -> Panel:
    query = InfluxQuery(EXCESS, alias="$tag_machine")
    panel = panels.lines("Anomaly score over its threshold: above 1 is unusual", query, unit=panels.TIMES)
    return panel.thresholds(panels.limit(1)).thresholds_style(panels.dashed()).height(9)


def _silent_devices() -> Panel:
    columns = [
        Column("device", "Device"),
        _MACHINE,
        Column("site", "Site"),
        Column("last_heard", "Last heard", panels.TIME),
        Column("silent_for", "Silent for", panels.SECONDS, 0),
    ]
    return panels.rows("Nothing comes from these devices", SqlQuery(ask.SILENT_DEVICES), columns, about=_SILENT).span(
        12
    )


def _readings() -> Panel:
    about = "A reading is one value of one signal. A fall of one signal is a sensor, a fall of all is a connection."
    named = models.DataTransformerConfig(id_val="renameByRegex", options={"regex": "count_(.*)", "renamePattern": "$1"})
    panel = panels.stacks("Readings per hour, by signal", InfluxQuery(READINGS, alias="$col"), about=about)
    return panel.with_transformation(named).height(9)


def _alarms() -> Panel:
    colours = {"critical": RED, "error": RED, "warning": ORANGE, "notice": GREY}
    query = InfluxQuery(ALARMS, alias="$tag_severity")
    return panels.stacks("Alarms per hour, by severity", query, colours=colours).height(9)


def _newest_alarms() -> Panel:
    return panels.rows("The newest alarms", InfluxQuery(NEWEST_ALARMS, format="table"), []).span(12)
