"""The Machine dashboard as Grafana will read it."""

import json
from pathlib import Path
from typing import Any

import pytest

from dashboards import DASHBOARDS, GENERATED, generate, queries, rendered
from dashboards.influxql import DATASOURCE_UID

PROVISIONING = Path("deploy/grafana/provisioning")


@pytest.fixture
def machine() -> dict[str, Any]:
    return dict(json.loads(rendered("machine")))


@pytest.mark.parametrize("name", DASHBOARDS)
def test_what_is_committed_is_what_the_code_generates(name: str) -> None:
    assert (GENERATED / f"{name}.json").read_text(encoding="utf-8") == rendered(name)


def test_nothing_else_lies_among_the_generated_files(tmp_path: Path) -> None:
    assert [f.name for f in generate(tmp_path)] == sorted(f.name for f in GENERATED.iterdir())


def test_panels_have_unique_ids_and_places(machine: dict[str, Any]) -> None:
    panels = machine["panels"]
    assert len(panels) >= 3
    assert len({p["id"] for p in panels}) == len(panels)
    assert len({(p["gridPos"]["x"], p["gridPos"]["y"]) for p in panels}) == len(panels)


def test_panels_stay_on_the_grid_and_have_options(machine: dict[str, Any]) -> None:
    for panel in machine["panels"]:
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
        assert panel["options"], "Grafana's panels read their options without looking whether there are any"


def test_every_panel_asks_the_provisioned_data_source(machine: dict[str, Any]) -> None:
    wanted = {"type": "influxdb", "uid": DATASOURCE_UID}
    for panel in machine["panels"]:
        assert panel["datasource"] == wanted
        assert panel["targets"]
        assert all(t["query"] and t["datasource"] == wanted and t["rawQuery"] for t in panel["targets"])
    assert [a["datasource"] for a in machine["annotations"]["list"]] == [wanted]
    assert all(v["datasource"] == wanted for v in machine["templating"]["list"])


def test_the_data_source_is_provisioned_under_the_same_uid() -> None:
    text = (PROVISIONING / "datasources" / "foreworn.yaml").read_text()
    assert f"uid: {DATASOURCE_UID}\n" in text
    assert "Token ${INFLUX_TOKEN}" in text


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


def test_queries_inside_a_collapsed_row_are_found() -> None:
    inner = {"title": "inner", "targets": [{"query": "SELECT 1"}]}
    assert [q.statement for q in queries({"panels": [{"type": "row", "title": "row", "panels": [inner]}]})] == [
        "SELECT 1"
    ]


def test_every_variable_a_query_uses_is_defined(machine: dict[str, Any]) -> None:
    defined = {v["name"] for v in machine["templating"]["list"]}
    used = {part.split("}")[0].split(":")[0] for q in queries(machine) for part in q.statement.split("${")[1:]}
    assert used == defined
