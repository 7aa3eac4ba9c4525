"""Whether the parts of a job are there: on the shelf, on their way, or missing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from api.console.words import span, when
from foreworn.loop.operations import Transaction
from foreworn.planning import WorkOrder
from foreworn.spares import (
    COMING_STATES,
    Part,
    PartUse,
    PurchaseOrder,
    Reservation,
    ReservationState,
    StockLevel,
    parts_for,
)


class Supply(StrEnum):
    """How a job's part stands."""

    THERE = "there"
    COMING = "coming"
    MISSING = "missing"
    TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class PartNeed:
    """One part that a job takes.

    Parameters
    ----------
    quantity
        What the job takes. [unit of the part]
    level
        How the part stands at the place the job takes it from.
    reserved
        Whether the job has it promised.
    arrives
        When the next purchase of it should be there; None without one.
    taken
        Whether it was taken from the shelf for this job.
    """

    part: Part
    quantity: int
    level: StockLevel
    reserved: bool = False
    arrives: datetime | None = None
    taken: bool = False

    @property
    def supply(self) -> Supply:
        """How it stands; what is promised to this very job is there for it."""
        if self.taken:
            return Supply.TAKEN
        there = self.level.on_hand if self.reserved else self.level.free
        if there >= self.quantity:
            return Supply.THERE
        return Supply.MISSING if self.arrives is None else Supply.COMING

    def words(self, now: datetime) -> str:
        """Return how it stands, such as `on shelf in main` or `arrives Wed 08:00`."""
        if self.supply is Supply.COMING and self.arrives is not None:
            late = " (late)" if self.arrives < now else ""
            return f"arrives {when(self.arrives, now)}{late}"
        return {
            Supply.TAKEN: f"taken from {self.level.place}",
            Supply.THERE: f"on shelf in {self.level.place}{', reserved' if self.reserved else ''}",
            Supply.MISSING: f"not in stock, {span(self.part.lead_time)} from order to shelf",
        }[self.supply]

    @property
    def name(self) -> str:
        """Quantity and part, such as `2 × 6204 deep groove bearing`."""
        counted = f"{self.quantity} × " if self.quantity != 1 else ""
        return f"{counted}{self.part.id} {self.part.description}".strip()


class Supplies:
    """Answers for many jobs from one reading of the store, while it lasts.

    Parameters
    ----------
    place
        Where jobs take their parts from.
    models
        Machine to its model: the bill of parts is by model.
    """

    def __init__(self, tx: Transaction, models: dict[str, str], *, place: str) -> None:
        self._models, self._place = models, place
        self._parts = {part.id: part for part in tx.parts.all()}
        self._bill: Sequence[PartUse] = tx.parts.uses()
        self._levels = {(level.part, level.place): level for level in tx.stock.levels()}
        self._coming = _soonest(tx.purchases.find(states=COMING_STATES))
        self._reserved: dict[str, list[Reservation]] = {}
        self._tx = tx
        for reservation in tx.stock.reservations(states=(ReservationState.OPEN,)):
            self._reserved.setdefault(reservation.order, []).append(reservation)

    def of(self, order: WorkOrder) -> list[PartNeed]:
        """Return what the job takes: what it has reserved or took, or what the bill of parts says."""
        promised = self._reserved.get(order.id)
        if order.findings is not None:
            promised = self._tx.stock.reservations(order=order.id, states=(ReservationState.ISSUED,))
        if promised:
            return [self._promised(reservation) for reservation in promised]
        if not order.is_open:
            return []
        return self.of_component(order.machine, order.component)

    def of_component(self, machine: str, component: str) -> list[PartNeed]:
        """Return what replacing a machine's component takes by the bill of parts."""
        bill = parts_for(self._bill, self._models.get(machine, ""), component)
        return [self._need(part, quantity) for part, quantity in bill.items() if part in self._parts]

    def _promised(self, reservation: Reservation) -> PartNeed:
        taken = reservation.state is ReservationState.ISSUED
        return self._need(
            reservation.part, reservation.quantity, place=reservation.place, reserved=not taken, taken=taken
        )

    def _need(
        self, part: str, quantity: int, *, place: str | None = None, reserved: bool = False, taken: bool = False
    ) -> PartNeed:
        key = (part, place or self._place)
        level = self._levels.get(key, StockLevel(*key, on_hand=0))
        return PartNeed(self._parts[part], quantity, level, reserved, self._coming.get(key), taken)


def _soonest(purchases: Collection[PurchaseOrder]) -> dict[tuple[str, str], datetime]:
    soonest: dict[tuple[str, str], datetime] = {}
    for purchase in purchases:
        key = (purchase.part, purchase.place)
        soonest[key] = min(purchase.expected_at, soonest.get(key, purchase.expected_at))
    return soonest
