"""The cost table over HTTP."""

import pytest

from tests.unit.api.browsing import Client

ROW = {
    "machine_model": "px-200",
    "component": "bearing",
    "preventive": 300.0,
    "failure": 2500.0,
    "inspection": 90.0,
    "downtime_per_hour": 150.0,
    "planned_downtime_h": 2.0,
    "unplanned_downtime_h": 10.0,
    "labour_h": 3.0,
}


def _put(client: Client, tag: str, **change: object) -> int:
    body = {"currency": "EUR", "rows": [ROW | change]}
    return client.change("PUT", "/v1/costs", body, If_Match=tag).status_code


def test_costs_are_given_on_the_version_that_was_read(paula: Client) -> None:
    before = paula.get("/v1/costs")
    assert (before.json()["rows"], before.json()["otherwise"]["assumed"]) == ([], True)
    assert _put(paula, before.headers["etag"]) == 200
    assert _put(paula, before.headers["etag"], preventive=310.0) == 412
    after = paula.get("/v1/costs")
    (row,) = after.json()["rows"]
    assert row == ROW | {"assumed": False}
    assert _put(paula, after.headers["etag"], preventive=310.0) == 200
    (entry, *_) = paula.get("/v1/audit?subject=costs").json()["items"]
    assert (entry["actor"], entry["detail"]["rows"]) == ("paula", ["px-200/bearing"])


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"preventive": -1.0}, id="a negative cost"),
        pytest.param({"preventive": None}, id="a missing cost"),
        pytest.param({"labour_h": "3"}, id="a number as text"),
        pytest.param({"failure": 0.0, "unplanned_downtime_h": 0.0}, id="a failure no dearer than preventing it"),
    ],
)
def test_a_cost_that_cannot_be_is_refused_and_nothing_is_kept(paula: Client, change: dict[str, object]) -> None:
    tag = paula.get("/v1/costs").headers["etag"]
    assert _put(paula, tag, **change) == 400
    assert paula.get("/v1/costs").json()["rows"] == []
