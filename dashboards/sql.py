"""PostgreSQL in Grafana: the data source, queries as panels take them, and what statements have in common."""

from collections.abc import Iterable
from dataclasses import dataclass

from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import dashboard as models

DATASOURCE_UID = "foreworn-postgres"
"""As `deploy/grafana/provisioning/datasources` provisions it."""
DATASOURCE_TYPE = "grafana-postgresql-datasource"

START = "$__timeFrom()::timestamptz"
END = "$__timeTo()::timestamptz"
"""The chosen range. What is asked as of "now" is asked as of its end, so that a past range shows the past."""

HOUR = "3600000000.0"
"""Microseconds, which spans are kept in."""


def datasource() -> models.DataSourceRef:
    """Return the reference to the provisioned PostgreSQL data source."""
    return models.DataSourceRef(type_val=DATASOURCE_TYPE, uid=DATASOURCE_UID)


def chosen(column: str, variable: str) -> str:
    """Return the condition that a column is among a variable's values; none chosen is no error but no rows.

    Examples
    --------
    >>> chosen("m.site", "site")
    'm.site = ANY(ARRAY[${site:sqlstring}]::text[])'
    """
    return f"{column} = ANY(ARRAY[${{{variable}:sqlstring}}]::text[])"


def words(values: Iterable[str]) -> str:
    """Return words as a list of SQL texts.

    Examples
    --------
    >>> words(["proposed", "approved"])
    "'proposed', 'approved'"
    """
    return ", ".join(f"'{value}'" for value in values)


def any_of(column: str, values: Iterable[str]) -> str:
    """Return the condition that a column holds one of these words."""
    return f"{column} IN ({words(values)})"


OF_FLEET = f"{chosen('m.site', 'site')} AND {chosen('m.model', 'model')}"
"""The condition that machine `m` is among the chosen sites and models."""


@dataclass(frozen=True)
class SqlQuery(Dataquery):
    """One SQL statement of a panel.

    Parameters
    ----------
    statement
        With Grafana's macros and variables.
    format
        `table` for rows as they are, or `time_series`: rows of `time`, numbers, and `metric`, which names the series.
    """

    statement: str
    format: str = "table"
    ref_id: str = "A"

    def to_json(self) -> dict[str, object]:
        """Return the target as Grafana stores it."""
        return {
            "refId": self.ref_id,
            "datasource": datasource(),
            "rawSql": self.statement.strip(),
            "rawQuery": True,
            "editorMode": "code",
            "format": self.format,
        }
