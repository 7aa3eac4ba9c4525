"""Quarantine: what was refused, why, and the bytes."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse

from api.console.notices import notices
from api.console.rendering import page
from api.problems import BadParameter
from api.reading.fleet_state import fleet_state
from api.reading.payload import payload_preview
from api.reading.quarantined import newest_rejections, sensors_in_doubt
from api.routes.parameters import Services
from foreworn.telemetry.quarantine import REASONS

router = APIRouter(include_in_schema=False)

_SHOWN = 100
_LOOKED_THROUGH = 1000


@router.get("/quarantine")
def quarantine_page(
    request: Request,
    services: Services,
    reason: Annotated[str, Query()] = "",
    device: Annotated[str, Query()] = "",
) -> HTMLResponse:
    """Return the newest refusals, and the sensors they point at."""
    if reason and reason not in REASONS:
        raise BadParameter("reason", f"{reason!r} is not a reason", remedy=f"use one of {', '.join(REASONS)}")
    fleet = fleet_state(services)
    return page(
        request,
        "quarantine.html",
        fleet=fleet,
        now=fleet.now,
        notices=notices(services, fleet),
        rejections=newest_rejections(services, limit=_SHOWN, device=device or None, reason=reason or None),
        shown=_SHOWN,
        counts=dict(sorted(services.quarantine.count().items(), key=lambda item: -item[1])),
        sensors=sensors_in_doubt(services.quarantine.newest(_LOOKED_THROUGH)),
        looked_through=_LOOKED_THROUGH,
        reason=reason,
        device=device,
        reasons=REASONS,
        preview=payload_preview,
    )
