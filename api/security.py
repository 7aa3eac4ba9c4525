"""What every answer carries, and whom we answer: a page elsewhere may not reach us through a name of its own."""

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
CHART_CONTENT_POLICY = CONTENT_POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
"""For pages with charts: plotly writes style attributes. Scripts stay ours alone."""

LARGEST_BODY = 1 << 20
"""A form or a JSON object of ours has a few kilobytes. [B]"""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

_EVERY_ANSWER = {**HEADERS, "Content-Security-Policy": CONTENT_POLICY, "Cache-Control": "no-store"}

SANDBOXED = {
    "Content-Security-Policy": (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "unsafe-none",
}
"""For a page that was filed, not rendered here: it may draw itself and nothing else, in an origin of its own.

A browser refuses to show a sandboxed page that asks for an opener policy besides (HTML Standard, navigation); without
script it could not use its opener anyway.
"""


class SecurityHeaders:
    """Adds the security headers to every answer where it says nothing of its own, and so forbids caching."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; add the headers to the answer's start."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _EVERY_ANSWER.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


class LimitedBody:
    """Refuses a request that brings more than any of ours needs, before it fills the memory.

    Parameters
    ----------
    largest
        Most bytes of a body. [B]
    """

    def __init__(self, app: ASGIApp, *, largest: int = LARGEST_BODY) -> None:
        self._app, self._largest = app, largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 413 where the length that is told is too much; end the reading where more comes than was told."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told = Headers(scope=scope).get("content-length", "0")
        if not told.isdecimal() or int(told) > self._largest:
            refusal = JSONResponse(self._problem(scope["path"]), 413, media_type="application/problem+json")
            await refusal(scope, receive, send)
            return
        come = 0

        async def counted() -> Message:
            nonlocal come
            message = await receive()
            come += len(message.get("body", b""))
            if come > self._largest:
                raise HTTPException(413, f"a request brings at most {self._largest:,} bytes")
            return message

        await self._app(scope, counted, send)

    def _problem(self, path: str) -> dict[str, object]:
        return {
            "type": "urn:problem-type:foreworn:content-too-large",
            "title": "Content Too Large",
            "status": 413,
            "detail": f"a request brings at most {self._largest:,} bytes",
            "instance": path,
        }


class KnownHosts:
    """Answers only requests to a literal address, to `localhost`, or to a name we were told.

    A page on another site can point its own name at the loopback address (DNS rebinding); then the
    browser sends that name as the host, and gets nothing.

    Parameters
    ----------
    names
        Further host names, without port.
    """

    def __init__(self, app: ASGIApp, *, names: Collection[str] = ()) -> None:
        self._app = app
        self._names = {"localhost", *(name.lower() for name in names)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 421 to a host that is not ours."""
        if scope["type"] == "http" and not self._is_ours(Headers(scope=scope).get("host", "")):
            refusal = PlainTextResponse(
                "This server does not answer to that host name: use localhost or its address.",
                status_code=421,
            )
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_ours(self, host: str) -> bool:
        try:
            name = (urlsplit(f"//{host}").hostname or "").lower()
        except ValueError:
            return False
        return name in self._names or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
