"""How errors become HTTP: one table, and answers in problem+json (RFC 9457)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from foreworn import errors


class BadParameter(ValueError):
    """A request's parameter cannot be used; says which, why, and what would do."""

    def __init__(self, field: str, problem: str, *, remedy: str) -> None:
        super().__init__(f"{field}: {problem}; {remedy}")
        self.field, self.problem, self.remedy = field, problem, remedy


class NotLoggedIn(Exception):
    """Nobody is logged in, or their key opens nothing (any more)."""

    def __init__(self, *, wrong: bool) -> None:
        what = (
            "the token given opens nothing: it was mistyped, revoked or has expired" if wrong else "nobody is logged in"
        )
        super().__init__(f"{what}; log in, or send a token as `Authorization: Bearer TOKEN`")


class Forbidden(Exception):
    """Somebody is logged in, and may not do this."""

    def __init__(self, user: str, roles: Sequence[str]) -> None:
        super().__init__(f"{user} may not do this: it takes the role {' or '.join(roles)}; ask an admin for it")


class ForeignForm(Exception):
    """A change was not asked for by one of our own pages."""


class TooManyAttempts(Exception):
    """Somebody has tried to log in too often."""

    def __init__(self, retry_after: timedelta) -> None:
        self.retry_after = retry_after
        super().__init__(f"too many attempts to log in: try again in {math.ceil(retry_after.total_seconds() / 60)} min")


class StaleVersion(Exception):
    """What is to be changed has another version than the changer saw."""

    def __init__(self, subject: str, seen: int | str, present: int | str) -> None:
        self.present = present
        super().__init__(
            f"{subject} was changed since you read it: you saw version {seen}, it has {present}; read it again"
        )


class VersionMissing(Exception):
    """A change does not say which version its changer saw."""

    def __init__(self) -> None:
        super().__init__(
            'say which version you saw: send the ETag of your last read as If-Match, such as If-Match: "3"'
        )


class KeyReused(Exception):
    """An Idempotency-Key came with another request than the first time."""

    def __init__(self) -> None:
        super().__init__("this Idempotency-Key was used for another request: choose a new key for a new request")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an error means to an HTTP client."""

    status: HTTPStatus
    slug: str
    title: str


TABLE: Mapping[type[Exception], Meaning] = {
    errors.NotFound: Meaning(HTTPStatus.NOT_FOUND, "not-found", "It does not exist"),
    errors.Conflict: Meaning(HTTPStatus.CONFLICT, "conflict", "Somebody else changed it first, or it exists already"),
    errors.TransitionRefused: Meaning(HTTPStatus.CONFLICT, "transition-refused", "Not allowed in this state"),
    errors.TooLittleHistory: Meaning(HTTPStatus.CONFLICT, "too-little-history", "There is too little history"),
    errors.MalformedHistory: Meaning(HTTPStatus.BAD_REQUEST, "malformed-history", "The history breaks its format"),
    errors.Rejected: Meaning(HTTPStatus.BAD_REQUEST, "rejected", "The value is refused"),
    errors.StoreUnavailable: Meaning(HTTPStatus.SERVICE_UNAVAILABLE, "store-unavailable", "A store does not answer"),
    errors.BrokerUnavailable: Meaning(
        HTTPStatus.SERVICE_UNAVAILABLE, "broker-unavailable", "The broker does not answer"
    ),
    errors.GrafanaUnavailable: Meaning(HTTPStatus.BAD_GATEWAY, "grafana-unavailable", "Grafana does not answer"),
    errors.GrafanaRefused: Meaning(HTTPStatus.BAD_GATEWAY, "grafana-refused", "Grafana will not do it"),
    errors.SpoolFailed: Meaning(HTTPStatus.SERVICE_UNAVAILABLE, "spool-failed", "Nothing can be made durable"),
    errors.StoreRejected: Meaning(HTTPStatus.INTERNAL_SERVER_ERROR, "store-rejected", "A store refuses our request"),
    errors.DamagedModel: Meaning(HTTPStatus.INTERNAL_SERVER_ERROR, "damaged-model", "A kept model cannot be read"),
    errors.ConfigurationError: Meaning(HTTPStatus.INTERNAL_SERVER_ERROR, "configuration", "A setting is wrong"),
    NotLoggedIn: Meaning(HTTPStatus.UNAUTHORIZED, "not-logged-in", "Log in first"),
    Forbidden: Meaning(HTTPStatus.FORBIDDEN, "forbidden", "You may not do this"),
    ForeignForm: Meaning(HTTPStatus.FORBIDDEN, "foreign-form", "The form is not from this session"),
    TooManyAttempts: Meaning(HTTPStatus.TOO_MANY_REQUESTS, "too-many-attempts", "Too many attempts"),
    StaleVersion: Meaning(HTTPStatus.PRECONDITION_FAILED, "stale-version", "Somebody else changed it first"),
    VersionMissing: Meaning(HTTPStatus.PRECONDITION_REQUIRED, "version-missing", "Say which version you saw"),
    KeyReused: Meaning(HTTPStatus.UNPROCESSABLE_ENTITY, "key-reused", "The key stands for another request"),
    BadParameter: Meaning(HTTPStatus.BAD_REQUEST, "bad-request", "The request cannot be used"),
    RequestValidationError: Meaning(HTTPStatus.BAD_REQUEST, "bad-request", "The request cannot be used"),
}
_UNEXPECTED = Meaning(HTTPStatus.INTERNAL_SERVER_ERROR, "internal", "Something broke inside Foreworn")
_TYPE = "urn:problem-type:foreworn:"


@dataclass(frozen=True, slots=True)
class Problem:
    """One answer that says what went wrong; `headers` go with it."""

    status: HTTPStatus
    slug: str
    title: str
    detail: str
    field_errors: tuple[Mapping[str, str], ...] = ()
    headers: Mapping[str, str] | None = None

    def body(self, instance: str) -> dict[str, Any]:
        """Return the members of RFC 9457, and `errors` where fields are at fault."""
        members: dict[str, Any] = {
            "type": _TYPE + self.slug,
            "title": self.title,
            "status": int(self.status),
            "detail": self.detail,
            "instance": instance,
        }
        if self.field_errors:
            members["errors"] = [dict(e) for e in self.field_errors]
        return members


def problem_of(error: Exception) -> Problem:
    """Return the problem that an error becomes; what we did not raise on purpose keeps its words to the log."""
    if isinstance(error, HTTPException):
        return _http_problem(error)
    meaning = next((TABLE[kind] for kind in type(error).__mro__ if kind in TABLE), _UNEXPECTED)
    if isinstance(error, RequestValidationError):
        found = tuple(_field_error(e) for e in error.errors())
        return Problem(meaning.status, meaning.slug, meaning.title, _sentence(found), found)
    if isinstance(error, BadParameter):
        found = ({"field": error.field, "problem": error.problem, "remedy": error.remedy},)
        return Problem(meaning.status, meaning.slug, meaning.title, _sentence(found), found)
    detail = "The log of the process says what broke." if meaning is _UNEXPECTED else str(error)
    return Problem(meaning.status, meaning.slug, meaning.title, detail, headers=_headers(error))


def _headers(error: Exception) -> Mapping[str, str] | None:
    if isinstance(error, errors.StoreUnavailable | TooManyAttempts):
        return {"Retry-After": str(max(1, math.ceil(error.retry_after.total_seconds())))}
    if isinstance(error, NotLoggedIn):
        return {"WWW-Authenticate": 'Bearer realm="foreworn"'}
    return {"ETag": f'"{error.present}"'} if isinstance(error, StaleVersion) else None


def _http_problem(error: HTTPException) -> Problem:
    status = HTTPStatus(error.status_code)
    slug = status.phrase.lower().replace(" ", "-")
    detail = str(error.detail) if error.detail != status.phrase else status.description or status.phrase
    return Problem(status, slug, status.phrase, detail, headers=error.headers)


def _field_error(error: Mapping[str, Any]) -> dict[str, str]:
    place = [str(part) for part in error["loc"][1:]] or [str(error["loc"][0])]
    message = str(error["msg"]).removeprefix("Value error, ")
    problem, _, remedy = message.partition(": ")
    return {"field": ".".join(place), "problem": problem, "remedy": remedy or _remedy(error)}


def _remedy(error: Mapping[str, Any]) -> str:
    """Pydantic's messages say what should be; some do so in a context."""
    expected = error.get("ctx", {}).get("expected")
    return f"use {expected}" if expected else str(error["msg"])


def _sentence(found: tuple[Mapping[str, str], ...]) -> str:
    return "; ".join(f"{e['field']}: {e['problem']} ({e['remedy']})" for e in found)
