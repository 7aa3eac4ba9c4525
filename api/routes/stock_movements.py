"""The stock ledger, and changes of stock by hand."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from api.auth import require
from api.changes import Created, IdempotencyKey, once
from api.cursor import page_of
from api.routes.parameters import CREATED, PRINTABLE, Between, Cursor, Limit, Services, problems
from api.schemas.part import MovementAnswer, MovementPage, NewMovement
from foreworn.access import Role, User
from foreworn.loop.stock_keeping import Handling, StockKeeping

router = APIRouter(prefix="/stock-movements", tags=["parts"])
Storekeeper = Annotated[User, Depends(require(Role.INVENTORY))]


@router.get("", summary="The stock ledger", responses=problems(400, 503))
def list_movements(
    services: Services,
    between: Between,
    part: Annotated[str | None, Query(description="Only of this part.", max_length=200), PRINTABLE] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> MovementPage:
    """Return what came and went in [from, to), oldest first."""
    with services.operations.reading() as tx:
        movements = tx.stock.movements(part=part, since=between.start, until=between.end)
    page = page_of(movements, lambda m: (m.time.timestamp(), m.id), limit=limit, cursor=cursor)
    items = [MovementAnswer.of(movement) for movement in page.rows]
    return MovementPage(items=items, total=page.total, next_cursor=page.next_cursor)


@router.post(
    "",
    summary="Change stock by hand",
    status_code=201,
    response_model=MovementAnswer,
    responses=CREATED | problems(400, 404, 409, 422, 503),
)
def create_movement(
    services: Services, request: Request, asked: NewMovement, user: Storekeeper, key: IdempotencyKey
) -> Response:
    """Put a line into the ledger: what came, was taken, lost, found or counted; more than is there cannot be taken."""

    def make() -> Created:
        handling = Handling(asked.part, asked.place, asked.kind, asked.quantity, asked.reference)
        keeping = StockKeeping(services.operations, services.clock)
        line, _ = keeping.record(handling, id=f"SM-{secrets.token_hex(8)}", actor=user.name)
        return Created(MovementAnswer.of(line), f"/v1/stock-movements?part={line.part}", {})

    return once(services, request, asked, user=user.name, key=key, make=make)
