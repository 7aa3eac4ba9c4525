"""Parts: where they lie, what they are needed for, and what is being bought."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.cursor import page_of
from api.instants import Instant
from api.reading.demand import demand_of
from api.reading.stock import stock_of
from api.routes.parameters import Cursor, Key, Limit, Services, problems
from api.schemas.part import (
    DemandAnswer,
    PartAnswer,
    PartDetail,
    PartPage,
    PurchaseAnswer,
    ReservationAnswer,
)

router = APIRouter(prefix="/parts", tags=["parts"])


@router.get("", summary="All parts", responses=problems(400, 503))
def list_parts(services: Services, limit: Limit = 100, cursor: Cursor = None) -> PartPage:
    """Return parts with their stock by place, by id."""
    with services.operations.reading() as tx:
        parts, levels = tx.parts.all(), tx.stock.levels()
    page = page_of(parts, lambda part: (part.id,), limit=limit, cursor=cursor)
    items = [PartAnswer.of(part, [level for level in levels if level.part == part.id]) for part in page.rows]
    return PartPage(items=items, total=page.total, next_cursor=page.next_cursor)


@router.get("/{id}", summary="One part", responses=problems(400, 404, 503))
def get_part(
    services: Services,
    id: Key,
    as_of: Annotated[Instant | None, Query(description="As it was known at this time; now if left out.")] = None,
) -> PartDetail:
    """Return a part's stock, reservations, purchases, and its demand as a distribution by source."""
    time = as_of or services.clock.now()
    with services.operations.reading() as tx:
        part = tx.parts.get(id)
        stock = stock_of(tx, id, as_of=time)
    demand = demand_of(services, id, as_of=time)
    return PartDetail(
        **PartAnswer.of(part, stock.levels).model_dump(),
        as_of=time,
        reservations=[ReservationAnswer.of(r) for r in stock.reservations if r.is_open],
        demand=[DemandAnswer.of(period) for period in demand],
        purchases=[PurchaseAnswer.of(p) for p in stock.purchases if p.is_open],
    )
