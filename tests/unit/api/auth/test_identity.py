"""Who comes: by a session, by a token, or not at all."""

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from api.app import create_app
from tests.unit.api.browsing import Client
from tests.unit.api.seeded_fleet import empty_services


def _me(client: Client, **headers: str) -> int:
    return client.ask("GET", "/v1/me", **headers).status_code


def test_nobody_reads_but_whether_it_lives(stranger: Client) -> None:
    assert stranger.get("/v1/health").status_code == 200
    answer = stranger.get("/v1/machines")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("Bearer wrong", id="a wrong token"),
        pytest.param("Bearer ", id="no token"),
        pytest.param("Basic cGF1bGE6cGFzc3dvcmQgb2YgcGF1bGE=", id="a password in place of a token"),
    ],
)
def test_a_wrong_token_is_not_made_good_by_a_session(paula: Client, header: str) -> None:
    assert _me(paula) == 200
    assert _me(paula, authorization=header) == 401


def test_a_token_comes_in_any_case_of_its_scheme(paula: Client) -> None:
    paula.cookies.clear()
    assert _me(paula, authorization=f"bearer {paula.token}") == 200


def test_a_session_is_no_token_and_a_token_no_session(paula: Client) -> None:
    (session,) = paula.cookies.values()
    paula.cookies = {next(iter(paula.cookies)): str(paula.token)}
    assert _me(paula) == 401
    paula.cookies.clear()
    assert _me(paula, authorization=f"Bearer {session}") == 401


def test_a_device_may_not_read_what_people_read(app: FastAPI) -> None:
    answer = Client(app, user="gateway").get("/v1/machines")
    assert answer.status_code == 403
    assert "role" in answer.json()["detail"]


def test_a_route_that_forgets_to_ask_who_comes_is_asked_for_it() -> None:
    app = create_app(empty_services())
    forgetful = APIRouter()
    forgetful.routes.append(APIRoute("/forgetful", lambda: "secret"))
    app.include_router(forgetful)
    assert Client(app, user=None).get("/forgetful").status_code == 303
    assert Client(app).get("/forgetful").text == '"secret"'
