"""The parts of a work order: promised when it is approved, taken when it is done, free again when it is not."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from foreworn.loop.operations import Transaction
from foreworn.planning.work_order import WorkOrder
from foreworn.spares import MovementKind, Reservation, ReservationState, StockMovement, parts_for


def reserve_parts(tx: Transaction, order: WorkOrder, machine_model: str, *, place: str, due: datetime) -> None:
    """Promise the order what its component takes, whether it is on the shelf yet or not."""
    for part, quantity in parts_for(tx.parts.uses(), machine_model, order.component).items():
        tx.stock.reserve(Reservation(order.id, part, place, quantity, due))


def move_reservations(tx: Transaction, order: WorkOrder, *, due: datetime) -> None:
    """Say that the promised parts are needed at another time."""
    for promised in tx.stock.reservations(order=order.id, states=(ReservationState.OPEN,)):
        tx.stock.reserve(replace(promised, due=due))


def release_parts(tx: Transaction, order: WorkOrder) -> None:
    """Give back what was promised and not taken."""
    for promised in tx.stock.reservations(order=order.id, states=(ReservationState.OPEN,)):
        tx.stock.reserve(replace(promised, state=ReservationState.RELEASED))


def take_parts(
    tx: Transaction, order: WorkOrder, taken: Iterable[tuple[str, int]], *, place: str, time: datetime, actor: str
) -> None:
    """Book what the job took, and give back what it was promised besides.

    Raises
    ------
    NotFound
        If a part does not exist.
    Conflict
        If more was taken than the books say is there: count the shelf first.
    ValueError
        If a quantity is below 1.
    """
    quantities = quantities_of(taken)
    promised = {r.part: r for r in tx.stock.reservations(order=order.id, states=(ReservationState.OPEN,))}
    for part, quantity in quantities.items():
        tx.parts.get(part)
        store = promised[part].place if part in promised else place
        tx.stock.move(
            StockMovement(
                id=f"{order.id}:{part}",
                time=time,
                part=part,
                place=store,
                quantity=-quantity,
                kind=MovementKind.ISSUE,
                reference=order.id,
                actor=actor,
            )
        )
        if part in promised:
            tx.stock.reserve(replace(promised[part], state=ReservationState.ISSUED))
    release_parts(tx, order)


def quantities_of(taken: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Return how many of each part; a part named twice is taken twice.

    Raises
    ------
    ValueError
        If a quantity is below 1.
    """
    quantities: Counter[str] = Counter()
    for part, quantity in taken:
        if quantity < 1:
            raise ValueError(f"a job takes at least 1 of part {part!r}, not {quantity}; leave out what was not used")
        quantities[part] += quantity
    return dict(sorted(quantities.items()))
