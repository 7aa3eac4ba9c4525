"""What each role may do."""

import pytest

from api.app import create_app
from api.auth import require
from tests.unit.api.browsing import Client
from tests.unit.api.seeded_fleet import PEOPLE, empty_services


@pytest.fixture(scope="module")
def people() -> dict[str, Client]:
    app = create_app(empty_services())
    return {name: Client(app, user=name) for name in PEOPLE}


@pytest.mark.parametrize(
    ("method", "path", "body", "allowed"),
    [
        pytest.param("GET", "/v1/work-orders", None, "ada paula theo ines emil vera", id="everybody reads orders"),
        pytest.param("GET", "/v1/audit", None, "ada paula emil", id="who plans or answers reads the audit trail"),
        pytest.param("GET", "/v1/users", None, "ada", id="an admin sees the users"),
        pytest.param("POST", "/v1/users", {}, "ada", id="an admin adds users"),
        pytest.param("POST", "/v1/users/vera/link", None, "ada", id="an admin makes links"),
        pytest.param("POST", "/v1/work-orders", {}, "ada paula", id="a planner asks for jobs"),
        pytest.param("POST", "/v1/work-orders/WO-9/approve", {}, "ada paula", id="a planner approves"),
        pytest.param("POST", "/v1/work-orders/WO-9/decline", {}, "ada paula", id="a planner declines"),
        pytest.param("POST", "/v1/work-orders/WO-9/schedule", {}, "ada paula", id="a planner schedules"),
        pytest.param("POST", "/v1/work-orders/WO-9/unschedule", {}, "ada paula", id="a planner unschedules"),
        pytest.param("POST", "/v1/work-orders/WO-9/cancel", {}, "ada paula", id="a planner cancels"),
        pytest.param("POST", "/v1/work-orders/WO-9/close", {}, "ada paula", id="a planner closes"),
        pytest.param("POST", "/v1/work-orders/WO-9/start", None, "ada paula theo", id="a technician starts"),
        pytest.param("POST", "/v1/work-orders/WO-9/pause", {}, "ada paula theo", id="a technician pauses"),
        pytest.param("POST", "/v1/work-orders/WO-9/complete", {}, "ada paula theo", id="a technician completes"),
        pytest.param("POST", "/v1/machines/Pump-07/failures", {}, "ada paula theo", id="a technician reports"),
        pytest.param("POST", "/v1/stock-movements", {}, "ada ines", id="a storekeeper moves stock"),
        pytest.param("POST", "/v1/purchases/PO-1/approve", {}, "ada ines", id="a storekeeper buys"),
        pytest.param("PUT", "/v1/costs", {}, "ada paula emil", id="who plans or answers gives costs"),
        pytest.param("POST", "/v1/tokens", {}, "ada paula theo ines emil vera", id="everybody makes their own tokens"),
    ],
)
def test_each_role_may_do_its_own(
    people: dict[str, Client], method: str, path: str, body: object, allowed: str
) -> None:
    refused = {name for name, client in people.items() if client.change(method, path, body).status_code == 403}
    assert set(PEOPLE) - refused == set(allowed.split())


def test_a_requirement_names_a_role() -> None:
    with pytest.raises(ValueError, match="name the roles"):
        require()
