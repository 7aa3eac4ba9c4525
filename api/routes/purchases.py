"""Purchases: what the platform proposes to buy, and what people make of it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response
from fastapi import Path as PathParameter

from api.auth import require
from api.changes import Seen, changing, etag
from api.cursor import page_of
from api.routes.parameters import PRINTABLE, Cursor, Key, Limit, Services, problems
from api.schemas.part import PurchaseAnswer, PurchasePage
from api.schemas.work_order import Reasoned
from foreworn.access import Role, User
from foreworn.spares.purchase import PurchaseOrder, PurchaseState

router = APIRouter(prefix="/purchases", tags=["parts"])
Buyer = Annotated[User, Depends(require(Role.INVENTORY))]
Step = Literal["approve", "decline", "order", "receive", "cancel"]


@router.get("", summary="Purchases", responses=problems(400, 503))
def list_purchases(
    services: Services,
    state: Annotated[list[PurchaseState] | None, Query(description="Only in one of these states.")] = None,
    part: Annotated[str | None, Query(description="Only of this part.", max_length=200), PRINTABLE] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> PurchasePage:
    """Return proposals and what became of them, oldest first."""
    with services.operations.reading() as tx:
        found = tx.purchases.find(part=part, states=state)
    page = page_of(found, lambda p: (p.created_at.timestamp(), p.id), limit=limit, cursor=cursor)
    items = [PurchaseAnswer.of(purchase) for purchase in page.rows]
    return PurchasePage(items=items, total=page.total, next_cursor=page.next_cursor)


@router.get("/{id}", summary="One purchase", responses=problems(400, 404, 503))
def get_purchase(services: Services, response: Response, id: Key) -> PurchaseAnswer:
    """Return one purchase; its ETag is the version that a change names as If-Match."""
    return _told(response, _purchase(services, id))


@router.post("/{id}/{step}", summary="Take a step with it", responses=problems(400, 404, 409, 412, 428, 503))
def take_step(
    services: Services,
    response: Response,
    id: Key,
    step: Annotated[Step, PathParameter(description="receive puts the parts into stock.")],
    asked: Reasoned,
    user: Buyer,
    seen: Seen,
) -> PurchaseAnswer:
    """Approve or decline a proposal, say that it is ordered or has come, or cancel it."""
    act = {
        "approve": services.purchases.approve,
        "decline": services.purchases.decline,
        "order": services.purchases.order,
        "receive": services.purchases.receive,
        "cancel": services.purchases.cancel,
    }[step]
    with changing(f"purchase {id}", seen, lambda: _purchase(services, id).version):
        return _told(response, act(id, actor=user.name, seen=seen, reason=asked.reason))


def _purchase(services: Services, id: str) -> PurchaseOrder:
    with services.operations.reading() as tx:
        return tx.purchases.get(id)


def _told(response: Response, purchase: PurchaseOrder) -> PurchaseAnswer:
    response.headers.update(etag(purchase.version))
    return PurchaseAnswer.of(purchase)
