"""The use cases of purchases: what people make of what is proposed, and what comes."""

from dataclasses import replace
from datetime import datetime

from foreworn.audit import AuditEntry
from foreworn.clock import Clock
from foreworn.errors import Conflict
from foreworn.loop.operations import Operations, Transaction
from foreworn.spares import MovementKind, PurchaseOrder, PurchaseState, StockMovement

P = PurchaseState


class Purchases:
    """What people do with purchases, each step in one transaction.

    Whoever changes a purchase names the version that they saw: `seen`. If it has another one by now the
    change is refused with `Conflict`; a step that is not in the transition table with `TransitionRefused`.

    Parameters
    ----------
    operations
        Where purchases and stock are.
    clock
        When things happen.
    """

    def __init__(self, operations: Operations, clock: Clock) -> None:
        self._operations = operations
        self._clock = clock

    def approve(self, id: str, *, actor: str, seen: int, reason: str = "") -> PurchaseOrder:
        """Say that it shall be bought."""
        return self._step(id, P.APPROVED, actor, seen, reason)

    def decline(self, id: str, *, actor: str, seen: int, reason: str = "") -> PurchaseOrder:
        """Say that it shall not be bought."""
        return self._step(id, P.DECLINED, actor, seen, reason)

    def order(self, id: str, *, actor: str, seen: int, reason: str = "") -> PurchaseOrder:
        """Say that the supplier was told: it is expected a lead time from now."""
        now = self._clock.now()
        with self._operations.transaction() as tx:
            lead_time = tx.parts.get(tx.purchases.get(id).part).lead_time
            return put_purchase_step(
                tx, id, P.ORDERED, actor=actor, seen=seen, reason=reason, now=now, expected_at=now + lead_time
            )

    def cancel(self, id: str, *, actor: str, seen: int, reason: str = "") -> PurchaseOrder:
        """Say that it will not come after all."""
        return self._step(id, P.CANCELLED, actor, seen, reason)

    def receive(self, id: str, *, actor: str, seen: int, reason: str = "") -> PurchaseOrder:
        """Say that it came: it is on the shelf, all of it, once."""
        now = self._clock.now()
        with self._operations.transaction() as tx:
            purchase = put_purchase_step(tx, id, P.RECEIVED, actor=actor, seen=seen, reason=reason, now=now)
            tx.stock.move(
                StockMovement(
                    id=f"{purchase.id}:receipt",
                    time=now,
                    part=purchase.part,
                    place=purchase.place,
                    quantity=purchase.quantity,
                    kind=MovementKind.RECEIPT,
                    reference=purchase.id,
                    actor=actor,
                )
            )
            return purchase

    def _step(self, id: str, to: PurchaseState, actor: str, seen: int, reason: str) -> PurchaseOrder:
        with self._operations.transaction() as tx:
            return put_purchase_step(tx, id, to, actor=actor, seen=seen, reason=reason, now=self._clock.now())


def put_purchase_step(
    tx: Transaction,
    id: str,
    to: PurchaseState,
    *,
    actor: str,
    seen: int,
    reason: str,
    now: datetime,
    expected_at: datetime | None = None,
) -> PurchaseOrder:
    """Take a purchase one step further inside a transaction, and leave a trace in the audit trail.

    Parameters
    ----------
    expected_at
        When it comes, as the step makes it; None: as was said before.

    Raises
    ------
    NotFound
        If there is none of this id.
    Conflict
        If it has another version than `seen` by now.
    TransitionRefused
        If its state may not become `to`.
    """
    purchase = tx.purchases.get(id)
    if purchase.version != seen:
        raise Conflict(
            f"{id} is {purchase.state} in version {purchase.version} by now, you saw version {seen}: look at it again"
        )
    purchase = purchase.transition(to, actor=actor, time=now, reason=reason)
    purchase = replace(purchase, expected_at=expected_at or purchase.expected_at)
    tx.purchases.update(purchase, seen=seen)
    detail = {"part": purchase.part, "quantity": purchase.quantity, "reason": reason}
    tx.audit.record(AuditEntry(now, actor, f"purchase.{to}", id, detail))
    return purchase
