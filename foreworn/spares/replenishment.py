"""Whether to buy a part now: the stock projected over the protection time against the reorder point."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from foreworn.health.demand import DemandDistribution
from foreworn.spares.part import Part
from foreworn.spares.policy import NOT_KEPT, YEAR, StockPolicy, protection_times, stock_policy
from foreworn.spares.purchase import PurchaseOrder
from foreworn.spares.stock import Reservation, StockLevel

REVIEW = timedelta(days=1)
"""How often stock is looked at, unless somebody says otherwise."""


@dataclass(frozen=True, slots=True)
class ReplenishmentProposal:
    """A purchase that stock, reservations and demand call for, with all it rests on.

    Parameters
    ----------
    part, place
        What, and for which store.
    quantity
        How many, in whole packs. [unit of the part]
    proposed_at
        When it was worked out.
    needed_by
        When the first of it has to be on the shelf.
    order_by
        When it has to be ordered for that; never before `proposed_at`.
    expected_at
        When it comes if it is ordered by then.
    cost
        Price and order cost. [currency]
    supply
        On hand, on order and proposed already. [unit of the part]
    reserved
        What jobs take from it within the protection time. [unit of the part]
    policy
        The reorder point it was held against.
    stockout_without, stockout_with
        The chance that stock runs out within the protection time if nothing is bought, and once this is on
        the shelf. [unitless]
    """

    part: str
    place: str
    quantity: int
    proposed_at: datetime
    needed_by: datetime
    order_by: datetime
    expected_at: datetime
    cost: float
    supply: int
    reserved: int
    policy: StockPolicy
    stockout_without: float
    stockout_with: float

    @property
    def balance(self) -> int:
        """What is left for demand without a reservation; below 0 where jobs go short [unit of the part]."""
        return self.supply - self.reserved

    @property
    def is_late(self) -> bool:
        """Whether it comes after it is needed: hurry it, or move the job."""
        return self.expected_at > self.needed_by

    @property
    def reason(self) -> str:
        """Why, in a sentence."""
        stands = f"{self.supply} on hand or coming, {self.reserved} of them reserved until it can arrive"
        if self.reserved > self.supply:
            stands = f"{self.supply} on hand or coming for {self.reserved} reserved until it can arrive"
        if self.policy.reorder_point == NOT_KEPT:
            return f"{stands}: {-self.balance} short"
        left = f"{self.balance} left" if self.balance >= 0 else f"{-self.balance} short, and nothing left"
        return (
            f"{stands}: {left} for other demand of {self.policy.mean_demand:.1f} on average, "
            f"and the reorder point is {self.policy.reorder_point}"
        )

    @property
    def evidence(self) -> tuple[tuple[str, float | str], ...]:
        """What it rests on, as names and values to be frozen with the purchase."""
        return (
            ("supply", self.supply),
            ("reserved", self.reserved),
            ("mean_demand", self.policy.mean_demand),
            ("reorder_point", self.policy.reorder_point),
            ("target", self.policy.target),
            ("cycle_service_level", self.policy.cycle_service_level),
            ("fill_rate", self.policy.fill_rate),
            ("stockout_without", self.stockout_without),
            ("stockout_with", self.stockout_with),
            ("needed_by", self.needed_by.isoformat()),
            ("order_by", self.order_by.isoformat()),
            ("cost", self.cost),
        )

    def as_order(self, id: str) -> PurchaseOrder:
        """Return it as a purchase order that waits for somebody's decision."""
        return PurchaseOrder(
            id,
            self.part,
            self.place,
            self.quantity,
            created_at=self.proposed_at,
            expected_at=self.expected_at,
            reason=self.reason,
            evidence=self.evidence,
        )


def propose(
    part: Part,
    level: StockLevel,
    *,
    needs: Sequence[Reservation],
    unreserved: DemandDistribution,
    now: datetime,
    review: timedelta = REVIEW,
    proposed: int = 0,
    yearly_demand: float | None = None,
) -> ReplenishmentProposal | None:
    """Return what to buy of a part now, or None.

    What is on hand and on its way, less what jobs take until an order of the next review could arrive, is
    held against the reorder point of the demand that has no reservation. At or below it, as many are
    bought as bring it above, and the order quantity at least; so a second look finds nothing to buy. A
    job further off is left to a later review.

    Parameters
    ----------
    part
        What is looked at.
    level
        Its stock at a place.
    needs
        All open reservations of it there, together `level.reserved`.
    unreserved
        The demand nobody has reserved for (`unreserved_demand`) over `protection_times`.
    now
        When.
    review
        How long until the next look.
    proposed
        What undecided proposals would bring already. [unit of the part]
    yearly_demand
        All demand in a year, which the order quantity rests on; the unreserved one, drawn out, where None.
        [unit/year]

    Raises
    ------
    ValueError
        If level and needs are not of this part and place, or do not tell the same reserved quantity.
    """
    _refuse_unless_one_story(part, level, needs)
    protection = part.lead_time + review
    yearly = unreserved.mean * (YEAR / protection) if yearly_demand is None else yearly_demand
    policy = stock_policy(part, unreserved, yearly_demand=yearly)
    supply = level.on_hand + level.on_order + proposed
    # a job's part is ordered as early as a slow delivery asks for, a varying lead time or not
    latest = max(time for _, time in protection_times(part, review))
    dated = sorted((n for n in needs if n.due < now + latest), key=lambda n: n.due)
    reserved = sum(n.quantity for n in dated)
    lacking = policy.reorder_point + 1 - (supply - reserved)
    if lacking <= 0:
        return None
    quantity = part.in_packs(max(lacking, policy.order_quantity))
    needed_by = _needed_by(supply, dated, policy.reorder_point, now, part.lead_time)
    order_by = max(needed_by - (latest - review), now)
    return ReplenishmentProposal(
        part=part.id,
        place=level.place,
        quantity=quantity,
        proposed_at=now,
        needed_by=needed_by,
        order_by=order_by,
        expected_at=order_by + part.lead_time,
        cost=quantity * part.price + part.order_cost,
        supply=supply,
        reserved=reserved,
        policy=policy,
        stockout_without=1 - unreserved.cdf(supply - reserved),
        stockout_with=1 - unreserved.cdf(supply - reserved + quantity),
    )


def _needed_by(
    supply: int, dated: Sequence[Reservation], reorder_point: int, now: datetime, lead_time: timedelta
) -> datetime:
    """Return when the first of an order has to be there.

    A job that would go short needs it on its date. Where the stock is at the reorder point already, it is
    needed as soon as it can come; where a job brings it there, on the job's date.
    """
    soonest = now + lead_time
    dates = [soonest] if supply <= reorder_point else []
    left = supply
    for need in dated:
        left -= need.quantity
        if left <= reorder_point:
            dates.append(max(need.due, now if left < 0 else soonest))
    return min(dates)


def _refuse_unless_one_story(part: Part, level: StockLevel, needs: Sequence[Reservation]) -> None:
    for need in needs:
        if (need.part, need.place) != (level.part, level.place) or not need.is_open:
            raise ValueError(f"{need} is no open reservation of {level.part!r} at {level.place!r}")
    if part.id != level.part:
        raise ValueError(f"the stock level of {level.part!r} says nothing of part {part.id!r}")
    if (told := sum(n.quantity for n in needs)) != level.reserved:
        raise ValueError(
            f"{level.part!r} at {level.place!r}: {level.reserved} reserved by its stock level, {told} by reservations"
        )
