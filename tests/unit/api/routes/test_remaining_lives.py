"""Remaining lives over HTTP."""

import pytest

from tests.unit.api.browsing import Client
from tests.unit.api.routes.test_machines import read_all
from tests.unit.api.seeded_fleet import UNSEEN


def test_what_stands_comes_with_unit_interval_note_and_reasons(client: Client) -> None:
    bearing, filter_ = client.get("/v1/remaining-lives").json()["items"]
    assert (bearing["machine"], bearing["component"]) == ("Pump-07", "bearing")
    assert [bearing[name] for name in ("p10", "p50", "p90", "unit")] == [288.0, 744.0, 1440.0, "hours"]
    assert (bearing["time"], bearing["model_version"]) == ("2026-03-02T00:00:00Z", "life-5c1e")
    assert bearing["reasons"][0]["contribution"] == 190.0
    assert (bearing["note"], filter_["note"]) == ("", UNSEEN)


def test_they_are_paged_and_one_machine_can_be_asked_for(client: Client) -> None:
    assert [x["component"] for x in read_all(client, "/v1/remaining-lives?limit=1")] == ["bearing", "filter"]
    assert client.get("/v1/remaining-lives?machine=Pump-01").json() == {"items": [], "total": 0, "next_cursor": None}


def test_those_on_record_come_by_time_and_as_they_were_known(client: Client) -> None:
    path = "/v1/machines/Pump-07/remaining-lives"
    since = client.get(f"{path}?from=2026-02-28T00:00:00Z").json()["items"]
    assert [(x["time"], x["p50"]) for x in since] == [
        ("2026-02-28T00:00:00Z", 792.0),
        ("2026-03-01T00:00:00Z", 768.0),
        ("2026-03-02T00:00:00Z", 744.0),
    ]
    known = client.get(f"{path}?from=2026-02-28T00:00:00Z&as_of=2026-03-01T00:00:30Z").json()["items"]
    assert [x["time"] for x in known] == ["2026-02-28T00:00:00Z"]
    components = [x["component"] for x in read_all(client, f"{path}?limit=5")]
    assert components == ["bearing"] * 7 + ["filter"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/v1/machines/nope/remaining-lives", 404, id="an unknown machine"),
        pytest.param("/v1/remaining-lives?cursor=x", 400, id="a cursor of another list"),
    ],
)
def test_a_wrong_question_is_a_problem(client: Client, path: str, status: int) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_with_the_store_away_what_stands_is_told_and_the_record_says_when_to_ask_again(away: Client) -> None:
    assert away.get("/v1/remaining-lives").json()["total"] == 2
    assert away.get("/v1/machines/Pump-07/remaining-lives").status_code == 503


def test_a_standing_forecast_carries_its_curve(client: Client) -> None:
    (top, *_) = client.get("/v1/machines/Pump-07").json()["forecasts"]
    assert top["curve"] == [{"horizon_h": 24.0, "probability": 0.62}]
