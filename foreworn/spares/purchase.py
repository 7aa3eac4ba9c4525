"""A purchase order and the states it may go through."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from foreworn.errors import TransitionRefused


class PurchaseState(StrEnum):
    """How far a purchase has come."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    ORDERED = "ordered"
    RECEIVED = "received"
    CANCELLED = "cancelled"
    DECLINED = "declined"

    @property
    def is_final(self) -> bool:
        """Whether nothing can follow."""
        return not PURCHASE_TRANSITIONS[self]


P = PurchaseState
PURCHASE_TRANSITIONS: dict[PurchaseState, frozenset[PurchaseState]] = {
    P.PROPOSED: frozenset({P.APPROVED, P.DECLINED, P.CANCELLED}),
    P.APPROVED: frozenset({P.ORDERED, P.CANCELLED}),
    P.ORDERED: frozenset({P.RECEIVED, P.CANCELLED}),
    P.RECEIVED: frozenset(),
    P.CANCELLED: frozenset(),
    P.DECLINED: frozenset(),
}
"""What may follow each state."""

OPEN_PURCHASE_STATES = (P.PROPOSED, P.APPROVED, P.ORDERED)
"""Still to be decided or delivered; a part in a store has at most one proposed order."""

COMING_STATES = (P.APPROVED, P.ORDERED)
"""Somebody has committed to buy it, so it counts as on order."""


@dataclass(frozen=True, slots=True)
class PurchaseTransition:
    """One step of a purchase order: when, by whom, from where to where, and why."""

    time: datetime
    actor: str
    before: PurchaseState
    after: PurchaseState
    reason: str


@dataclass(frozen=True, slots=True)
class PurchaseOrder:
    """Parts to be bought for a store, with every step the purchase took.

    Parameters
    ----------
    id
        Unique among all purchase orders.
    part, place
        What, and for which store.
    quantity
        How many. [unit of the part]
    created_at
        When it was proposed.
    expected_at
        When it should be on the shelf.
    ordered_at, received_at
        When the supplier was told, and when it came; None before.
    state
        How far it has come.
    transitions
        The steps that led here, oldest first.
    version
        Counts the steps; who changes an order names the version that they saw.
    reason
        Why it was proposed, in a sentence.
    evidence
        What the proposal rested on, as names and values, frozen with it.
    """

    id: str
    part: str
    place: str
    quantity: int
    created_at: datetime
    expected_at: datetime
    ordered_at: datetime | None = None
    received_at: datetime | None = None
    state: PurchaseState = PurchaseState.PROPOSED
    transitions: tuple[PurchaseTransition, ...] = ()
    version: int = 0
    reason: str = ""
    evidence: tuple[tuple[str, float | str], ...] = ()

    def __post_init__(self) -> None:
        """Refuse an order of nothing.

        Raises
        ------
        ValueError
            If the quantity is below 1.
        """
        if self.quantity < 1:
            raise ValueError(f"purchase order {self.id!r} is for {self.quantity}: order at least 1")

    @property
    def is_open(self) -> bool:
        """Whether it is still to be decided or delivered."""
        return self.state in OPEN_PURCHASE_STATES

    @property
    def is_coming(self) -> bool:
        """Whether somebody has committed to buy it and it has not come."""
        return self.state in COMING_STATES

    def transition(self, to: PurchaseState, *, actor: str, time: datetime, reason: str) -> "PurchaseOrder":
        """Return the order one step further.

        Raises
        ------
        TransitionRefused
            If this state may not become `to`.
        ValueError
            If nobody is named as the actor, or `time` lies before the last step.

        Examples
        --------
        >>> from datetime import UTC, datetime, timedelta
        >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
        >>> order = PurchaseOrder("po-1", "seal-40", "main", 4, noon, noon + timedelta(days=21))
        >>> order = order.transition(PurchaseState.APPROVED, actor="ines", time=noon, reason="below 3")
        >>> order.state, order.version, order.is_coming
        (<PurchaseState.APPROVED: 'approved'>, 1, True)
        >>> order.transition(PurchaseState.RECEIVED, actor="ines", time=noon, reason="came")
        Traceback (most recent call last):
        ...
        foreworn.errors.TransitionRefused: a purchase order that is approved cannot become received; \
allowed from here: cancelled, ordered
        """
        if to not in PURCHASE_TRANSITIONS[self.state]:
            allowed = sorted(PURCHASE_TRANSITIONS[self.state])
            raise TransitionRefused(self.state, to, allowed=allowed, what="purchase order")
        latest = self.transitions[-1].time if self.transitions else self.created_at
        if not actor.strip():
            raise ValueError("a transition needs the name of its actor")
        if time < latest:
            raise ValueError(f"the last step of purchase order {self.id} was at {latest}: the next cannot be at {time}")
        step = PurchaseTransition(time, actor, self.state, to, reason)
        return replace(
            self,
            state=to,
            transitions=(*self.transitions, step),
            version=self.version + 1,
            ordered_at=time if to is P.ORDERED else self.ordered_at,
            received_at=time if to is P.RECEIVED else self.received_at,
        )
