"""Every query of a dashboard's JSON, wherever it stands in it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class PanelQuery:
    """One statement, and where it stands: a variable, an annotation or a panel by its title."""

    place: str
    statement: str


def queries(dashboard: Mapping[str, Any]) -> Iterator[PanelQuery]:
    """Iterate over the statements of variables, annotations and panels (those in rows too)."""
    for variable in dashboard.get("templating", {}).get("list", []):
        if variable["type"] == "query":
            yield PanelQuery(f"variable {variable['name']}", variable["query"])
    for annotation in dashboard.get("annotations", {}).get("list", []):
        yield PanelQuery(f"annotation {annotation['name']}", annotation["target"]["query"])
    yield from _panel_queries(dashboard.get("panels", []))


def _panel_queries(panels: list[Mapping[str, Any]]) -> Iterator[PanelQuery]:
    for panel in panels:
        for target in panel.get("targets", []):
            yield PanelQuery(f"panel {panel['title']}", target["query"])
        yield from _panel_queries(panel.get("panels", []))
