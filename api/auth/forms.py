"""Whether a change was asked for by one of our own pages, and not by a page elsewhere in its reader's name.

Each form holds a token that only the session's browser can know; and what browsers themselves say about
where a request comes from (Sec-Fetch-Site, Origin) has to agree. A bearer token needs neither: no browser
sends it by itself.
"""

import hashlib
import hmac
import secrets
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from markupsafe import Markup
from starlette.responses import Response

from api.auth.identity import SESSION_COOKIE, KnownVisitor
from api.problems import ForeignForm
from foreworn.access import KeyKind

FIELD, HEADER = "csrf_token", "X-CSRF-Token"
VISIT_COOKIE = "foreworn_visit"
_SAFE = ("GET", "HEAD", "OPTIONS")


def form_token(request: Request) -> str:
    """Return the token of this session's forms, and before a log-in of this visit's."""
    cookie = VISIT_COOKIE if getattr(request.state, "visitor", None) is None else SESSION_COOKIE
    secret = getattr(request.state, "visit", None) if cookie == VISIT_COOKIE else None
    return token_of(secret or request.cookies.get(cookie, ""))


def token_of(secret: str) -> str:
    """Return the token of the forms of a session, which does not tell its secret; empty without one."""
    return hmac.new(secret.encode(), b"foreworn form", hashlib.sha256).hexdigest() if secret else ""


def csrf_field(request: Request) -> Markup:
    """Return the hidden field that every form of a page holds."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, form_token(request))


def begin_visit(request: Request) -> None:
    """Give a visitor whom nobody knows yet a secret of their own, for the forms they log in by."""
    if not request.cookies.get(VISIT_COOKIE):
        request.state.visit = secrets.token_urlsafe(32)


def keep_visit(request: Request, answer: Response) -> None:
    """Let the browser keep the visit's secret until it is closed."""
    secret = getattr(request.state, "visit", None)
    if secret is not None:
        answer.set_cookie(VISIT_COOKIE, secret, httponly=True, samesite="lax", secure=request.url.scheme == "https")


async def form_guard(request: Request, visitor: KnownVisitor) -> None:
    """Refuse a change that a page elsewhere asks for in the name of this browser's user.

    Raises
    ------
    ForeignForm
        If the browser says that it comes from elsewhere, or the session's token is not with it.
    """
    if request.method in _SAFE or (visitor is not None and visitor.key.kind is KeyKind.TOKEN):
        return
    _refuse_other_origins(request)
    given = request.headers.get(HEADER)
    if given is None and not request.url.path.startswith("/v1"):
        given = (await request.form()).get(FIELD)  # type: ignore[assignment]
    expected = form_token(request)
    if not expected or not isinstance(given, str) or not hmac.compare_digest(given.encode(), expected.encode()):
        raise ForeignForm("the form's token is not of this session: load the page again, then send the form")


def _refuse_other_origins(request: Request) -> None:
    site = request.headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        raise ForeignForm(f"the browser says that it comes from elsewhere (Sec-Fetch-Site: {site[:20]})")
    origin = request.headers.get("origin")
    # a proxy in front may speak TLS where we do not, so the scheme is not compared
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise ForeignForm(f"the browser says that it comes from elsewhere (Origin: {origin[:100]})")


GuardedForm = Annotated[None, Depends(form_guard)]
FormGuard = Depends(form_guard)
"""For a route's `dependencies`; every route has it by way of the application, so that none can forget it."""
