"""Stock as it stands, and as it stood: the ledger and the steps of orders say what was known when."""

from dataclasses import dataclass, replace
from datetime import datetime

from foreworn.loop.operations import Transaction
from foreworn.planning.work_order import WorkOrder, WorkOrderState
from foreworn.spares.purchase import PurchaseOrder, PurchaseState
from foreworn.spares.stock import Reservation, ReservationState, StockLevel, stock_level
from foreworn.telemetry.sample import MILLISECOND

_PROMISED = (WorkOrderState.APPROVED, WorkOrderState.SCHEDULED, WorkOrderState.IN_PROGRESS)


@dataclass(frozen=True, slots=True)
class PartStock:
    """One part at one time: where it lies, what is promised, and what was bought by then."""

    levels: list[StockLevel]
    reservations: list[Reservation]
    purchases: list[PurchaseOrder]


def stock_of(tx: Transaction, part: str, *, as_of: datetime) -> PartStock:
    """Return how a part stood in every store that it was ever in."""
    movements = tx.stock.movements(part=part, until=as_of + MILLISECOND)
    bought = (purchase_at(p, as_of) for p in tx.purchases.find(part=part))
    promised = (reservation_at(r, tx.orders.get(r.order), as_of) for r in tx.stock.reservations(part=part))
    purchases = [p for p in bought if p is not None]
    reservations = [r for r in promised if r is not None]
    places = {m.place for m in movements} | {p.place for p in purchases} | {r.place for r in reservations}
    levels = [
        stock_level(part, place, movements=movements, reservations=reservations, orders=purchases)
        for place in sorted(places)
    ]
    return PartStock(levels, reservations, purchases)


def purchase_at(purchase: PurchaseOrder, time: datetime) -> PurchaseOrder | None:
    """Return a purchase as it stood; None where nobody had proposed it yet."""
    if purchase.created_at > time:
        return None
    steps = tuple(step for step in purchase.transitions if step.time <= time)
    return replace(
        purchase,
        state=steps[-1].after if steps else PurchaseState.PROPOSED,
        transitions=steps,
        version=purchase.version - (len(purchase.transitions) - len(steps)),
        ordered_at=_unless_later(purchase.ordered_at, time),
        received_at=_unless_later(purchase.received_at, time),
    )


def reservation_at(reservation: Reservation, order: WorkOrder, time: datetime) -> Reservation | None:
    """Return a reservation as it stood; None where its order had not been approved yet.

    Reservations carry no times of their own: they are promised, taken and freed with the steps of their order.
    """
    steps = [step for step in order.transitions if step.time <= time]
    if len(steps) == len(order.transitions):
        return reservation
    if steps and steps[-1].after in _PROMISED:
        return replace(reservation, state=ReservationState.OPEN)
    return None if not steps else reservation


def _unless_later(time: datetime | None, now: datetime) -> datetime | None:
    return None if time is None or time > now else time
