"""How long components will last."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from api.cursor import page_of
from api.instants import Instant
from api.reading.fleet_state import fleet_state
from api.reading.lives import machine_lives
from api.routes.parameters import PRINTABLE, Between, Cursor, Limit, Services, problems
from api.schemas.remaining_life import LifeAnswer, LifePage, StandingLife, StandingLifePage

router = APIRouter(tags=["remaining lives"])


@router.get("/remaining-lives", summary="Remaining lives", responses=problems(400, 503))
def list_remaining_lives(
    services: Services,
    machine: Annotated[str | None, Query(description="Only of this machine.", max_length=300), PRINTABLE] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> StandingLifePage:
    """Return how long each component will last as it was told last, with reasons; it is told once a day.

    A component has none where no model of its life is in use, or its machine has said nothing in this life.
    """
    standing = services.lives.latest(machine=machine)
    page = page_of(standing, lambda life: (life.machine, life.component), limit=limit, cursor=cursor)
    items = [StandingLife.of(life) for life in page.rows]
    return StandingLifePage(items=items, total=page.total, next_cursor=page.next_cursor)


@router.get(
    "/machines/{machine}/remaining-lives", summary="Its remaining lives over time", responses=problems(400, 404, 503)
)
def get_remaining_lives(
    services: Services,
    machine: Annotated[str, Path(description="The machine's id.", max_length=300), PRINTABLE],
    between: Between,
    as_of: Annotated[Instant | None, Query(description="Only what had been issued by then.")] = None,
    limit: Annotated[int, Query(ge=1, le=10_000, description="Most rows of this page.")] = 5000,
    cursor: Cursor = None,
) -> LifePage:
    """Return the remaining lives on record whose data time lies in [from, to)."""
    fleet_state(services).machine(machine)
    points = machine_lives(services, machine, between.start, between.end, as_of=as_of)
    page = page_of(points, lambda point: point.key, limit=limit, cursor=cursor)
    items = [LifeAnswer.of(point) for point in page.rows]
    return LifePage(items=items, total=page.total, next_cursor=page.next_cursor)
