"""The API's description of itself: who may ask, and the problems that every route may answer."""

import re
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

DESCRIPTION = """
Machines by risk, their signals and forecasts, the devices that speak for them; work orders, parts and purchases,
costs, labels and the audit trail.

- **Log in** with a token: `Authorization: Bearer TOKEN`. Everything but `/v1/health` asks for one; a change asks for
  a role besides, and names its user in the audit trail. Scripts of the console come with its session and its
  form token (`X-CSRF-Token`) instead.
- **Changes name the version they rest on**: a read gives an `ETag`, a change sends it back as `If-Match`. Without it
  the answer is 428; if somebody else was first, 412, and nothing was changed.
- **Creates take an `Idempotency-Key`**: the same key with the same request gives the same answer and makes nothing
  twice; with another request it is refused. Keys are kept for a day, and belong to their user.
- Times are RFC 3339 in UTC; ranges are half-open, [from, to). Units stand in field names or in their description.
- Lists are paged: give `next_cursor` as `cursor` to read on. A machine that moves between two pages by a
  changed risk may be seen twice or not at all; read `/v1/machines/{machine}` for one that matters.
- Problems are `application/problem+json` (RFC 9457), and name the field at fault and the remedy.
"""

OPEN = ("/v1/health",)
_SECURITY: list[dict[str, list[str]]] = [{"token": []}, {"session": []}]
_SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "description": "A user's token, made with `POST /v1/tokens`."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "foreworn_session",
        "description": "The console's session; changes also need its form token as `X-CSRF-Token`.",
    },
}


def described(app: FastAPI) -> dict[str, Any]:
    """Return the schema without FastAPI's own 422 (what cannot be used is a 400 here), and with who may ask."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes)
        for path, operations in schema["paths"].items():
            for operation in operations.values():
                operation["security"] = [] if path in OPEN else _SECURITY
                _say_problems_once(operation["responses"])
        for unused in ("HTTPValidationError", "ValidationError"):
            schema["components"]["schemas"].pop(unused, None)
        schema["components"]["securitySchemes"] = _SCHEMES
        app.openapi_schema = schema
    return app.openapi_schema


def _say_problems_once(responses: dict[str, Any]) -> None:
    own = responses.get("422", {}).get("content", {})
    if "application/problem+json" not in own:
        responses.pop("422", None)
    for status, response in responses.items():
        if not status.startswith("2"):
            response["content"].pop("application/json", None)


def offered(app: FastAPI, path: str) -> str:
    """Return the methods that an address takes, as an Allow header; the framework names those of one route only.

    An address that is offered as it is stands for itself, though it would also do for one with an id in its place.
    """
    paths = described(app)["paths"]
    same = [path] if path in paths else [template for template in paths if re.fullmatch(_any_key(template), path)]
    return ", ".join(sorted(method.upper() for template in same for method in paths[template]))


def _any_key(template: str) -> str:
    return re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
