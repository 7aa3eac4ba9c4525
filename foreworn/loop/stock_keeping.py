"""Stock as people change it by hand: what came without an order, what was taken, lost, found or counted."""

from dataclasses import dataclass

from foreworn.audit import AuditEntry
from foreworn.clock import Clock
from foreworn.loop.operations import Operations
from foreworn.spares.stock import MovementKind, StockMovement


@dataclass(frozen=True, slots=True)
class Handling:
    """What somebody did to the stock of a part.

    Parameters
    ----------
    part, place
        What, and in which store.
    kind
        Why.
    quantity
        What was added; below 0 was taken. Of a count: what was found. [unit of the part]
    reference
        What it belongs to: an order, a count sheet, a sentence.
    """

    part: str
    place: str
    kind: MovementKind
    quantity: int
    reference: str = ""


class StockKeeping:
    """Changes stock by hand.

    Parameters
    ----------
    operations, clock
        Where stock is kept, and what time it is.
    """

    def __init__(self, operations: Operations, clock: Clock) -> None:
        self._operations = operations
        self._clock = clock

    def record(self, handling: Handling, *, id: str, actor: str) -> tuple[StockMovement, bool]:
        """Return the ledger's line for it, and whether it is new: of one id there is one line.

        Raises
        ------
        NotFound
            If there is no such part.
        Conflict
            If more is taken than is on hand, or the id stands for another line.
        ValueError
            If the quantity goes the wrong way, or what was counted is below 0.
        """
        with self._operations.transaction() as tx:
            part = tx.parts.get(handling.part)
            change = handling.quantity
            if handling.kind is MovementKind.COUNT:
                if handling.quantity < 0:
                    raise ValueError(f"{handling.quantity} cannot be counted: write what lies there, at least 0")
                change -= tx.stock.level(part.id, handling.place).on_hand
            now = self._clock.now()
            line = StockMovement(id, now, part.id, handling.place, change, handling.kind, handling.reference, actor)
            if not tx.stock.move(line):
                return next(m for m in tx.stock.movements(part=part.id) if m.id == id), False
            detail = {"id": id, "place": line.place, "kind": str(line.kind), "quantity": change}
            tx.audit.record(AuditEntry(now, actor, "stock.moved", part.id, {**detail, "reference": line.reference}))
            return line, True
