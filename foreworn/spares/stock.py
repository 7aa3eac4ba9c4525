"""The stock ledger: what came and went, what is promised, and where that leaves a part."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from foreworn.spares.purchase import PurchaseOrder


class MovementKind(StrEnum):
    """Why stock changed."""

    RECEIPT = "receipt"
    """It was delivered."""
    ISSUE = "issue"
    """Somebody took it for a job."""
    ADJUSTMENT = "adjustment"
    """It was lost, found, scrapped or brought back."""
    COUNT = "count"
    """A stock-taking found another number; the quantity is the difference."""


class ReservationState(StrEnum):
    """What became of a promise."""

    OPEN = "open"
    ISSUED = "issued"
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class StockMovement:
    """One line of the ledger; stock is the sum of the lines, and a line is never changed.

    Parameters
    ----------
    id
        Unique; writing the line again changes nothing.
    time
        When it happened.
    part, place
        What, and in which store.
    quantity
        What was added; below 0 was taken. [unit of the part]
    kind
        Why.
    reference
        The work order, purchase order or count sheet it belongs to.
    actor
        Who did it.
    """

    id: str
    time: datetime
    part: str
    place: str
    quantity: int
    kind: MovementKind
    reference: str
    actor: str

    def __post_init__(self) -> None:
        """Refuse a line that goes the wrong way.

        Raises
        ------
        ValueError
            If a receipt does not add, an issue does not take, or an adjustment changes nothing.
        """
        wrong = {
            MovementKind.RECEIPT: self.quantity <= 0,
            MovementKind.ISSUE: self.quantity >= 0,
            MovementKind.ADJUSTMENT: self.quantity == 0,
            MovementKind.COUNT: False,
        }
        if wrong[self.kind]:
            raise ValueError(f"movement {self.id!r}: a quantity of {self.quantity} is no {self.kind}")


@dataclass(frozen=True, slots=True)
class Reservation:
    """A work order's promise to use parts at a date: dated demand.

    Parameters
    ----------
    order
        The work order; it has one reservation per part and place.
    part, place
        What, and from which store.
    quantity
        How many. [unit of the part]
    due
        When they must be there.
    state
        Whether they are still to be taken.
    """

    order: str
    part: str
    place: str
    quantity: int
    due: datetime
    state: ReservationState = ReservationState.OPEN

    def __post_init__(self) -> None:
        """Refuse a promise of nothing.

        Raises
        ------
        ValueError
            If the quantity is below 1.
        """
        if self.quantity < 1:
            raise ValueError(
                f"order {self.order!r} reserves {self.quantity} of {self.part!r}: a promise is of at least 1"
            )

    @property
    def is_open(self) -> bool:
        """Whether the parts are still to be taken."""
        return self.state is ReservationState.OPEN


@dataclass(frozen=True, slots=True)
class StockLevel:
    """Where one part stands in one store [unit of the part].

    `position` nets every reservation, whenever it is due. What to buy is decided on the projected balance
    instead (`foreworn.spares.replenishment`), which nets a reservation at its date: a job in half a year is
    no reason to buy today a part that takes two weeks.
    """

    part: str
    place: str
    on_hand: int
    reserved: int = 0
    on_order: int = 0

    @property
    def position(self) -> int:
        """On hand, less what is promised, plus what is on its way [unit of the part]."""
        return self.on_hand - self.reserved + self.on_order

    @property
    def free(self) -> int:
        """What lies there and is promised to nobody; below 0 where more is promised [unit of the part]."""
        return self.on_hand - self.reserved


def stock_level(
    part: str,
    place: str,
    *,
    movements: Iterable[StockMovement],
    reservations: Iterable[Reservation],
    orders: Iterable[PurchaseOrder],
) -> StockLevel:
    """Return where a part stands in a store; what is about other parts or stores is left out.

    Proposed orders are not on order: nobody has promised to deliver them.
    """
    here = (part, place)
    return StockLevel(
        part,
        place,
        on_hand=sum(m.quantity for m in movements if (m.part, m.place) == here),
        reserved=sum(r.quantity for r in reservations if (r.part, r.place) == here and r.is_open),
        on_order=sum(o.quantity for o in orders if (o.part, o.place) == here and o.is_coming),
    )
