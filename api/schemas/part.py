"""Parts: stock, demand, reservations, movements and purchases."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field

from api.instants import Instant
from api.reading.demand import DemandPeriod
from api.schemas.answer import Answer, PageAnswer
from api.schemas.request import Name, OptionalText, Request
from foreworn.health.demand import DemandSource
from foreworn.spares.part import Part
from foreworn.spares.purchase import PURCHASE_TRANSITIONS, PurchaseOrder, PurchaseState, PurchaseTransition
from foreworn.spares.stock import MovementKind, Reservation, ReservationState, StockLevel, StockMovement


def _days(span: timedelta) -> float:
    return span / timedelta(days=1)


class LevelAnswer(Answer):
    """Where a part stands in one store [unit of the part]."""

    place: str
    on_hand: int
    reserved: int = Field(description="Promised to open work orders.")
    on_order: int = Field(description="Approved or ordered, and not yet received.")
    position: int = Field(description="On hand, less reserved, plus on order.")

    @classmethod
    def of(cls, level: StockLevel) -> Self:
        """Return the answer for one level."""
        return cls.model_validate(level, from_attributes=True)


class PartAnswer(Answer):
    """One part, and where it lies."""

    id: str
    description: str
    unit: str
    price: float = Field(description="[currency/unit]")
    lead_time_d: float = Field(description="From order to shelf. [d]")
    lead_time_sd_d: float = Field(description="Standard deviation of it. [d]")
    supplier: str
    pack_size: int
    service_level: float = Field(description="Chance of no stock-out while waiting for an order, 0 to 1.")
    levels: list[LevelAnswer] = Field(description="By place.")

    @classmethod
    def of(cls, part: Part, levels: list[StockLevel]) -> Self:
        """Return the answer for one part."""
        return cls(
            id=part.id,
            description=part.description,
            unit=part.unit,
            price=part.price,
            lead_time_d=_days(part.lead_time),
            lead_time_sd_d=_days(part.lead_time_sd),
            supplier=part.supplier,
            pack_size=part.pack_size,
            service_level=part.service_level,
            levels=[LevelAnswer.of(level) for level in levels],
        )


class PartPage(PageAnswer):
    """Parts, by id."""

    items: list[PartAnswer]


class DemandAnswer(Answer):
    """How many are needed in one period, from one source; the newest that had been said."""

    place: str
    source: DemandSource = Field(description="`total` is the sum of the other three.")
    start: Instant = Field(description="When the period begins.")
    issued_at: Instant = Field(description="When it was said.")
    mean: float = Field(description="[unit of the part]")
    p50: float
    p80: float
    p90: float
    p95: float
    p99: float = Field(description="The demand stays at or below this with a chance of 99 %.")

    @classmethod
    def of(cls, period: DemandPeriod) -> Self:
        """Return the answer for one period."""
        return cls.model_validate(period, from_attributes=True)


class ReservationAnswer(Answer):
    """What a work order will take."""

    order: str
    place: str
    quantity: int
    due: Instant
    state: ReservationState

    @classmethod
    def of(cls, reservation: Reservation) -> Self:
        """Return the answer for one reservation."""
        return cls.model_validate(reservation, from_attributes=True)


class PurchaseStep(Answer):
    """One step of a purchase order."""

    time: Instant
    actor: str
    before: PurchaseState
    after: PurchaseState
    reason: str

    @classmethod
    def of(cls, step: PurchaseTransition) -> Self:
        """Return the answer for one step."""
        return cls.model_validate(step, from_attributes=True)


class PurchaseAnswer(Answer):
    """One purchase, from its proposal on."""

    id: str
    part: str
    place: str
    quantity: int
    state: PurchaseState
    may_become: list[PurchaseState] = Field(description="What may follow this state.")
    created_at: Instant
    expected_at: Instant = Field(description="When it should be on the shelf.")
    ordered_at: Instant | None
    received_at: Instant | None
    reason: str = Field(description="Why it was proposed.")
    evidence: dict[str, float | str] = Field(description="What the proposal rested on, frozen with it.")
    version: int = Field(description="Counts the steps; it is the ETag.")
    transitions: list[PurchaseStep]

    @classmethod
    def of(cls, purchase: PurchaseOrder) -> Self:
        """Return the answer for one purchase."""
        return cls(
            id=purchase.id,
            part=purchase.part,
            place=purchase.place,
            quantity=purchase.quantity,
            state=purchase.state,
            may_become=sorted(PURCHASE_TRANSITIONS[purchase.state]),
            created_at=purchase.created_at,
            expected_at=purchase.expected_at,
            ordered_at=purchase.ordered_at,
            received_at=purchase.received_at,
            reason=purchase.reason,
            evidence=dict(purchase.evidence),
            version=purchase.version,
            transitions=[PurchaseStep.of(t) for t in purchase.transitions],
        )


class PurchasePage(PageAnswer):
    """Purchases, oldest first."""

    items: list[PurchaseAnswer]


class PartDetail(PartAnswer):
    """One part with what it is needed for, and what is being bought."""

    as_of: Instant = Field(description="Everything is as it was known at this time.")
    reservations: list[ReservationAnswer] = Field(description="Open ones, by due date.")
    demand: list[DemandAnswer] = Field(description="By place, source and period.")
    purchases: list[PurchaseAnswer] = Field(description="Proposed, approved and ordered ones.")


class MovementAnswer(Answer):
    """One line of the stock ledger."""

    id: str
    time: Instant
    part: str
    place: str
    quantity: int = Field(description="What was added; below 0 was taken. [unit of the part]")
    kind: MovementKind
    reference: str
    actor: str

    @classmethod
    def of(cls, movement: StockMovement) -> Self:
        """Return the answer for one line."""
        return cls.model_validate(movement, from_attributes=True)


class MovementPage(PageAnswer):
    """Lines of the ledger, oldest first."""

    items: list[MovementAnswer]


class NewMovement(Request):
    """A change of stock by hand."""

    part: Name
    place: Name
    kind: MovementKind = Field(
        description="receipt adds, issue takes, adjustment does either; of a count, `quantity` is what was found."
    )
    quantity: Annotated[int, Field(strict=True, ge=-1_000_000, le=1_000_000)] = Field(
        description="What was added; below 0 was taken. [unit of the part]"
    )
    reference: OptionalText = Field(default="", description="A work order, a count sheet, a sentence.")
