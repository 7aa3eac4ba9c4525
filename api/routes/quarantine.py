"""What was refused, and why; and what is done with it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from api.auth import require
from api.changes import Created, IdempotencyKey, once
from api.instants import Instant
from api.problems import BadParameter
from api.reading.quarantined import SHOWN_BYTES, cursor_place, page_of_entries, place_cursor
from api.routes.parameters import Cursor, Limit, Services, problems
from api.schemas.quarantine import (
    LARGEST_ID,
    ChosenEntries,
    PurgeAnswer,
    QuarantineAnswer,
    RejectionAnswer,
    ReplayAnswer,
    ReplayRequest,
)
from foreworn.access import Role, User
from foreworn.errors import NotFound
from foreworn.telemetry.quarantine import REASONS, Selection

router = APIRouter(prefix="/quarantine", tags=["quarantine"])
Keeper = Annotated[User, Depends(require(Role.ENGINEER))]
EntryId = Annotated[int, Path(ge=1, le=LARGEST_ID, description="The entry's id.")]


@router.get("", summary="The newest refusals", responses=problems(400, 503))
def list_rejections(
    services: Services,
    device: Annotated[str | None, Query(description="Only of this device.", max_length=2000)] = None,
    reason: Annotated[
        str | None, Query(description="Only of this reason.", json_schema_extra={"enum": list(REASONS)})
    ] = None,
    signal: Annotated[str | None, Query(description="Only about this signal.", max_length=2000)] = None,
    since: Annotated[Instant | None, Query(description="Only received at this time or later.")] = None,
    until: Annotated[Instant | None, Query(description="Only received before this time.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> QuarantineAnswer:
    """Return refused messages and values, the newest first, with the beginning of their bytes."""
    if reason is not None and reason not in REASONS:
        raise BadParameter("reason", f"{reason!r} is not a reason", remedy=f"use one of {', '.join(REASONS)}")
    selection = Selection(None, device, reason, signal, since, until)
    entries, following = page_of_entries(services, selection, limit=limit, cursor=cursor, payload=SHOWN_BYTES)
    return QuarantineAnswer(
        counts=services.quarantine.count(),
        dropped=services.quarantine.dropped(),
        items=[RejectionAnswer.of(entry) for entry in entries],
        next_cursor=following,
    )


@router.post("/replay", summary="Replay", responses=problems(400, 409, 422, 503), response_model=ReplayAnswer)
def replay_rejections(
    services: Services, request: Request, asked: ReplayRequest, user: Keeper, key: IdempotencyKey
) -> Response:
    """Send entries through today's rules, the newest first.

    What is good now is stored, unless something was stored for that device, time and signal since, and let go.
    What is refused again stays, with today's reason.
    """

    def make() -> Created:
        after = None if asked.cursor is None else cursor_place(asked.cursor)
        report = services.quarantine_keeping.replay(asked.selection, actor=user.name, after=after, limit=asked.limit)
        return Created(ReplayAnswer.of(report, place_cursor(report.following)), "", {}, status=200)

    return once(services, request, asked, user=user.name, key=key, make=make)


@router.post("/purge", summary="Purge", responses=problems(400, 409, 422, 503), response_model=PurgeAnswer)
def purge_rejections(
    services: Services, request: Request, asked: ChosenEntries, user: Keeper, key: IdempotencyKey
) -> Response:
    """Forget entries that are worth nothing."""

    def make() -> Created:
        purged = services.quarantine_keeping.purge(asked.selection, actor=user.name)
        return Created(PurgeAnswer(purged=purged), "", {}, status=200)

    return once(services, request, asked, user=user.name, key=key, make=make)


@router.get("/{id:int}", summary="One refusal", responses=problems(400, 404, 503))
def get_rejection(services: Services, id: EntryId) -> RejectionAnswer:
    """Return one refusal with the whole message as it came."""
    return RejectionAnswer.of(services.quarantine.get(id))


@router.delete("/{id:int}", summary="Forget one refusal", status_code=204, responses=problems(400, 404, 503))
def delete_rejection(services: Services, id: EntryId, user: Keeper) -> None:
    """Forget one entry."""
    if not services.quarantine_keeping.purge(Selection(ids=(id,)), actor=user.name):
        raise NotFound("quarantine entry", str(id))
