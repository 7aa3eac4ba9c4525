"""InfluxQL in Grafana: the data source, and queries as the foundation SDK's panels take them.

The SDK has no InfluxDB part, so the query is our own implementation of its data query.
"""

from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import dashboard as models

DATASOURCE_UID = "foreworn-influx"
"""As `deploy/grafana/provisioning/datasources` provisions it."""


def datasource() -> models.DataSourceRef:
    """Return the reference to the provisioned InfluxDB data source."""
    return models.DataSourceRef(type_val="influxdb", uid=DATASOURCE_UID)


def chosen(tag: str, variable: str) -> str:
    """Return the condition that a tag is among a variable's values.

    Examples
    --------
    >>> print(chosen("device", "device"))
    "device"::tag =~ /^${device:regex}$/
    """
    return f'"{tag}"::tag =~ /^${{{variable}:regex}}$/'


@dataclass(frozen=True)
class InfluxQuery(Dataquery):
    """One InfluxQL statement of a panel.

    Parameters
    ----------
    statement
        With Grafana's macros and variables.
    format
        `time_series`, or `table` for rows as they are.
    alias
        Names a series; `$tag_NAME` stands for a tag's value.
    """

    statement: str
    format: str = "time_series"
    alias: str = ""
    ref_id: str = "A"

    def to_json(self) -> dict[str, object]:
        """Return the target as Grafana stores it."""
        target: dict[str, object] = {
            "refId": self.ref_id,
            "datasource": datasource(),
            "query": self.statement,
            "rawQuery": True,
            "resultFormat": self.format,
        }
        return {**target, "alias": self.alias} if self.alias else target


class Target(Builder[Dataquery]):
    """Builds a query of either data source, as panels want it."""

    def __init__(self, query: Dataquery) -> None:
        self._query = query

    def build(self) -> Dataquery:
        """Return the query."""
        return self._query


class _AnnotationTarget(models.AnnotationTarget):
    """Where an annotation comes from; the SDK knows Grafana's own annotations only."""

    def __init__(self, statement: str, *, text: str, tags: str) -> None:
        super().__init__()
        self._statement, self._text, self._tags = statement, text, tags

    def to_json(self) -> dict[str, object]:
        return {
            "refId": "Anno",
            "datasource": datasource(),
            "query": self._statement,
            "rawQuery": True,
            "fromAnnotations": True,
            "textColumn": self._text,
            "tagsColumn": self._tags,
        }


class _AnnotationTargetBuilder(Builder[models.AnnotationTarget]):
    def __init__(self, target: _AnnotationTarget) -> None:
        self._target = target

    def build(self) -> models.AnnotationTarget:
        return self._target


def annotation(name: str, statement: str, *, text: str, tags: str) -> builders.AnnotationQuery:
    """Return marks on the time axis: `text` and `tags` name columns of the statement's result."""
    target = _AnnotationTargetBuilder(_AnnotationTarget(statement, text=text, tags=tags))
    return builders.AnnotationQuery().name(name).datasource(datasource()).icon_color("orange").target(target)
