"""Failure models over HTTP."""

from dataclasses import replace
from pathlib import Path

import pytest

from api.app import create_app
from tests.unit.api.browsing import Client
from tests.unit.api.promoted_models import BROKEN, FIRST, SECOND, WEAK, promoted_models
from tests.unit.api.seeded_fleet import VERSION, empty_services


@pytest.fixture
def reader(tmp_path: Path) -> Client:
    return Client(create_app(replace(empty_services(), models=promoted_models(tmp_path))), user="vera")


def test_models_say_what_they_are(client: Client, empty: Client) -> None:
    answer = client.get("/v1/models").json()
    assert (answer["versions"], answer["serving_version"]) == ([VERSION], VERSION)
    assert answer["serving"]["description"]["left_out"] == {"gear": "it never failed before 2026-02-01"}
    (item,) = answer["items"]
    assert (item["in_use"], item["decision"], item["rows"]) == (True, None, 72_000)
    nothing = empty.get("/v1/models").json()
    assert (nothing["serving"], nothing["serving_version"], nothing["versions"], nothing["items"]) == (
        None,
        None,
        [],
        [],
    )


def test_versions_are_listed_by_pages_with_their_figures_and_what_failed(reader: Client) -> None:
    first = reader.get("/v1/models?limit=3").json()
    assert (first["total"], [one["version"] for one in first["items"]]) == (4, [FIRST, SECOND, WEAK])
    (rest,) = reader.get(f"/v1/models?cursor={first['next_cursor']}").json()["items"]
    assert (rest["version"], rest["damage"], rest["rows"]) == (BROKEN, "skill.txt does not match its checksum", None)
    in_use, weak = first["items"][1:]
    assert (in_use["in_use"], in_use["failures"], in_use["reported"]) == (True, 20, True)
    assert in_use["brier_skill"] == pytest.approx(0.41)
    assert (weak["in_use"], weak["decision"]["promoted"], weak["decision"]["why"]) == (False, False, "failed: skill")
    assert [check["passed"] for check in weak["decision"]["checks"]] == [True, False]


def test_one_version_tells_its_files_and_when_it_was_in_use(reader: Client) -> None:
    answer = reader.get(f"/v1/models/{FIRST}").json()
    assert answer["trained_until"] == "2026-02-01T00:00:00Z"
    assert set(answer["files"]) == {"about.json", "skill.txt"}
    assert set(answer["attachments"]) == {"promotion.json"}
    assert [(one["version"], one["replaced"], one["by"]) for one in answer["promotions"]] == [
        (FIRST, None, "foreworn"),
        (SECOND, FIRST, "emil"),
    ]
    assert answer["promotions"][1]["time"] == "2026-02-20T06:00:00Z"


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        pytest.param("/nope", 404, "no model version 'nope'", id="a version that is not kept"),
        pytest.param(f"/{FIRST}/report", 404, "no attachment 'report.json'", id="a version without a report"),
        pytest.param(f"/{BROKEN}", 500, "skill.txt does not match its checksum", id="a damaged version"),
    ],
)
def test_what_cannot_be_told_is_a_problem(reader: Client, path: str, status: int, said: str) -> None:
    answer = reader.get(f"/v1/models{path}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.json()["detail"]


def test_the_report_of_a_version_is_told_as_it_was_filed(reader: Client) -> None:
    answer = reader.get(f"/v1/models/{SECOND}/report")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"model": SECOND}
