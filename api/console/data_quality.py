"""Data: whether what came in can be trusted: who is silent, what was refused, what came late, what is stuck."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from api.console.notices import notices
from api.console.rendering import page
from api.reading.devices import device_states
from api.reading.fleet_state import fleet_state
from api.reading.quarantined import sensors_in_doubt
from api.routes.parameters import Services
from api.services import ConsoleServices
from foreworn.errors import StoreUnavailable
from foreworn.loop.jobs import Job
from foreworn.telemetry.quarantine import REASONS
from foreworn.telemetry.sample import MILLISECOND

router = APIRouter(include_in_schema=False)

_SENSORS_LOOKED_THROUGH = 1000
_SHOWN = 20
LATE_WITHIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class LateData:
    """Machines whose forecasts were said again because data came late, the most often first.

    Parameters
    ----------
    trouble
        Why it cannot be told; empty where it can.
    """

    machines: Sequence[tuple[str, int]] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Stuck:
    """Work of the platform itself that failed for good, and what waits to be told elsewhere."""

    failed: Sequence[tuple[Job, str]]
    waiting: int


@router.get("/data")
def data_page(request: Request, services: Services) -> HTMLResponse:
    """Return the page."""
    fleet = fleet_state(services)
    devices = device_states(services)
    counts = services.quarantine.count()
    return page(
        request,
        "data.html",
        fleet=fleet,
        now=fleet.now,
        notices=notices(services, fleet),
        silent=sorted(fleet.silent, key=lambda m: (m.data_until is not None, m.data_until or fleet.now, m.id)),
        counts=sorted(counts.items(), key=lambda item: -item[1]),
        refused=sum(counts.values()),
        reasons=REASONS,
        sensors=sensors_in_doubt(services.quarantine.newest(_SENSORS_LOOKED_THROUGH))[:_SHOWN] if counts else [],
        devices=len(devices),
        offline=sum(one.progress.state == "offline" for one in devices),
        never=sum(not one.heard for one in devices),
        late=_late(services, fleet.now),
        stuck=_stuck(services),
        shown=_SHOWN,
    )


def _late(services: ConsoleServices, now: datetime) -> LateData:
    try:
        table = services.forecasts.forecasts(now - LATE_WITHIN, now + MILLISECOND)
    except StoreUnavailable as trouble:
        return LateData(trouble=str(trouble))
    revised = Counter(
        machine
        for machine, revision in zip(table["machine"].to_pylist(), table["revision"].to_pylist(), strict=True)
        if revision
    )
    return LateData(sorted(revised.items(), key=lambda item: (-item[1], item[0])))


def _stuck(services: ConsoleServices) -> Stuck:
    with services.operations.reading() as tx:
        return Stuck(tx.jobs.failed(), tx.outbox.depth())
