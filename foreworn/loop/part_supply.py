"""When the parts of a job are there: on the shelf now, with a purchase that is coming, or a lead time from now."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from foreworn.loop.operations import Transaction
from foreworn.spares import COMING_STATES, Part, PartUse, PurchaseOrder, StockLevel, parts_for


class PartSupply:
    """What one store can give to jobs that have nothing reserved yet; what one is given the next cannot have.

    Parameters
    ----------
    parts, bill
        What there is, and which component takes which.
    levels
        Stock; what is reserved belongs to others.
    coming
        Purchases somebody has committed to.
    place
        The store that jobs take their parts from.
    now
        What is not there or coming is there a lead time from now.
    """

    def __init__(
        self,
        parts: Iterable[Part],
        bill: Iterable[PartUse],
        levels: Iterable[StockLevel],
        coming: Iterable[PurchaseOrder],
        *,
        place: str,
        now: datetime,
    ) -> None:
        self._parts = {part.id: part for part in parts}
        self._bill = list(bill)
        self._now = now
        self._free: dict[str, int] = {level.part: level.free for level in levels if level.place == place}
        self._coming: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
        for purchase in coming:
            if purchase.place == place:
                self._coming[purchase.part].append((max(purchase.expected_at, now), purchase.quantity))

    @classmethod
    def of(cls, tx: Transaction, *, place: str, now: datetime) -> "PartSupply":
        """Return what the store can give, as the transaction sees it."""
        coming = tx.purchases.find(states=COMING_STATES)
        return cls(tx.parts.all(), tx.parts.uses(), tx.stock.levels(), coming, place=place, now=now)

    def ready(self, machine_model: str, component: str) -> datetime:
        """Return from when on all parts of the job are there; a job that takes none is ready now."""
        needs = parts_for(self._bill, machine_model, component)
        return max((self._there(part, quantity) for part, quantity in needs.items()), default=self._now)

    def take(self, machine_model: str, component: str) -> None:
        """Promise the job its parts."""
        for part, quantity in parts_for(self._bill, machine_model, component).items():
            self._free[part] = self._free.get(part, 0) - quantity

    def _there(self, part: str, quantity: int) -> datetime:
        there = self._free.get(part, 0)
        if there >= quantity:
            return self._now
        bought = self._now + self._parts[part].lead_time
        for expected, coming in sorted(self._coming[part]):
            there += coming
            if there >= quantity:
                return min(expected, bought)
        return bought
