"""A client that asks the application without a socket, as somebody who is logged in."""

import asyncio
from collections.abc import Mapping
from http.cookies import SimpleCookie
from typing import Any

import httpx
from fastapi import FastAPI

from api.auth.forms import FIELD, VISIT_COOKIE, token_of
from api.auth.identity import SESSION_COOKIE
from api.services import ConsoleServices

ADMIN = "ada"


class Client:
    """Asks one application, as a browser on the same computer would.

    `user` names who is logged in, by a session for pages and by a token for changes over the API; None: nobody.
    """

    def __init__(self, app: FastAPI, base_url: str = "http://127.0.0.1:8600", *, user: str | None = ADMIN) -> None:
        self._app, self._base_url = app, base_url
        self.cookies: dict[str, str] = {}
        self.token: str | None = None
        if user is not None:
            people = _services(app).people
            self.token, _ = people.issue_token(user, "test", actor=user)
            self.cookies[SESSION_COOKIE] = people.redeem(people.invite(user, actor=user)) or ""

    def get(self, path: str, *, params: Mapping[str, str] | None = None, **headers: str) -> httpx.Response:
        """Return the answer to a GET, without following where it leads."""
        return self._ask("GET", path, headers, params=params)

    def ask(self, method: str, path: str, **headers: str) -> httpx.Response:
        """Return the answer to any request of this session."""
        return self._ask(method, path, headers)

    def send(self, path: str, *, form: Mapping[str, str] | None = None, **headers: str) -> httpx.Response:
        """Return the answer to one of our own forms, as the browser of this session sends it."""
        secret = self.cookies.get(SESSION_COOKIE) or self.cookies.get(VISIT_COOKIE, "")
        fields = {FIELD: token_of(secret), **(form or {})}
        told = {"origin": self._base_url, "sec-fetch-site": "same-origin", **headers}
        return self._ask("POST", path, told, data=fields)

    def change(
        self, method: str, path: str, body: object = None, *, token: str | None = None, **headers: str
    ) -> httpx.Response:
        """Return the answer to a change over the API, with the user's token; names of headers with _ for -."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named["authorization"] = f"Bearer {token or self.token}"
        return self._ask(method, path, named, json=body, cookies=False)

    def _ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        *,
        params: Mapping[str, str] | None = None,
        json: object = None,
        data: Mapping[str, str] | None = None,
        cookies: bool = True,
    ) -> httpx.Response:
        """Return the answer to any request; an error inside becomes the answer it would become outside."""
        content: dict[str, Any] = {} if json is None else {"json": json}

        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app, raise_app_exceptions=False)
            kept = self.cookies if cookies else {}
            async with httpx.AsyncClient(transport=transport, base_url=self._base_url, cookies=kept) as client:
                return await client.request(method, path, params=params, data=data, headers=headers, **content)

        answer = asyncio.run(asked())
        self._keep_cookies(answer)
        return answer

    def _keep_cookies(self, answer: httpx.Response) -> None:
        for line in answer.headers.get_list("set-cookie"):
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value


def _services(app: FastAPI) -> ConsoleServices:
    services: ConsoleServices = app.state.services
    return services
