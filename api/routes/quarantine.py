"""What was refused, and why."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.problems import BadParameter
from api.reading.quarantined import LOOKED_THROUGH, newest_rejections
from api.routes.parameters import Limit, Services, problems
from api.schemas.device import QuarantineAnswer, RejectionAnswer
from foreworn.telemetry.quarantine import REASONS

router = APIRouter(prefix="/quarantine", tags=["quarantine"])


@router.get(
    "",
    summary="The newest refusals",
    responses=problems(400, 503),
    description="Return refused messages and values, the newest first, with their bytes. "
    f"By `reason`, the newest {LOOKED_THROUGH} are looked through.",
)
def list_rejections(
    services: Services,
    device: Annotated[str | None, Query(description="Only of this device.")] = None,
    reason: Annotated[
        str | None, Query(description="Only of this reason.", json_schema_extra={"enum": list(REASONS)})
    ] = None,
    limit: Limit = 100,
) -> QuarantineAnswer:
    """Return the newest refusals."""
    if reason is not None and reason not in REASONS:
        raise BadParameter("reason", f"{reason!r} is not a reason", remedy=f"use one of {', '.join(REASONS)}")
    found = newest_rejections(services, limit=limit, device=device, reason=reason)
    return QuarantineAnswer(counts=services.quarantine.count(), items=[RejectionAnswer.of(r) for r in found])
