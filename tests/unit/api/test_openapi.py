"""The API keeps to its own description, whatever it is asked."""

from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.specs.openapi.checks import positive_data_acceptance

from api.app import create_app
from tests.unit.api.browsing import Client
from tests.unit.api.seeded_fleet import seeded_services, with_store_away

_SERVICES = seeded_services(machines=12, days=2)
_EXAMPLES = settings(
    max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)
healthy = schemathesis.openapi.from_asgi("/v1/openapi.json", create_app(_SERVICES, host_names={"testserver"}))
broken = schemathesis.openapi.from_asgi(
    "/v1/openapi.json", create_app(with_store_away(_SERVICES), host_names={"testserver"})
)


@healthy.parametrize()
@_EXAMPLES
def test_no_question_breaks_the_api(case: Case[Any]) -> None:
    # A cursor of another list, or `from` after `to`, fits the schema and is refused all the same.
    response = case.call_and_validate(excluded_checks=[positive_data_acceptance])
    assert response.status_code < 500


@broken.parametrize()
@_EXAMPLES
def test_with_the_store_away_the_worst_is_a_503_that_says_when_to_retry(case: Case[Any]) -> None:
    response = case.call()
    assert response.status_code < 500 or (response.status_code == 503 and response.headers["retry-after"] == ["3"])


def test_everything_is_described_and_nothing_but_reading_is_offered() -> None:
    schema = Client(create_app(_SERVICES)).get("/v1/openapi.json").json()
    assert "Read-only" in schema["info"]["description"]
    for path, operations in schema["paths"].items():
        assert path.startswith("/v1/")
        assert set(operations) == {"get"}
        for operation in operations.values():
            assert operation["summary"]
            assert operation["description"]
            assert all(p.get("description") or p["schema"].get("description") for p in operation.get("parameters", []))


def test_only_problems_stand_beside_200_and_they_are_problem_json() -> None:
    schema = Client(create_app(_SERVICES)).get("/v1/openapi.json").json()
    for operations in schema["paths"].values():
        for status, response in operations["get"]["responses"].items():
            kind = "application/json" if status == "200" else "application/problem+json"
            assert list(response["content"]) == [kind]
