"""Grafana dashboards as code: `python -m dashboards` writes their JSON to `dashboards/generated`."""

from dashboards.generation import DASHBOARDS, GENERATED, generate, rendered
from dashboards.queries import PanelQuery, queries

__all__ = ["DASHBOARDS", "GENERATED", "PanelQuery", "generate", "queries", "rendered"]
