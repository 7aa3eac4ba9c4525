"""The table of errors, and what a client reads."""

from dataclasses import replace
from http import HTTPStatus

import pytest

from api.app import create_app
from api.problems import TABLE, BadParameter, problem_of
from foreworn import errors
from tests.unit.api.browsing import Client
from tests.unit.api.seeded_fleet import AwayRegistry, StubModels, empty_services


def _tree(root: type[Exception]) -> list[type[Exception]]:
    return [kind for child in root.__subclasses__() for kind in (child, *_tree(child))]


def test_every_error_of_the_tree_has_a_meaning() -> None:
    ours = [kind for kind in _tree(errors.ForewornError) if kind.__module__ == errors.__name__]
    assert len(ours) > 10
    # MRO: a subclass means what its parent means, unless the table says more.
    assert [kind for kind in ours if not any(parent in TABLE for parent in kind.__mro__)] == []


@pytest.mark.parametrize(
    ("error", "status"),
    [
        pytest.param(errors.NotFound("machine", "x"), 404, id="what does not exist is 404"),
        pytest.param(errors.Conflict("changed"), 409, id="a conflict is 409"),
        pytest.param(errors.TransitionRefused("closed", "open", allowed=()), 409, id="a refused transition is 409"),
        pytest.param(errors.StoreUnavailable("InfluxDB", "down"), 503, id="a store that is away is 503"),
        pytest.param(BadParameter("from", "no time", remedy="write one"), 400, id="a bad parameter is 400"),
        pytest.param(ValueError("ours, but not the client's"), 500, id="any other ValueError is our own mistake"),
    ],
)
def test_an_error_becomes_its_status(error: Exception, status: int) -> None:
    assert problem_of(error).status == status


def test_what_we_did_not_expect_keeps_its_words_to_the_log() -> None:
    problem = problem_of(RuntimeError("password=hunter2"))
    assert problem.status is HTTPStatus.INTERNAL_SERVER_ERROR
    assert "hunter2" not in str(problem.body("/v1/machines"))


def test_a_problem_has_the_members_of_rfc_9457(client: Client) -> None:
    answer = client.get("/v1/machines/nope")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "urn:problem-type:foreworn:not-found",
        "title": "It does not exist",
        "status": 404,
        "detail": "no machine 'nope'",
        "instance": "/v1/machines/nope",
    }


@pytest.mark.parametrize(
    ("query", "field", "remedy"),
    [
        pytest.param("from=yesterday", "from", "2026-01-31T06:00:00Z", id="a bad time says the format"),
        pytest.param("from=2026-01-01", "from", "2026-01-31T06:00:00Z", id="a date is no time"),
        pytest.param("from=2026-01-01T00:00:00", "from", "2026-01-31T06:00:00Z", id="a time without zone is no time"),
        pytest.param("from=2026-01-01T00:00:00+01:00", "from", "%2B", id="a lost plus is named"),
        pytest.param("from=1812-01-01T00:00:00Z", "from", "1970 to 2200", id="no store holds 1812"),
        pytest.param("to=2026-02-30T00:00:00Z", "to", "2026-01-31T06:00:00Z", id="no such day"),
        pytest.param("limit=many", "limit", "integer", id="a limit is a number"),
        pytest.param("limit=1", "limit", "10", id="a limit has a least"),
        pytest.param("from=2026-03-01T00:00:00Z&to=2026-02-01T00:00:00Z", "from", "earlier", id="from comes first"),
    ],
)
def test_a_bad_request_names_field_and_remedy(client: Client, query: str, field: str, remedy: str) -> None:
    answer = client.get(f"/v1/machines/Pump-07/signals?{query}")
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    assert remedy in f"{error['problem']} {error['remedy']}"


def test_a_method_that_is_not_offered_says_which_is(client: Client) -> None:
    answer = client.ask("DELETE", "/v1/machines")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET"
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_store_that_is_away_says_when_to_retry(away: Client) -> None:
    answer = away.get("/v1/machines/Pump-07/signals")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "3"
    assert "InfluxDB at 127.0.0.1:8086" in answer.json()["detail"]


def test_a_page_shows_a_problem_to_a_person() -> None:
    services = replace(empty_services(), registry=AwayRegistry(), models=StubModels())
    answer = Client(create_app(services)).get("/")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "3"
    assert "PostgreSQL at 127.0.0.1:5432 is not available" in answer.text
    assert "What is still right" in answer.text


def test_a_bug_in_the_api_is_a_500_problem() -> None:
    class Broken:
        def now(self) -> None:
            raise ZeroDivisionError("secret detail")

    services = replace(empty_services(), clock=Broken())  # type: ignore[arg-type]
    answer = Client(create_app(services)).get("/v1/status")
    assert answer.status_code == 500
    assert answer.json()["type"] == "urn:problem-type:foreworn:internal"
    assert "secret" not in answer.text


def test_the_log_has_one_line_of_a_store_that_is_away_and_no_trace(
    away: Client, caplog: pytest.LogCaptureFixture
) -> None:
    away.get("/v1/machines/Pump-07/signals")
    (record,) = (r for r in caplog.records if r.name == "api.app")
    assert record.levelname == "WARNING"
    assert "GET '/v1/machines/Pump-07/signals' answered 503 store-unavailable" in record.getMessage()
    assert "\n" not in record.getMessage()
    assert record.exc_info is None


def test_the_log_has_the_trace_of_a_bug_and_nothing_of_the_clients_own_mistakes(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def now(self) -> None:
            raise ZeroDivisionError("first line\nsecond line")

    client.get("/v1/machines/nope")
    services = replace(empty_services(), clock=Broken())  # type: ignore[arg-type]
    Client(create_app(services)).get("/v1/status")
    (record,) = (r for r in caplog.records if r.name == "api.app")
    assert record.levelname == "ERROR"
    assert record.getMessage() == "GET '/v1/status' answered 500 internal: first line second line"
    assert record.exc_info is not None
