"""All dashboards as Grafana will read them."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dashboards import DASHBOARDS, GENERATED, generate, influxql, queries, rendered, sql

PROVISIONING = Path("deploy/grafana/provisioning")
SOURCES = {influxql.DATASOURCE_UID: "influxdb", sql.DATASOURCE_UID: sql.DATASOURCE_TYPE}


@pytest.fixture(params=DASHBOARDS)
def dashboard(request: pytest.FixtureRequest) -> dict[str, Any]:
    return dict(json.loads(rendered(request.param)))


@pytest.fixture
def panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    """All panels but the heads of rows."""
    return [p for p in dashboard["panels"] if p["type"] != "row"]


@pytest.mark.parametrize("name", DASHBOARDS)
def test_what_is_committed_is_what_the_code_generates(name: str) -> None:
    assert (GENERATED / f"{name}.json").read_text(encoding="utf-8") == rendered(name)


def test_nothing_else_lies_among_the_generated_files(tmp_path: Path) -> None:
    assert [f.name for f in generate(tmp_path)] == sorted(f.name for f in GENERATED.iterdir())


def test_dashboards_have_uids_of_their_own() -> None:
    assert len({json.loads(rendered(name))["uid"] for name in DASHBOARDS}) == len(DASHBOARDS)


def test_every_query_stands_at_a_place_of_its_own(dashboard: dict[str, Any]) -> None:
    counted = Counter(q.place for q in queries(dashboard))
    assert counted
    assert [place for place, count in counted.items() if count > 1] == []


def test_panels_have_ids_of_their_own_and_do_not_overlap(dashboard: dict[str, Any]) -> None:
    assert len({p["id"] for p in dashboard["panels"]}) == len(dashboard["panels"])
    taken = Counter(
        (x, y)
        for g in (p["gridPos"] for p in dashboard["panels"])
        for x in range(g["x"], g["x"] + g["w"])
        for y in range(g["y"], g["y"] + g["h"])
    )
    assert max(taken.values()) == 1
    assert max(x for x, _ in taken) < 24


def test_panels_have_options(panels: list[dict[str, Any]]) -> None:
    assert all(p["options"] for p in panels), "Grafana's panels read their options without a look whether there are any"


def test_every_query_asks_a_provisioned_data_source(dashboard: dict[str, Any], panels: list[dict[str, Any]]) -> None:
    for panel in panels:
        assert panel["targets"]
        for asked in (panel, *panel["targets"]):
            assert asked["datasource"]["type"] == SOURCES[asked["datasource"]["uid"]]
        assert all(t["rawQuery"] for t in panel["targets"])
    assert {q.source for q in queries(dashboard)} <= set(SOURCES)


def test_both_data_sources_are_provisioned() -> None:
    text = (PROVISIONING / "datasources" / "foreworn.yaml").read_text()
    assert re.findall(r"uid: (\S+)\n +type: (\S+)\n", text) == list(SOURCES.items())


def test_every_variable_that_is_used_is_defined_and_the_other_way_round(dashboard: dict[str, Any]) -> None:
    defined = {v["name"] for v in dashboard["templating"]["list"]}
    text = json.dumps([dashboard["panels"], [q.statement for q in queries(dashboard)]])
    used = {name for name in re.findall(r"\$\{(\w+)[:}]", text) if not name.startswith("__")}
    assert used == defined


def test_a_value_that_somebody_typed_never_stands_in_sql_as_it_is(dashboard: dict[str, Any]) -> None:
    fixed = {v["name"] for v in dashboard["templating"]["list"] if v["type"] == "custom"}
    for query in queries(dashboard):
        if query.source == sql.DATASOURCE_UID:
            raw = set(re.findall(r"\$\{(\w+)(?!\w|:sqlstring)", query.statement))
            assert raw <= fixed


def test_numbers_have_units(panels: list[dict[str, Any]]) -> None:
    """A signal's panel has none of its own: the unit is in the signal's name."""
    without = [
        p["title"]
        for p in panels
        if p["type"] in ("stat", "timeseries", "barchart") and not p["fieldConfig"]["defaults"].get("unit")
    ]
    assert without in ([], ["${signal}"])


def test_a_band_is_filled_down_to_a_line_that_exists() -> None:
    (band,) = [p for p in json.loads(rendered("spare-parts"))["panels"] if p.get("repeat")]
    styled = {o["matcher"]["options"]: o["properties"] for o in band["fieldConfig"]["overrides"]}
    below = {p["value"] for told in styled.values() for p in told if p["id"] == "custom.fillBelowTo"}
    assert len(below) == 4
    assert below <= set(styled)


def test_links_lead_to_dashboards_that_exist(panels: list[dict[str, Any]]) -> None:
    known = {json.loads(rendered(name))["uid"] for name in DASHBOARDS}
    assert set(re.findall(r"\"/d/([\w-]+)", json.dumps(panels))) <= known


def test_queries_inside_a_collapsed_row_are_found() -> None:
    inner = {"title": "inner", "targets": [{"query": "SELECT 1", "datasource": {"uid": "x"}}]}
    assert [q.statement for q in queries({"panels": [{"type": "row", "title": "row", "panels": [inner]}]})] == [
        "SELECT 1"
    ]
