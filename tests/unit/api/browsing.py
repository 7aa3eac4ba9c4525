"""A client that asks the application without a socket."""

import asyncio
from collections.abc import Mapping

import httpx
from fastapi import FastAPI


class Client:
    """Asks one application, as a browser on the same computer would."""

    def __init__(self, app: FastAPI, base_url: str = "http://127.0.0.1:8600") -> None:
        self._app, self._base_url = app, base_url

    def get(self, path: str, *, params: Mapping[str, str] | None = None, **headers: str) -> httpx.Response:
        """Return the answer to a GET."""
        return self.ask("GET", path, params=params, **headers)

    def ask(self, method: str, path: str, *, params: Mapping[str, str] | None = None, **headers: str) -> httpx.Response:
        """Return the answer to any request; an error inside becomes the answer it would become outside."""

        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=self._base_url) as client:
                return await client.request(method, path, params=params, headers=headers)

        return asyncio.run(asked())
