"""What was just done, said once on the page that follows."""

from api.console.words import when
from api.services import ConsoleServices
from foreworn.errors import NotFound
from foreworn.planning import WorkOrder, WorkOrderState
from foreworn.spares import PurchaseOrder, PurchaseState, ReservationState

S, P = WorkOrderState, PurchaseState
_NEXT = {
    S.APPROVED: "Next: schedule it",
    S.COMPLETED: "Next: a planner closes it",
}


def done_sentence(services: ConsoleServices, id: str) -> str:
    """Return how the order or purchase of this id stands now; empty for no id, or one that is nobody's."""
    if not id:
        return ""
    with services.operations.reading() as tx:
        try:
            order = tx.orders.get(id)
        except NotFound:
            return _purchase(services, id)
        held = [r for r in tx.stock.reservations(order=id) if r.state is ReservationState.OPEN]
    said = f"{id}, {order.machine} {order.component}, is {_state(order)}."
    if order.state is S.SCHEDULED and order.booking is not None:
        said = f"{said[:-1]} for {order.booking.technician}, {when(order.booking.start, services.clock.now())}."
    if order.state is S.APPROVED and held:
        said += f" Reserved for it: {', '.join(f'{r.quantity} × {r.part}' for r in held)}."
    return f"{said} {_NEXT[order.state]}." if order.state in _NEXT else said


def _state(order: WorkOrder) -> str:
    return str(order.state).replace("_", " ")


def _purchase(services: ConsoleServices, id: str) -> str:
    with services.operations.reading() as tx:
        try:
            purchase = tx.purchases.get(id)
        except NotFound:
            return ""
    return f"{id}, {purchase.quantity} × {purchase.part}, is {purchase.state}{_purchase_next(purchase)}."


def _purchase_next(purchase: PurchaseOrder) -> str:
    return {P.APPROVED: ", and counts as on order", P.RECEIVED: f" and lies in {purchase.place}"}.get(
        purchase.state, ""
    )
