"""The storekeeper of a simulated plant: orders what is proposed, and puts on the shelf what comes."""

import logging
from datetime import datetime, timedelta

from foreworn.errors import Conflict, TransitionRefused
from foreworn.loop.operations import Operations
from foreworn.loop.purchasing import Purchases
from foreworn.spares.purchase import OPEN_PURCHASE_STATES, PurchaseOrder, PurchaseState
from simulators.plant.draws import generator
from simulators.plant.plant import Plant

NAME = "storekeeper"

_log = logging.getLogger(__name__)


class Storekeeper:
    """Approves and orders every replenishment proposal; suppliers deliver as the plant file says.

    Parameters
    ----------
    plant
        Whose parts these are, with their lead times.
    operations, purchases
        The platform, as a storekeeper uses it.
    """

    def __init__(self, plant: Plant, operations: Operations, purchases: Purchases) -> None:
        self._operations = operations
        self._purchases = purchases
        self._seed = plant.seed
        self._lead = {p.id: (p.lead_time_days, p.lead_time_spread_days) for p in plant.parts}

    def act(self, now: datetime) -> None:
        """Do what a storekeeper does at this time of day."""
        with self._operations.reading() as tx:
            found = tx.purchases.find(states=OPEN_PURCHASE_STATES)
        for purchase in found:
            try:
                self._advance(purchase, now)
            except (Conflict, TransitionRefused) as quicker:
                _log.info("a visitor was quicker: %s", quicker)

    def _advance(self, purchase: PurchaseOrder, now: datetime) -> None:
        if purchase.state is PurchaseState.PROPOSED:
            purchase = self._purchases.approve(purchase.id, actor=NAME, seen=purchase.version)
        if purchase.state is PurchaseState.APPROVED:
            self._purchases.order(purchase.id, actor=NAME, seen=purchase.version)
        elif purchase.state is PurchaseState.ORDERED and self._has_come(purchase, now):
            self._purchases.receive(purchase.id, actor=NAME, seen=purchase.version)

    def _has_come(self, purchase: PurchaseOrder, now: datetime) -> bool:
        """Draw the lead time once per purchase: the same purchase always takes as long.

        A part that the plant file does not know, because a visitor has entered it, comes when it is expected.
        """
        if purchase.part not in self._lead:
            return now >= purchase.expected_at
        mean, spread = self._lead[purchase.part]
        drawn = generator(self._seed, "delivery", purchase.id, purchase.part).normal(mean, spread)
        assert purchase.ordered_at is not None
        return now >= purchase.ordered_at + timedelta(days=max(0.25 * mean, drawn))
