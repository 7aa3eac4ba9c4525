"""Every query of a dashboard's JSON, wherever it stands in it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class PanelQuery:
    """One statement, where it stands (a variable, an annotation or a panel by its title), and whom it asks.

    Parameters
    ----------
    place
        Such as `panel The newest alarms`; unique in a dashboard whose titles are.
    statement
        With Grafana's macros and variables.
    source
        The uid of the data source.
    """

    place: str
    statement: str
    source: str


def queries(dashboard: Mapping[str, Any]) -> Iterator[PanelQuery]:
    """Iterate over the statements of variables, annotations and panels (those in rows too)."""
    for variable in dashboard.get("templating", {}).get("list", []):
        if variable["type"] == "query":
            yield PanelQuery(f"variable {variable['name']}", variable["query"], variable["datasource"]["uid"])
    for annotation in dashboard.get("annotations", {}).get("list", []):
        place = f"annotation {annotation['name']}"
        yield PanelQuery(place, annotation["target"]["query"], annotation["datasource"]["uid"])
    yield from _panel_queries(dashboard.get("panels", []))


def _panel_queries(panels: Sequence[Mapping[str, Any]]) -> Iterator[PanelQuery]:
    for panel in panels:
        for target in panel.get("targets", []):
            statement = target["rawSql"] if "rawSql" in target else target["query"]
            yield PanelQuery(f"panel {panel['title']}", statement, target["datasource"]["uid"])
        yield from _panel_queries(panel.get("panels", []))
