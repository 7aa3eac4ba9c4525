"""Logging in and out by plain forms."""

import re
from dataclasses import replace

import pytest
from fastapi import FastAPI

from api.auth.attempts import PER_PAIR
from api.auth.forms import VISIT_COOKIE
from api.auth.identity import SESSION_COOKIE
from api.services import ConsoleServices
from foreworn.access import KeyKind
from tests.unit.api.browsing import Client


def _log_in(client: Client, name: str = "paula", password: str = "password of paula", goes_to: str = "/") -> int:
    client.get("/login")
    return client.send("/login", form={"name": name, "password": password, "next": goes_to}).status_code


def test_a_page_asks_for_a_log_in_and_comes_back_to_where_it_was_wanted(stranger: Client) -> None:
    answer = stranger.get("/quarantine?reason=unreadable")
    assert answer.status_code == 303
    login = answer.headers["location"]
    assert login == "/login?next=%2Fquarantine%3Freason%3Dunreadable"
    assert 'value="/quarantine?reason=unreadable"' in stranger.get(login).text
    form = {"name": "paula", "password": "password of paula", "next": "/quarantine?reason=unreadable"}
    answer = stranger.send("/login", form=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/quarantine?reason=unreadable")
    assert stranger.get("/v1/me").json()["name"] == "paula"


@pytest.mark.parametrize(
    "elsewhere",
    [
        pytest.param("https://elsewhere.example/", id="another site"),
        pytest.param("//elsewhere.example/", id="another site without its scheme"),
        pytest.param("/\\elsewhere.example/", id="another site as some browsers read it"),
        pytest.param("javascript:alert(1)", id="a script"),
    ],
)
def test_a_log_in_never_leads_elsewhere(stranger: Client, elsewhere: str) -> None:
    stranger.get("/login")
    answer = stranger.send("/login", form={"name": "paula", "password": "password of paula", "next": elsewhere})
    assert answer.headers["location"] == "/"


def test_a_wrong_password_says_no_more_than_that_they_do_not_belong_together(stranger: Client) -> None:
    stranger.get("/login")
    wrong = stranger.send("/login", form={"name": "paula", "password": "password of ada"})
    nobody = stranger.send("/login", form={"name": "nobody", "password": "password of ada"})
    assert wrong.status_code == nobody.status_code == 401
    assert wrong.text.replace("paula", "nobody") == nobody.text
    assert SESSION_COOKIE not in stranger.cookies


def test_after_some_failures_even_the_right_password_has_to_wait(stranger: Client) -> None:
    assert [_log_in(stranger, password="wrong") for _ in range(PER_PAIR)] == [401] * PER_PAIR
    stranger.get("/login")
    answer = stranger.send("/login", form={"name": "paula", "password": "password of paula"})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 15 * 60
    assert _log_in(stranger, "theo", "password of theo") == 303


def test_the_sessions_cookie_is_out_of_reach_of_scripts_and_other_sites(app: FastAPI) -> None:
    for base_url, secure in (("http://127.0.0.1:8600", False), ("https://127.0.0.1:8600", True)):
        client = Client(app, base_url, user=None)
        client.get("/login")
        answer = client.send("/login", form={"name": "paula", "password": "password of paula"})
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert ("secure" in cookie) is secure


def test_logging_out_ends_the_session_in_the_store_too(stranger: Client, plant: ConsoleServices) -> None:
    assert _log_in(stranger) == 303
    secret = stranger.cookies[SESSION_COOKIE]
    answer = stranger.send("/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert SESSION_COOKIE not in stranger.cookies
    assert plant.people.visitor(secret, KeyKind.SESSION) is None


def test_a_link_is_spent_by_its_button_and_not_by_looking_at_it(
    stranger: Client, app: FastAPI, plant: ConsoleServices
) -> None:
    path = f"/link/{plant.people.invite('vera', actor='ada')}"
    assert stranger.get(path).status_code == 200
    assert stranger.get(path).status_code == 200
    answer = stranger.send(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert "vera" in stranger.get("/account").text
    late = Client(app, user=None)
    late.get(path)
    assert late.send(path).status_code == 410
    assert SESSION_COOKIE not in late.cookies


def test_who_comes_by_a_link_sets_a_password_without_saying_the_old_one(app: FastAPI, stranger: Client) -> None:
    client = Client(app, user="emil")
    form = {"password": "a password of my own", "again": "a password of my own"}
    assert client.send("/account/password", form=form | {"again": "another"}).status_code == 400
    assert client.send("/account/password", form={"password": "short", "again": "short"}).status_code == 400
    assert client.send("/account/password", form=form).status_code == 303
    assert client.get("/account").status_code == 200
    assert _log_in(stranger, "emil", "a password of my own") == 303
    changed = {"password": "yet another password", "again": "yet another password"}
    assert stranger.send("/account/password", form=changed | {"present": "wrong"}).status_code == 400
    assert stranger.send("/account/password", form=changed | {"present": form["password"]}).status_code == 303


def test_a_person_makes_a_programs_token_and_takes_it_back(paula: Client) -> None:
    page = paula.send("/account/tokens", form={"label": "night report"})
    (secret,) = re.findall(r"<code>(fwt_[\w-]+)</code>", page.text)
    assert paula.change("GET", "/v1/me", token=secret).json()["name"] == "paula"
    again = paula.get("/account").text
    assert "night report" in again
    assert secret not in again
    revoke = re.findall(r'action="(/account/tokens/\w+/revoke)">.*?title="Revoke night report"', again)
    assert paula.send(revoke[0]).status_code == 303
    assert paula.change("GET", "/v1/me", token=secret).status_code == 401
    assert paula.send("/account/tokens", form={"label": " "}).status_code == 400


def test_every_form_holds_the_token_of_its_session(stranger: Client) -> None:
    before = re.findall(r'name="csrf_token" value="(\w*)"', stranger.get("/login").text)
    assert stranger.cookies[VISIT_COOKIE]
    assert _log_in(stranger) == 303
    after = re.findall(r'name="csrf_token" value="(\w*)"', stranger.get("/account").text)
    assert len(before[0]) == len(after[0]) == 64
    assert set(before).isdisjoint(after)


def test_the_log_never_holds_a_link(
    app: FastAPI, stranger: Client, plant: ConsoleServices, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def redeem(self, secret: str) -> None:
            raise ZeroDivisionError

    stranger.get("/link/fwl_secret")
    app.state.services = replace(plant, people=Broken())  # type: ignore[arg-type]
    assert stranger.send("/link/fwl_secret").status_code == 500
    assert [r for r in caplog.records if r.name == "api.app"]
    assert "fwl_secret" not in "".join(r.getMessage() for r in caplog.records)
