"""The ports to parts, stock and purchases; they live in the operations store, inside a transaction."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from foreworn.spares.part import Part, PartUse
from foreworn.spares.purchase import PurchaseOrder, PurchaseState
from foreworn.spares.stock import Reservation, ReservationState, StockLevel, StockMovement


class PartBook(Protocol):
    """Keeps parts, and which component takes which."""

    def put(self, part: Part) -> None:
        """Add or update a part, by id."""
        ...

    def get(self, id: str) -> Part:
        """Return a part.

        Raises
        ------
        NotFound
            If there is none of this id.
        """
        ...

    def all(self) -> list[Part]:
        """Return all parts, sorted by id."""
        ...

    def put_use(self, use: PartUse) -> None:
        """Say that a component takes a part, by machine model, component and part.

        Raises
        ------
        NotFound
            If the part does not exist.
        """
        ...

    def uses(self) -> list[PartUse]:
        """Return the bill of parts, sorted by machine model, component, part."""
        ...


class StockLedger(Protocol):
    """Keeps stock as movements that are never changed; what is on hand is their sum."""

    def move(self, movement: StockMovement) -> bool:
        """Add a movement, and tell whether it is new: one whose id is known changes nothing.

        Raises
        ------
        NotFound
            If the part does not exist.
        Conflict
            If it would take more than is on hand.
        """
        ...

    def movements(
        self, *, part: str | None = None, since: datetime | None = None, until: datetime | None = None
    ) -> list[StockMovement]:
        """Return movements in [since, until), sorted by time, id."""
        ...

    def levels(self) -> list[StockLevel]:
        """Return every part's stock at every place that it was ever at, sorted by part, place."""
        ...

    def level(self, part: str, place: str) -> StockLevel:
        """Return one part's stock at one place; zero where it never was."""
        ...

    def reserve(self, reservation: Reservation) -> None:
        """Add or update what an order will take, by order, part and place."""
        ...

    def reservations(
        self, *, order: str | None = None, part: str | None = None, states: Collection[ReservationState] | None = None
    ) -> list[Reservation]:
        """Return reservations, sorted by due, order, part."""
        ...


class PurchaseBook(Protocol):
    """Keeps replenishment proposals and the orders that became of them."""

    def next_id(self) -> str:
        """Return an id nobody has used, such as `PO-17`; ids grow."""
        ...

    def add(self, order: PurchaseOrder) -> None:
        """Add one.

        Raises
        ------
        Conflict
            If the id is taken, or the part has an undecided proposal at that place already.
        """
        ...

    def get(self, id: str) -> PurchaseOrder:
        """Return one.

        Raises
        ------
        NotFound
            If there is none of this id.
        """
        ...

    def update(self, order: PurchaseOrder, *, seen: int) -> None:
        """Put it in the place of the version that its changer saw.

        Raises
        ------
        Conflict
            If it has another version than `seen` by now.
        """
        ...

    def find(
        self, *, part: str | None = None, states: Collection[PurchaseState] | None = None
    ) -> Sequence[PurchaseOrder]:
        """Return purchases, by id (oldest first)."""
        ...
