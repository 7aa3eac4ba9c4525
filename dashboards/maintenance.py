"""The *Maintenance* dashboard: how the work goes, how reliable the machines are, and how often models were right."""

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models import dashboard as models

from dashboards import fleet_today_sql, panels, variables
from dashboards import maintenance_sql as work
from dashboards import model_record_sql as record
from dashboards import reliability_sql as reliability
from dashboards.fleet_today import KINDS
from dashboards.panels import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, SKY, YELLOW, Column, Panel
from dashboards.sql import SqlQuery

UID = "foreworn-maintenance"

STATES = {"proposed": GREY, "approved": SKY, "scheduled": BLUE, "in_progress": ORANGE, "completed": GREEN}
_ENDED = {"closed": GREEN, "declined": PURPLE, "cancelled": YELLOW, "superseded": GREY}
_OUTCOMES = {
    "failed": RED,
    "found": ORANGE,
    "found_other": YELLOW,
    "found_nothing": SKY,
    "survived": BLUE,
    "censored": PURPLE,
    "pending": GREY,
}


def maintenance() -> dashboard.Dashboard:
    """Return the dashboard, ready to be built."""
    return (
        dashboard.Dashboard("Maintenance")
        .uid(UID)
        .description("How the work goes, how reliable the machines are, and how often the models were right.")
        .tags(["foreworn"])
        .readonly()
        .timezone("utc")
        .time("now-90d", "now")
        .refresh("15m")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .with_variable(variables.several(variables.from_sql("site", "Site", fleet_today_sql.SITES)))
        .with_variable(variables.several(variables.from_sql("model", "Machine model", fleet_today_sql.MODELS)))
        .with_variable(variables.several(variables.from_sql("version", "Model version", record.VERSIONS)))
        .with_row(dashboard.Row("Is the work done in time?"))
        .with_panel(_compliance())
        .with_panel(_backlog())
        .with_panel(_compliance_over_time())
        .with_panel(_backlog_over_time())
        .with_panel(_late())
        .with_row(dashboard.Row("What work is there?"))
        .with_panel(_weekly("Open orders at the end of each week, by state", work.STATES_OVER_TIME, STATES))
        .with_panel(_weekly("Orders that began in each week, by kind", work.CREATED, KINDS))
        .with_panel(_weekly("Orders that ended in each week, by how", work.ENDED, _ENDED))
        .with_row(dashboard.Row("How reliable are the machines?"))
        .with_panel(_mtbf())
        .with_panel(_mttr())
        .with_row(dashboard.Row("How often were the models right?"))
        .with_panel(_record())
        .with_panel(_orders())
        .with_panel(_outcomes())
        .with_panel(_calibration())
    )


def _over_time(statement: str) -> SqlQuery:
    return SqlQuery(statement, format="time_series")


def _weekly(title: str, statement: str, colours: dict[str, str]) -> Panel:
    about = "Weeks begin on Monday, 00:00 UTC."
    return panels.stacks(title, _over_time(statement), colours=colours, about=about).span(8)


_COMPLIANCE = (
    "SMRP 5.4.14: preventive and predictive orders completed by their due date, of those due in the range, without "
    "the declined and the superseded. SMRP 5.4.4 and 5.4.3: orders, and their planned hours, completed by the end of "
    "their booked window, of those whose window ended in the range."
)


def _compliance() -> Panel:
    title = "Done in time, of what was due and of what was scheduled"
    return panels.number(title, work.COMPLIANCE, unit=panels.SHARE, about=_COMPLIANCE).span(12)


def _compliance_over_time() -> Panel:
    title = "Done in time, week by week"
    query = _over_time(work.COMPLIANCE_OVER_TIME)
    colours = {"PM and PdM compliance": BLUE, "Schedule compliance, orders": ORANGE}
    return panels.lines(title, query, unit=panels.SHARE, colours=colours, about=_COMPLIANCE).min(0).max(1)


_BACKLOG = (
    "SMRP 5.4.9: planned hours of orders that are approved, scheduled or in progress, over the hours the active "
    "technicians have in a week. The team is everybody's: it does not follow the choice of sites."
)


def _backlog() -> Panel:
    return panels.number(
        "Approved work, and the hours there are for it", work.BACKLOG, decimals=1, about=_BACKLOG
    ).span(12)


def _backlog_over_time() -> Panel:
    colours = {"ready": BLUE, "proposed": GREY, "team, a week": ORANGE}
    title = "Backlog against the hours the team has in a week"
    return panels.lines(title, _over_time(work.BACKLOG_OVER_TIME), unit=panels.HOURS, colours=colours, about=_BACKLOG)


def _late() -> Panel:
    columns = [
        Column("order", "Order"),
        Column("machine", "Machine"),
        Column("component", "Component"),
        Column("kind", "Kind"),
        Column("state", "State"),
        Column("task", "Task"),
        Column("due", "Due", panels.TIME),
        Column("late_by", "Late by", panels.SECONDS, 0),
        Column("hours", "Planned", panels.HOURS),
        Column("technician", "Technician"),
    ]
    return panels.rows("These orders are late", SqlQuery(work.LATE), columns, height=7)


def _mtbf() -> Panel:
    columns = [
        Column("model", "Machine model"),
        Column("machines", "Machines"),
        Column("failures", "Failures"),
        Column("operating", "Operating", panels.HOURS, 0),
        Column("down", "Down after failures", panels.HOURS, 1),
        Column("mtbf", "MTBF", panels.HOURS, 0),
    ]
    about = (
        "SMRP 3.5.1: operating time over failures. Operating time is the calendar time in service without the time "
        "from a failure until the component was replaced or repaired; standing idle counts as operating. Where no "
        "repair of a component was ever recorded, or it failed again days later without one, a failure counts as "
        "repaired at once."
    )
    title = "The models that fail most often, and their time between failures"
    return panels.rows(title, SqlQuery(reliability.MTBF), columns, about=about).span(12)


def _mttr() -> Panel:
    columns = [
        Column("model", "Machine model"),
        Column("repairs", "Repairs"),
        Column("hours", "Repair time", panels.HOURS, 1),
        Column("mttr", "MTTR", panels.HOURS, 1),
        Column("mean_downtime", "Mean downtime", panels.HOURS, 1),
    ]
    about = (
        "SMRP 3.5.2: repair time over repairs, of the corrective orders completed in the range. Repair time is the "
        "time in progress; mean downtime (3.5.4) runs from the failure to the completion."
    )
    title = "The models that take longest to repair"
    return panels.rows(title, SqlQuery(reliability.MTTR), columns, about=about).span(12)


def _record() -> Panel:
    columns = [
        Column("model_version", "Model version"),
        Column("forecasts", "Daily forecasts"),
        Column("alarms_confirmed", "Alarms confirmed"),
        Column("alarms_refuted", "Alarms refuted"),
        Column("precision", "Precision", panels.SHARE, 0),
        Column("failures", "Failures"),
        Column("caught", "Told before"),
        Column("recall", "Recall", panels.SHARE, 0),
        Column("median_lead", "Median notice", panels.SECONDS, 0),
        Column("brier", "Brier score", "", 4),
    ]
    about = (
        "From labels. An alarm is a run of daily forecasts at or above the threshold with one fate; one that is "
        "pending or censored counts for nothing. Shares are of forecasts whose horizon ended before that of any that "
        "is still open, for failures are known sooner than survival; failures, which count findings that confirmed a "
        "forecast, and the notice given of them are counted at once."
    )
    title = "How many alarms were right, and how many failures were told"
    return panels.rows(title, SqlQuery(record.RECORD), columns, about=about, height=6)


def _orders() -> Panel:
    columns = [
        Column("model_version", "Model version"),
        Column("confirmed", "Confirmed"),
        Column("refuted", "False"),
        Column("censored", "Nobody can know"),
        Column("open", "Still open"),
        Column("false_share", "False, of those known", panels.SHARE, 0),
    ]
    about = "Predictive orders by what became of their forecast. Replaced without a look is neither right nor false."
    query = SqlQuery(record.PREDICTIVE_ORDERS)
    return panels.rows("How many predictive orders were false", query, columns, about=about, height=8).span(12)


def _outcomes() -> Panel:
    query = SqlQuery(record.OUTCOMES)
    return panels.bars("What became of the daily forecasts", query, x="model_version", colours=_OUTCOMES)


def _calibration() -> Panel:
    columns = [
        Column("model_version", "Model version"),
        Column("low", "Said, from", panels.SHARE, 0),
        Column("high", "to", panels.SHARE, 0),
        Column("said", "Forecasts"),
        Column("mean", "Said on average", panels.SHARE, 1),
        Column("happened", "Happened"),
        Column("share", "Happened, of all", panels.SHARE, 1),
        Column("share_low", "95 % from", panels.SHARE, 1),
        Column("share_high", "to ", panels.SHARE, 1),
    ]
    about = (
        "Of forecasts whose horizon ended before that of any that is still open. Wilson's interval; forecasts of one "
        "failure depend on each other, so the truth is wider."
    )
    title = "How often a probability was right"
    return panels.rows(title, SqlQuery(record.CALIBRATION), columns, about=about, height=10)
