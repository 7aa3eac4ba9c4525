"""Log in, come in by a one-time link, log out; plain forms, which work without script."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.auth.attempts import Attempts
from api.auth.forms import FormGuard, begin_visit, csrf_field, keep_visit
from api.auth.identity import SESSION_COOKIE, CurrentVisitor, KnownVisitor, begin_session, end_session
from api.console.rendering import page
from api.routes.parameters import Services
from foreworn.loop.keys import token_id
from foreworn.loop.passwords import LONGEST, SHORTEST

router = APIRouter(include_in_schema=False)

Password = Annotated[str, Form(max_length=LONGEST)]
HOME, ACCOUNT = "/", "/account"


def _attempts(request: Request) -> Attempts:
    attempts: Attempts = request.app.state.attempts
    return attempts


def local(address: str) -> str:
    """Return the address where it is one of ours, and the first page where it leads elsewhere.

    Examples
    --------
    >>> local("/orders?state=proposed"), local("https://elsewhere.example"), local("//elsewhere.example")
    ('/orders?state=proposed', '/', '/')
    """
    ours = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if ours else HOME


def _form(request: Request, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
    begin_visit(request)
    answer = page(request, template, status=status, csrf=csrf_field(request), now=None, **values)
    keep_visit(request, answer)
    return answer


def _to(address: str) -> RedirectResponse:
    return RedirectResponse(address, status_code=303)


@router.get("/login")
def login_page(
    request: Request, visitor: KnownVisitor, goes_to: Annotated[str, Query(alias="next", max_length=2000)] = HOME
) -> Response:
    """Return the form, or go on where somebody is logged in already."""
    if visitor is not None:
        return _to(local(goes_to))
    return _form(request, "login.html", goes_to=local(goes_to), name="", trouble="")


@router.post("/login", dependencies=[FormGuard])
def log_in(
    request: Request,
    services: Services,
    attempts: Annotated[Attempts, Depends(_attempts)],
    name: Annotated[str, Form(max_length=200)],
    password: Password,
    goes_to: Annotated[str, Form(alias="next", max_length=2000)] = HOME,
) -> Response:
    """Begin a session, or say that name and password do not belong together."""
    caller = request.client.host if request.client else ""
    attempts.refuse_if_too_many(name, caller)
    secret = services.people.log_in(name, password)
    if secret is None:
        attempts.failed(name, caller)
        trouble = "Name and password do not belong together."
        return _form(request, "login.html", status=401, goes_to=local(goes_to), name=name, trouble=trouble)
    attempts.succeeded(name, caller)
    answer = _to(local(goes_to))
    begin_session(request, answer, secret)
    return answer


@router.get("/link/{secret}")
def link_page(request: Request, secret: str) -> Response:
    """Ask before the link is used up: what looks at links before people do must not spend it."""
    return _form(request, "link.html", secret=secret, spent=False)


@router.post("/link/{secret}", dependencies=[FormGuard])
def use_link(request: Request, services: Services, secret: str) -> Response:
    """Begin a session by a one-time link, and go on to where a password is set."""
    session = services.people.redeem(secret)
    if session is None:
        return _form(request, "link.html", status=410, secret="", spent=True)
    answer = _to(ACCOUNT)
    begin_session(request, answer, session)
    return answer


@router.post("/logout", dependencies=[FormGuard])
def log_out(request: Request, services: Services) -> Response:
    """End the session, here and in the store."""
    services.people.log_out(request.cookies.get(SESSION_COOKIE, ""))
    answer = _to("/login")
    end_session(request, answer)
    return answer


@router.get(ACCOUNT)
def account_page(request: Request, visitor: CurrentVisitor, services: Services) -> Response:
    """Return who is logged in, their tokens, and where they set a password."""
    return _account(request, visitor, services)


@router.post("/account/password", dependencies=[FormGuard])
def set_password(
    request: Request,
    services: Services,
    visitor: CurrentVisitor,
    password: Password,
    again: Password,
    present: Password = "",
) -> Response:
    """Set one's own password; who has one says it first, unless they came by a one-time link."""
    trouble = _password_trouble(services, visitor, password, again, present)
    if trouble:
        return _account(request, visitor, services, status=400, trouble=trouble)
    services.people.set_password(visitor.user.name, password, actor=visitor.user.name, but=visitor.key.digest)
    return _to(ACCOUNT)


@router.post("/account/tokens", dependencies=[FormGuard])
def make_token(
    request: Request, services: Services, visitor: CurrentVisitor, label: Annotated[str, Form(max_length=200)] = ""
) -> Response:
    """Make a token for a program, and tell its secret: once, on the page that answers."""
    label = label.strip()
    if not label or not label.isprintable():
        return _account(request, visitor, services, status=400, trouble="Say what the token is for.")
    secret, _ = services.people.issue_token(visitor.user.name, label, actor=visitor.user.name)
    return _account(request, visitor, services, secret=secret)


@router.post("/account/tokens/{id}/revoke", dependencies=[FormGuard])
def revoke_token(services: Services, visitor: CurrentVisitor, id: str) -> Response:
    """Make one of one's own tokens open nothing from now on."""
    services.people.revoke_token(visitor.user.name, id, actor=visitor.user.name)
    return _to(ACCOUNT)


def _password_trouble(services: Services, visitor: CurrentVisitor, password: str, again: str, present: str) -> str:
    if password != again:
        return "The two passwords are not the same."
    if len(password) < SHORTEST:
        return f"A password has at least {SHORTEST} characters."
    if _asks_present(visitor) and not services.people.knows_password(visitor.user.name, present):
        return "The present password is another."
    return ""


def _asks_present(visitor: CurrentVisitor) -> bool:
    return visitor.user.password_hash is not None and visitor.key.label != "link"


def _account(
    request: Request,
    visitor: CurrentVisitor,
    services: Services,
    *,
    status: int = 200,
    trouble: str = "",
    secret: str = "",
) -> HTMLResponse:
    return page(
        request,
        "account.html",
        status=status,
        csrf=csrf_field(request),
        now=None,
        me=visitor.user,
        tokens=[(token_id(key), key) for key in services.people.tokens(visitor.user.name)],
        secret=secret,
        asks_present=_asks_present(visitor),
        shortest=SHORTEST,
        trouble=trouble,
    )
