"""The application: the JSON API under /v1, and the console."""

import logging
from collections.abc import Collection
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api import console
from api.problems import BadParameter, Problem, problem_of
from api.routes import ROUTERS
from api.security import KnownHosts, SecurityHeaders
from api.services import ConsoleServices
from foreworn import __version__
from foreworn.errors import ForewornError

log = logging.getLogger(__name__)

_DESCRIPTION = """
Machines by risk, their signals and forecasts, the devices that speak for them, and what was refused of them.

- **Read-only, and without log-in** so far: it is meant for the loopback address. Roles and keys come with
  the first change that the API allows.
- Times are RFC 3339 in UTC; ranges are half-open, [from, to). Units stand in field names or in their description.
- Lists are paged: give `next_cursor` as `cursor` to read on. A machine that moves between two pages by a
  changed risk may be seen twice or not at all; read `/v1/machines/{machine}` for one that matters.
- Problems are `application/problem+json` (RFC 9457), and name the field at fault and the remedy.
"""


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
        description=_DESCRIPTION,
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.services = services
    api = APIRouter(prefix="/v1")
    for router in ROUTERS:
        api.include_router(router)
    app.include_router(api)
    console.mount(app)
    for kind in (ForewornError, BadParameter, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, _answer_problem)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(KnownHosts, names=host_names)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def _answer_problem(request: Request, error: Exception) -> Response:
    problem = problem_of(error)
    _log(request, error, problem)
    if not request.url.path.startswith("/v1"):
        return console.problem_page(request, problem)
    return JSONResponse(
        problem.body(request.url.path),
        status_code=problem.status,
        media_type="application/problem+json",
        headers=dict(problem.headers or {}),
    )


def _log(request: Request, error: Exception, problem: Problem) -> None:
    """Log what is not the client's doing: one line, and the trace only of a 500."""
    if problem.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return
    broke = problem.status == HTTPStatus.INTERNAL_SERVER_ERROR
    log.log(
        logging.ERROR if broke else logging.WARNING,
        "%s %r answered %d %s: %s",
        request.method,
        request.url.path,
        problem.status,
        problem.slug,
        " ".join(str(error).split()) or type(error).__name__,
        exc_info=error if broke else None,
    )


def _openapi(app: FastAPI) -> dict[str, Any]:
    """Return the schema without FastAPI's own 422: what cannot be used is a 400 here."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        for operations in schema["paths"].values():
            for operation in operations.values():
                operation["responses"].pop("422", None)
                for problem in (r for code, r in operation["responses"].items() if code != "200"):
                    problem["content"].pop("application/json", None)
        for unused in ("HTTPValidationError", "ValidationError"):
            schema["components"]["schemas"].pop(unused, None)
        app.openapi_schema = schema
    return app.openapi_schema
