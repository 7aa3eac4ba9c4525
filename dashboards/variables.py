"""What one may choose at the head of a dashboard."""

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models import dashboard as models

from dashboards import influxql, sql

_EVERYTHING = models.VariableOption(selected=True, text=["All"], value=["$__all"])


def from_sql(name: str, label: str, statement: str) -> dashboard.QueryVariable:
    """Return a choice of one of the values that a statement finds in PostgreSQL, in the statement's order."""
    return (
        dashboard.QueryVariable(name)
        .label(label)
        .datasource(sql.datasource())
        .query(statement.strip())
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.DISABLED)
    )


def from_influx(name: str, label: str, statement: str) -> dashboard.QueryVariable:
    """Return a choice of one of the values that a statement finds in InfluxDB, the last of the alphabet first."""
    return (
        dashboard.QueryVariable(name)
        .label(label)
        .datasource(influxql.datasource())
        .query(statement)
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_DESC)
    )


def several(variable: dashboard.QueryVariable) -> dashboard.QueryVariable:
    """Let several values be chosen, all of them to begin with."""
    return variable.multi(True).include_all(True).current(_EVERYTHING)


def hidden(variable: dashboard.QueryVariable) -> dashboard.QueryVariable:
    """Take all values, without showing the choice: it follows from others."""
    return several(variable).hide(models.VariableHide.HIDE_VARIABLE)


def one_of(name: str, label: str, values: list[str], *, first: str) -> dashboard.CustomVariable:
    """Return a choice among fixed values."""
    current = models.VariableOption(selected=True, text=first, value=first)
    options = [models.VariableOption(selected=value == first, text=value, value=value) for value in values]
    return dashboard.CustomVariable(name).label(label).values(",".join(values)).options(options).current(current)
