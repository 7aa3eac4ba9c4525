"""What several routes take: the services, a page, a stretch of time; and the problems they answer."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Query, Request

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


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entries of the problems a route may answer."""
    words = {400: "A parameter cannot be used.", 404: "It does not exist.", 503: "A store does not answer now."}
    return {
        status: {
            "description": words[status],
            "model": ProblemAnswer,
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemAnswer"}}},
        }
        for status in statuses
    }
