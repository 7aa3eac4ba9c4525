"""What people do to purchases and to stock by hand; each goes back to where it was asked for."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from api.auth import require
from api.console.forms import Form, Typed, go_to
from api.console.guarded import TypedForm
from api.console.parts import render_part
from api.console.purchase_words import DECLINE_ANSWERS
from api.problems import BadParameter
from api.routes.parameters import Services
from api.services import ConsoleServices
from foreworn.access import Role, User
from foreworn.errors import Conflict, NotFound, TransitionRefused
from foreworn.loop.stock_keeping import Handling, StockKeeping
from foreworn.spares import MovementKind, PurchaseOrder

router = APIRouter(include_in_schema=False)
Buyer = Annotated[User, Depends(require(Role.INVENTORY))]


class _Step(Protocol):
    def __call__(self, id: str, *, actor: str, seen: int, reason: str = "") -> PurchaseOrder: ...


def _steps(services: ConsoleServices) -> Mapping[str, _Step]:
    purchases = services.purchases
    return {
        "approve": purchases.approve,
        "decline": purchases.decline,
        "order": purchases.order,
        "receive": purchases.receive,
        "cancel": purchases.cancel,
    }


_ASKS_WHY = frozenset({"decline", "cancel"})


@router.post("/purchases/{id}/{step}")
def take_step(request: Request, services: Services, user: Buyer, form: TypedForm, id: str, step: str) -> Response:
    """Take it and go on; where it cannot be taken, show the part as it is now."""
    steps = _steps(services)
    if step not in steps:
        raise NotFound("step", step, known=list(steps))
    with services.operations.reading() as tx:
        part = tx.purchases.get(id).part

    def take() -> str:
        reason = _reason(form) if step in _ASKS_WHY else ""
        return steps[step](id, actor=user.name, seen=form.seen, reason=reason).id

    return _done(request, services, part, form, take, f"{id}: you wanted to {step} it")


@router.post("/parts/{id}/stock")
def handle_stock(request: Request, services: Services, user: Buyer, form: TypedForm, id: str) -> Response:
    """Write what was counted, came or was lost into the ledger; sent twice it is one line."""

    def handle() -> str:
        kind = form.choice("kind", MovementKind)
        quantity = form.whole("quantity") * (-1 if form.text("lost") else 1)
        handling = Handling(id, form.text("place", required=True), kind, quantity, form.text("reference"))
        StockKeeping(services.operations, services.clock).record(
            handling, id=form.text("line", required=True), actor=user.name
        )
        return ""

    return _done(request, services, id, form, handle, "Stock was not changed")


def _done(
    request: Request, services: ConsoleServices, part: str, form: Form, do: Callable[[], str], wish: str
) -> Response:
    try:
        did = do()
    except (Conflict, NotFound, TransitionRefused, ValueError) as refusal:
        said = f"{refusal.field}: {refusal.problem}" if isinstance(refusal, BadParameter) else str(refusal)
        changed = isinstance(refusal, Conflict | TransitionRefused)
        status = HTTPStatus.CONFLICT if changed else HTTPStatus.BAD_REQUEST
        trouble = f"{wish}. {said}"
        return render_part(request, services, part, status=status, trouble=trouble, typed=Typed(form.fields))
    target = form.back(f"/parts/{part}")
    return go_to(target, did=did) if did else go_to(target)


def _reason(form: Form) -> str:
    chosen, words = dict(DECLINE_ANSWERS).get(form.text("answer"), ""), form.text("words")
    if not chosen and not words:
        raise BadParameter("reason", "it is empty", remedy="choose one, or say it in your own words")
    return f"{chosen}: {words}" if chosen and words else chosen or words
