"""The API keeps to its own description, whatever it is asked, and by whom."""

import re
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.specs.openapi.checks import positive_data_acceptance

from api.app import create_app
from tests.unit.api.browsing import ADMIN, Client
from tests.unit.api.seeded_fleet import seeded_services, with_store_away

_SERVICES = seeded_services(machines=12, days=2)
_SECRET, _ = _SERVICES.people.issue_token(ADMIN, "schemathesis", actor=ADMIN)
_ADMIN = {"Authorization": f"Bearer {_SECRET}"}
_EXAMPLES = settings(
    max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)
healthy = schemathesis.openapi.from_asgi("/v1/openapi.json", create_app(_SERVICES, host_names={"testserver"}))
broken = schemathesis.openapi.from_asgi(
    "/v1/openapi.json", create_app(with_store_away(_SERVICES), host_names={"testserver"})
).include(method="GET", path_regex="^/v1/(machines|devices|health|status)")


@healthy.parametrize()
@_EXAMPLES
def test_no_question_breaks_the_api(case: Case[Any]) -> None:
    # A cursor of another list, or `from` after `to`, fits the schema and is refused all the same.
    response = case.call_and_validate(headers=_ADMIN, excluded_checks=[positive_data_acceptance])
    assert response.status_code < 500


@broken.parametrize()
@_EXAMPLES
def test_with_the_store_away_the_worst_is_a_503_that_says_when_to_retry(case: Case[Any]) -> None:
    response = case.call(headers=_ADMIN)
    assert response.status_code < 500 or (response.status_code == 503 and response.headers["retry-after"] == ["3"])


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    described: dict[str, Any] = Client(create_app(_SERVICES)).get("/v1/openapi.json").json()
    return described


def _operations(schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, op) for path, ops in schema["paths"].items() for method, op in ops.items()]


def test_everything_is_described(schema: dict[str, Any]) -> None:
    for path, _, operation in _operations(schema):
        assert path.startswith("/v1/")
        assert operation["summary"]
        assert operation["description"]
        assert all(p.get("description") or p["schema"].get("description") for p in operation.get("parameters", []))


def test_only_problems_stand_beside_2xx_and_they_are_problem_json(schema: dict[str, Any]) -> None:
    for _, _, operation in _operations(schema):
        for status, response in operation["responses"].items():
            kind = "application/json" if status.startswith("2") else "application/problem+json"
            assert list(response.get("content", [])) == ([] if status == "204" else [kind])


def test_everything_but_health_says_that_it_asks_for_a_log_in_and_does(schema: dict[str, Any]) -> None:
    nobody = Client(create_app(_SERVICES), user=None)
    for path, method, operation in _operations(schema):
        if path == "/v1/health":
            assert operation["security"] == []
            continue
        assert operation["security"]
        assert {"401", "403"} <= set(operation["responses"])
        assert nobody.ask(method.upper(), re.sub(r"\{\w+\}", "1", path)).status_code == 401


def test_what_is_made_takes_a_key_and_what_is_changed_a_version(schema: dict[str, Any]) -> None:
    for path, method, operation in _operations(schema):
        headers = {p["name"].lower() for p in operation.get("parameters", []) if p["in"] == "header"}
        if "201" in operation["responses"]:
            assert "idempotency-key" in headers, path
        if "412" in operation["responses"]:
            assert {"if-match"} <= headers, path
            assert "428" in operation["responses"], (path, method)
