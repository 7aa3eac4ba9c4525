"""Users and tokens over HTTP."""

import pytest
from fastapi import FastAPI

from tests.unit.api.browsing import Client
from tests.unit.api.seeded_fleet import PEOPLE

NEW = {"name": "nora", "roles": ["planner", "inventory"], "password": "a long enough password"}


def test_an_admin_lets_somebody_in_who_then_logs_in(ada: Client, stranger: Client) -> None:
    answer = ada.change("POST", "/v1/users", NEW)
    assert (answer.status_code, answer.headers["location"]) == (201, "/v1/users/nora")
    assert answer.json() == {
        "name": "nora",
        "roles": ["inventory", "planner"],
        "active": True,
        "has_password": True,
    }
    stranger.get("/login")
    assert stranger.send("/login", form={"name": "nora", "password": str(NEW["password"])}).status_code == 303
    assert ada.change("POST", "/v1/users", NEW).status_code == 409


def test_a_link_lets_somebody_in_without_a_password(ada: Client, stranger: Client) -> None:
    path = ada.change("POST", "/v1/users/vera/link").json()["path"]
    stranger.get(path)
    assert stranger.send(path).status_code == 303
    assert stranger.get("/v1/me").json()["name"] == "vera"


def test_what_is_left_out_of_a_change_stays(ada: Client, paula: Client) -> None:
    changed = ada.change("PATCH", "/v1/users/paula", {"roles": ["viewer"]}).json()
    assert (changed["roles"], changed["active"], changed["has_password"]) == (["viewer"], True, True)
    assert paula.get("/v1/me").json()["roles"] == ["viewer"]
    ada.change("PATCH", "/v1/users/paula", {"active": False})
    assert paula.get("/v1/me").status_code == 401
    assert len(ada.get("/v1/users").json()["items"]) == len(PEOPLE)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(NEW | {"name": "a b"}, 400, id="a name with a blank"),
        pytest.param(NEW | {"roles": []}, 400, id="no role"),
        pytest.param(NEW | {"roles": ["king"]}, 400, id="a role that there is not"),
        pytest.param(NEW | {"password": "short"}, 400, id="a short password"),
        pytest.param(NEW | {"name": "foreworn"}, 400, id="the platform's own name"),
    ],
)
def test_a_user_who_cannot_be_is_refused(ada: Client, body: object, status: int) -> None:
    answer = ada.change("POST", "/v1/users", body)
    assert answer.status_code == status
    assert "a long enough password" not in answer.text


def test_the_last_admin_stays(ada: Client) -> None:
    assert ada.change("PATCH", "/v1/users/ada", {"roles": ["viewer"]}).status_code == 409


def test_a_tokens_secret_is_told_once(paula: Client, app: FastAPI) -> None:
    made = paula.change("POST", "/v1/tokens", {"label": "robot", "expires_in_d": 30}, Idempotency_Key="k1")
    again = paula.change("POST", "/v1/tokens", {"label": "robot", "expires_in_d": 30}, Idempotency_Key="k1")
    secret, token = made.json()["secret"], made.json()["id"]
    assert again.json() == made.json() | {"secret": None}
    assert secret not in paula.get("/v1/tokens").text
    assert token in {t["id"] for t in paula.get("/v1/tokens").json()["items"]}
    assert paula.change("GET", "/v1/me", token=secret).json()["name"] == "paula"
    assert paula.change("DELETE", f"/v1/tokens/{token}").status_code == 204
    assert paula.change("GET", "/v1/me", token=secret).status_code == 401
    assert paula.change("DELETE", f"/v1/tokens/{token}").status_code == 404


def test_only_an_admin_makes_and_revokes_tokens_of_others(paula: Client, ada: Client) -> None:
    robot = {"label": "robot", "user": "theo"}
    assert paula.change("POST", "/v1/tokens", robot).status_code == 403
    assert paula.get("/v1/tokens?of=theo").status_code == 403
    made = ada.change("POST", "/v1/tokens", robot).json()
    assert made["user"] == "theo"
    assert paula.change("DELETE", f"/v1/tokens/{made['id']}").status_code == 404
    assert ada.change("DELETE", f"/v1/tokens/{made['id']}?of=theo").status_code == 204
