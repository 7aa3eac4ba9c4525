"""The application: the JSON API under /v1, and the console."""

import logging
from collections.abc import Collection
from http import HTTPStatus
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from api import console
from api.auth import pages
from api.auth.attempts import Attempts
from api.auth.forms import form_guard
from api.auth.identity import known_visitor
from api.openapi import described, offered
from api.problems import TABLE, NotLoggedIn, Problem, problem_of
from api.routes import ROUTERS
from api.security import KnownHosts, LimitedBody, SecurityHeaders
from api.services import ConsoleServices
from foreworn import __version__
from foreworn.errors import ForewornError

log = logging.getLogger(__name__)


def create_app(services: ConsoleServices, *, host_names: Collection[str] = ()) -> FastAPI:
    """Return the application over the given ports.

    Parameters
    ----------
    services
        What it reads from.
    host_names
        Names it answers to besides `localhost` and literal addresses.
    """
    app = FastAPI(
        title="Foreworn",
        version=__version__,
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        # whoever adds a route cannot forget to ask who comes, and whether a form is ours
        dependencies=[Depends(known_visitor), Depends(form_guard)],
    )
    app.state.services = services
    app.state.attempts = Attempts()
    api = APIRouter(prefix="/v1")
    for router in ROUTERS:
        api.include_router(router)
    app.include_router(api)
    app.include_router(pages.router)
    console.mount(app)
    for kind in (*TABLE, ForewornError, HTTPException, Exception):
        app.add_exception_handler(kind, _answer_problem)
    app.add_middleware(LimitedBody)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(KnownHosts, names=host_names)
    app.openapi = lambda: described(app)  # type: ignore[method-assign]
    return app


def _answer_problem(request: Request, error: Exception) -> Response:
    problem = problem_of(error)
    _log(request, error, problem)
    if not request.url.path.startswith("/v1"):
        return _to_login(request) if isinstance(error, NotLoggedIn) else console.problem_page(request, problem)
    headers = dict(problem.headers or {})
    if problem.status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = offered(request.app, request.url.path)
    return JSONResponse(
        problem.body(request.url.path),
        status_code=problem.status,
        media_type="application/problem+json",
        headers=headers,
    )


def _to_login(request: Request) -> Response:
    """Ask a person to log in, and bring them back to what they wanted to read."""
    wanted = request.url.path if request.method == "GET" else "/"
    query = f"?{request.url.query}" if request.method == "GET" and request.url.query else ""
    return RedirectResponse(f"/login?{urlencode({'next': wanted + query})}", status_code=303)


def _log(request: Request, error: Exception, problem: Problem) -> None:
    """Log what is not the client's doing: one line, and the trace only of a 500."""
    if problem.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return
    broke = problem.status == HTTPStatus.INTERNAL_SERVER_ERROR
    log.log(
        logging.ERROR if broke else logging.WARNING,
        "%s %r answered %d %s: %s",
        request.method,
        # a one-time link is a secret as long as it was not used
        "/link/…" if request.url.path.startswith("/link/") else request.url.path,
        problem.status,
        problem.slug,
        " ".join(str(error).split()) or type(error).__name__,
        exc_info=error if broke else None,
    )
