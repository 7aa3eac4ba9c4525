"""The Machine dashboard as Grafana will read it."""

import json
from typing import Any

import pytest

from dashboards import queries, rendered


@pytest.fixture
def machine() -> dict[str, Any]:
    return dict(json.loads(rendered("machine")))


def test_one_panel_is_repeated_for_every_chosen_signal(machine: dict[str, Any]) -> None:
    (repeated,) = [p for p in machine["panels"] if p.get("repeat")]
    (signal,) = [v for v in machine["templating"]["list"] if v["name"] == repeated["repeat"]]
    assert signal["multi"]
    assert signal["includeAll"]
    assert "${signal:raw}" in repeated["targets"][0]["query"]


def test_queries_come_from_variables_annotations_and_panels(machine: dict[str, Any]) -> None:
    places = [q.place.split()[0] for q in queries(machine)]
    assert places.count("variable") == 4
    assert places.count("annotation") == 1
    assert places.count("panel") == len(machine["panels"])
