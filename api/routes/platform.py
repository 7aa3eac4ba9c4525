"""Whether the platform lives, and what it takes in."""

from fastapi import APIRouter

from api.reading.fleet_state import fleet_state
from api.reading.store_state import telemetry_trouble
from api.routes.parameters import Services, open_problems, problems
from api.schemas.platform import HealthAnswer, StatusAnswer

router = APIRouter(tags=["platform"])


@router.get("/health", summary="Whether it lives", responses=open_problems(503))
def get_health(services: Services) -> HealthAnswer:
    """Answer 200 where the process lives and both stores answer, 503 with the reason where not."""
    services.registry.machines()
    trouble = telemetry_trouble(services)
    if trouble is not None:
        raise trouble
    return HealthAnswer(status="ok", clock=services.clock.now())


@router.get("/status", summary="What it takes in", responses=problems(503))
def get_status(services: Services) -> StatusAnswer:
    """Return ingestion counts, the clock, and which machines report; needs no telemetry store."""
    fleet = fleet_state(services)
    progress = services.progress.all()
    return StatusAnswer(
        clock=fleet.now,
        data_until=fleet.data_until,
        machines=len(fleet.machines),
        reporting=len(fleet.machines) - len(fleet.silent),
        silent=sorted(m.id for m in fleet.silent),
        devices=len(progress),
        samples=sum(p.samples for p in progress),
        events=sum(p.events for p in progress),
        logs=sum(p.logs for p in progress),
        rejected=sum(p.rejected for p in progress),
        quarantine=services.quarantine.count(),
        collector=None if services.collector_counts is None else dict(services.collector_counts()),
        spool_depth=None if services.spool_depth is None else services.spool_depth(),
        serving_model=None if fleet.model is None else fleet.model.version,
    )
