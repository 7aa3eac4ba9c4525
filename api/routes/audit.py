"""The audit trail, and the jobs of the platform."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query

from api.auth import require
from api.cursor import named_cursor, named_row
from api.instants import Instant
from api.problems import BadParameter
from api.routes.parameters import PRINTABLE, Cursor, Key, Limit, Services, problems
from api.schemas.answer import Answer
from api.schemas.record import AuditAnswer, AuditPage
from foreworn.access import Role
from foreworn.errors import NotFound

router = APIRouter(tags=["platform"])
_LARGEST = 1 << 62


class JobAnswer(Answer):
    """One piece of work that the platform does by itself."""

    key: str
    kind: str
    state: Literal["waiting", "done", "failed"]
    due: Instant
    attempts: int
    why: str | None


@router.get(
    "/audit",
    summary="The audit trail",
    responses=problems(400, 503),
    dependencies=[Depends(require(Role.PLANNER, Role.ENGINEER))],
)
def list_changes(
    services: Services,
    subject: Annotated[
        str | None, Query(description="Only of this: an order, a part, a user.", max_length=300), PRINTABLE
    ] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> AuditPage:
    """Return who changed what, when and why, the newest first."""
    with services.operations.reading() as tx:
        found = tx.audit.find(subject=subject, before=None if cursor is None else _number(cursor), limit=limit + 1)
    following = named_cursor(str(found[limit - 1][0])) if len(found) > limit else None
    return AuditPage(items=[AuditAnswer.of(*row) for row in found[:limit]], next_cursor=following)


def _number(cursor: str) -> int:
    name = named_row(cursor)
    if not (name.isascii() and name.isdecimal() and len(name) <= len(str(_LARGEST)) and int(name) <= _LARGEST):
        raise BadParameter("cursor", "it is not a cursor of this list", remedy="take next_cursor of the page before")
    return int(name)


@router.get("/jobs/{key}", summary="One job", responses=problems(400, 404, 503))
def get_job(services: Services, key: Key) -> JobAnswer:
    """Return how far a piece of the platform's work has come."""
    with services.operations.reading() as tx:
        standing = tx.jobs.standing(key)
    if standing is None:
        raise NotFound("job", key)
    job = standing.job
    return JobAnswer(
        key=job.key, kind=job.kind, state=standing.state, due=job.due, attempts=job.attempts, why=standing.why
    )
