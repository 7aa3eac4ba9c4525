"""Who comes: the user behind a session's cookie or a token's header."""

from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from api.problems import Forbidden, NotLoggedIn
from api.services import ConsoleServices
from foreworn.access import KeyKind, Role, User
from foreworn.loop.keys import SESSION_LIFE, Visitor

SESSION_COOKIE = "foreworn_session"
READERS = tuple(role for role in Role if role is not Role.DEVICE)
"""Whoever is more than a device may read."""

OPEN = ("/v1/health", "/login", "/link/", "/assets/")
"""What is answered to anybody: these paths, and what begins with those that end in a slash."""

_NOBODY_ASKED = ("/v1/health", "/assets/")


def _is(path: str, places: tuple[str, ...]) -> bool:
    return any(path.startswith(place) if place.endswith("/") else path == place for place in places)


def _look_up(request: Request) -> Visitor | None:
    """Return who comes; a token stands before a session, and a wrong one is not made good by a session."""
    people = _services(request).people
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme:
        token = credentials.strip()
        return people.visitor(token, KeyKind.TOKEN) if scheme.lower() == "bearer" and token else None
    session = request.cookies.get(SESSION_COOKIE)
    return people.visitor(session, KeyKind.SESSION) if session else None


def _services(request: Request) -> ConsoleServices:
    services: ConsoleServices = request.app.state.services
    return services


def known_visitor(request: Request) -> Visitor | None:
    """Find out who comes, and keep it as `request.state.visitor`, for pages to greet them by.

    Raises
    ------
    NotLoggedIn
        If nobody we know comes to an address that is not open to anybody.
    Forbidden
        If they may not even read.
    """
    path = request.url.path
    visitor = None if _is(path, _NOBODY_ASKED) else _look_up(request)
    request.state.visitor = visitor
    if _is(path, OPEN):
        return visitor
    if visitor is None:
        raise NotLoggedIn(wrong="authorization" in request.headers)
    if not visitor.user.may(*READERS):
        raise Forbidden(visitor.user.name, [str(role) for role in READERS])
    return visitor


KnownVisitor = Annotated[Visitor | None, Depends(known_visitor)]


def current_visitor(visitor: KnownVisitor) -> Visitor:
    """Return who is logged in.

    Raises
    ------
    NotLoggedIn
        If nobody is.
    """
    if visitor is None:
        raise NotLoggedIn(wrong=False)
    return visitor


CurrentVisitor = Annotated[Visitor, Depends(current_visitor)]


def current_user(visitor: CurrentVisitor) -> User:
    """Return the user who is logged in."""
    return visitor.user


CurrentUser = Annotated[User, Depends(current_user)]


def begin_session(request: Request, answer: Response, secret: str) -> None:
    """Let the browser keep a session's secret where scripts cannot read it."""
    answer.set_cookie(
        SESSION_COOKIE,
        secret,
        max_age=int(SESSION_LIFE.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )


def end_session(request: Request, answer: Response) -> None:
    """Let the browser forget it."""
    answer.delete_cookie(SESSION_COOKIE, httponly=True, samesite="lax", secure=request.url.scheme == "https")
