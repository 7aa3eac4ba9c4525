"""What several routes take: the services, a page, a stretch of time; and the problems they answer."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request
from pydantic import AfterValidator

from api.instants import EARLIEST, Instant
from api.problems import BadParameter
from api.schemas.answer import ProblemAnswer
from api.services import ConsoleServices
from foreworn.telemetry.sample import MILLISECOND

_STRETCH = timedelta(days=7)


def _services(request: Request) -> ConsoleServices:
    services: ConsoleServices = request.app.state.services
    return services


Services = Annotated[ConsoleServices, Depends(_services)]


def _printable(text: str | None) -> str | None:
    if text is not None and not text.isprintable():
        raise ValueError("it holds characters that cannot be printed: nothing is called so")
    return text


PRINTABLE = AfterValidator(_printable)
"""Refuses what no store can hold before one is asked."""
Key = Annotated[str, Path(description="Its id.", max_length=300), PRINTABLE]
"""An id in an address."""

Limit = Annotated[int, Query(ge=1, le=1000, description="Most rows of this page.")]
Cursor = Annotated[str | None, Query(max_length=1000, description="`next_cursor` of the page before.")]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time, [start, end)."""

    start: datetime
    end: datetime


def _stretch(
    services: Services,
    start: Annotated[
        Instant | None, Query(alias="from", description="First time; 7 d before `to` if left out.")
    ] = None,
    end: Annotated[
        Instant | None, Query(alias="to", description="Time to end before; just after now if left out.")
    ] = None,
) -> Stretch:
    last = end or services.clock.now() + MILLISECOND
    first = start or max(EARLIEST, last - _STRETCH)
    if first >= last:
        raise BadParameter("from", "it does not lie before `to`", remedy="give a `from` that is earlier than `to`")
    return Stretch(first, last)


Between = Annotated[Stretch, Depends(_stretch)]


_WORDS = {
    400: "A parameter, or the body, cannot be used.",
    401: "Nobody is logged in.",
    403: "They may not do this, or the form is not from their session.",
    404: "It does not exist.",
    409: "Not in this state, or it exists already.",
    412: "It was changed since you read it; nothing was done.",
    422: "The Idempotency-Key stands for another request.",
    428: "If-Match is missing.",
    503: "A store does not answer now.",
}
CREATED: dict[int | str, dict[str, Any]] = {
    201: {"headers": {"Location": {"description": "Where it is.", "schema": {"type": "string"}}}}
}
"""What a create answers besides its body."""


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entries of the problems a route may answer, those of the log-in included."""
    return open_problems(401, 403, *statuses)


def open_problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entries of the problems a route may answer that asks for no log-in."""
    return {
        status: {
            "description": _WORDS[status],
            "model": ProblemAnswer,
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemAnswer"}}},
        }
        for status in statuses
    }
