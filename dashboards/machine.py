"""The *Machine* dashboard: the forecast of its components, how long they last, its signals, its device's events."""

from grafana_foundation_sdk.builders import common, dashboard, table, timeseries
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import dashboard as models

from dashboards.influxql import InfluxQuery, Target, annotation, datasource

UID = "foreworn-machine"

_BOTTOM = common_models.LegendPlacement.BOTTOM

_OF_DEVICE = "\"device\"::tag = '${device:raw}' AND $timeFilter"
_OF_MACHINE = "\"machine\"::tag = '${machine:raw}' AND $timeFilter"

SIGNAL = (
    f'SELECT mean("${{signal:raw}}"::float) FROM "telemetry" WHERE {_OF_DEVICE} GROUP BY time($__interval) fill(none)'
)
"""`::float` lets integers and counters through, and gives no rows, not an error, for a signal of states."""

FORECAST = (
    f'SELECT last("probability"::field) FROM "forecast" WHERE {_OF_MACHINE} '
    "AND \"model_version\"::tag = '${version:raw}' "
    'GROUP BY time($__interval), "component"::tag, "horizon"::tag, "revision"::tag fill(none)'
)
LIFE = (
    'SELECT last("p10"::field) AS "p10", last("p50"::field) AS "p50", last("p90"::field) AS "p90" '
    f'FROM "remaining_life" WHERE {_OF_MACHINE} GROUP BY time($__interval), "component"::tag, "unit"::tag, '
    '"model_version"::tag fill(none)'
)
EVENTS = (
    'SELECT "code"::tag AS "code", "severity"::tag AS "severity", "message"::field AS "message", '
    f'"count"::field AS "count" FROM "event" WHERE {_OF_DEVICE} ORDER BY time DESC LIMIT 500'
)
EVENT_MARKS = (
    'SELECT "message"::field AS "message", "code"::tag AS "code", "severity"::tag AS "severity" '
    f'FROM "event" WHERE {_OF_DEVICE} ORDER BY time DESC LIMIT 500'
)


def machine_dashboard() -> dashboard.Dashboard:
    """Return the dashboard, ready to be built."""
    return (
        dashboard.Dashboard("Machine")
        .uid(UID)
        .description("One machine: what is forecast of its components, its signals, and the events of its device.")
        .tags(["foreworn"])
        .readonly()
        .timezone("utc")
        .time("now-7d", "now")
        .refresh("1m")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .with_variable(_choice("machine", "Machine", 'SHOW TAG VALUES FROM "forecast" WITH KEY = "machine"'))
        .with_variable(_choice("version", "Model version", _VERSIONS).sort(models.VariableSort.ALPHABETICAL_DESC))
        .with_variable(_choice("device", "Device", 'SHOW TAG VALUES FROM "telemetry" WITH KEY = "device"'))
        .with_variable(_signals())
        .annotation(annotation("Events", EVENT_MARKS, text="message", tags="code,severity"))
        .with_panel(_forecast_panel())
        .with_panel(_life_panel())
        .with_panel(_signal_panel())
        .with_panel(_event_panel())
    )


_VERSIONS = 'SHOW TAG VALUES FROM "forecast" WITH KEY = "model_version" WHERE "machine"::tag = \'${machine:raw}\''


def _choice(name: str, label: str, statement: str) -> dashboard.QueryVariable:
    return (
        dashboard.QueryVariable(name)
        .label(label)
        .datasource(datasource())
        .query(statement)
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
    )


def _signals() -> dashboard.QueryVariable:
    """Return every field of the telemetry; the panel of a signal is repeated for each that is chosen."""
    chosen = models.VariableOption(selected=True, text=["All"], value=["$__all"])
    return (
        _choice("signal", "Signals", 'SHOW FIELD KEYS FROM "telemetry"').multi(True).include_all(True).current(chosen)
    )


def _forecast_panel() -> timeseries.Panel:
    alias = "$tag_component within $tag_horizon, revision $tag_revision"
    return (
        timeseries.Panel()
        .title("Probability of failing, by component")
        .description("Every revision is kept: revision 0 is what was said first, later ones followed late data.")
        .datasource(datasource())
        .with_target(Target(InfluxQuery(FORECAST, alias=alias)))
        .unit("percentunit")
        .min(0)
        .max(1)
        .legend(_legend(common_models.LegendDisplayMode.LIST))
        .span(24)
        .height(9)
    )


def _life_panel() -> timeseries.Panel:
    return (
        timeseries.Panel()
        .title("Life left, by component")
        .description(
            "Told once a day: it lasts longer than p10 with 90 % probability, than p50 with 50 %, than p90 with 10 %."
        )
        .datasource(datasource())
        .with_target(Target(InfluxQuery(LIFE, alias="$tag_component $col, $tag_unit, $tag_model_version")))
        .unit("none")  # each series names its own
        .min(0)
        .legend(_legend(common_models.LegendDisplayMode.LIST))
        .span(24)
        .height(9)
    )


def _signal_panel() -> timeseries.Panel:
    return (
        timeseries.Panel()
        .title("${signal}")
        .description("Mean per interval. A signal of states has no mean and shows no data.")
        .datasource(datasource())
        .with_target(Target(InfluxQuery(SIGNAL, alias="${signal}")))
        .repeat("signal")
        .repeat_direction("h")
        .legend(_legend(common_models.LegendDisplayMode.HIDDEN))
        .span(24)
        .height(8)
    )


def _legend(mode: common_models.LegendDisplayMode) -> common.VizLegendOptions:
    shown = mode is not common_models.LegendDisplayMode.HIDDEN
    return common.VizLegendOptions().display_mode(mode).placement(_BOTTOM).show_legend(shown)


def _event_panel() -> table.Panel:
    return (
        table.Panel()
        .title("Events of the device, the newest first")
        .datasource(datasource())
        .with_target(Target(InfluxQuery(EVENTS, format="table")))
        .show_header(True)
        .span(24)
        .height(9)
    )
