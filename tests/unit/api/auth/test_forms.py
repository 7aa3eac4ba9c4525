"""A page elsewhere cannot change anything in its reader's name."""

import pytest

from api.auth.forms import FIELD, HEADER, token_of
from api.auth.identity import SESSION_COOKIE
from tests.unit.api.browsing import Client

_FORM = {"password": "1", "again": "2"}
"""Refused with 400 once it is believed to be ours."""


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({}, 400, id="our own page is believed"),
        pytest.param({"sec-fetch-site": "cross-site"}, 403, id="another site is not"),
        pytest.param({"sec-fetch-site": "same-site"}, 403, id="nor a neighbour under the same name"),
        pytest.param({"origin": "https://elsewhere.example"}, 403, id="nor another origin"),
        pytest.param({"origin": "null"}, 403, id="nor an origin that hides itself"),
        pytest.param({"origin": "http://127.0.0.1:9000"}, 403, id="nor another port of this computer"),
    ],
)
def test_a_form_is_believed_only_from_our_own_pages(paula: Client, headers: dict[str, str], status: int) -> None:
    assert paula.send("/account/password", form=_FORM, **headers).status_code == status


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("", id="none"),
        pytest.param("0" * 64, id="a made-up one"),
        pytest.param("é", id="one that is not ASCII"),
        pytest.param(token_of("another session"), id="that of another session"),
    ],
)
def test_a_form_without_the_sessions_token_is_refused(paula: Client, token: str) -> None:
    answer = paula.send("/account/password", form=_FORM | {FIELD: token})
    assert answer.status_code == 403
    assert "load the page again" in answer.text


def test_a_script_of_a_session_sends_its_token_as_a_header(paula: Client) -> None:
    asked = {"origin": "http://127.0.0.1:8600", "sec-fetch-site": "same-origin"}
    path = "/v1/work-orders/WO-1/start"
    assert paula.ask("POST", path, **asked).json()["type"].endswith("foreign-form")
    asked[HEADER] = token_of(paula.cookies[SESSION_COOKIE])
    assert paula.ask("POST", path, **asked).status_code == 428


def test_a_token_needs_no_form(paula: Client) -> None:
    assert paula.change("POST", "/v1/work-orders/WO-1/start").status_code == 428
