"""How much to keep and how much to buy: reorder point, order quantity, and what they promise."""

import math
from dataclasses import dataclass
from datetime import timedelta

from foreworn.health.demand import DemandDistribution
from foreworn.spares.part import Part

YEAR = timedelta(days=365.25)
NOT_KEPT = -1
"""The reorder point of a part that is bought only for a job that needs it."""
_HIGHEST = 0.9999
"""Where a target that costs alone would set ends: beyond, it rests on a tail that nobody has measured."""


@dataclass(frozen=True, slots=True)
class StockPolicy:
    """When to buy a part, how many, and what that promises. Quantities in the unit of the part.

    Parameters
    ----------
    target
        The chance that the stock lasts until a delivery, as asked for. [unitless]
    critical_ratio
        The same as the costs of running out and of keeping would have it, 0 where keeping one costs more
        than it saves; None where running out has no price. Where there is one, it is the target. [unitless]
    mean_demand
        Unreserved demand over the protection time, on average.
    reorder_point
        The least stock that meets the target: with that or less to come, buy. `NOT_KEPT` where no demand
        is expected, or running out costs less than keeping one.
    order_quantity
        What one order has at least, in whole packs.
    cycle_service_level
        The share of replenishment cycles that pass without a stock-out, with that reorder point. [unitless]
    fill_rate
        The share of the demand that is met from the shelf, with both. Another quantity than the one above:
        it grows with the order quantity, and a cycle that runs short by one counts little. [unitless]
    """

    target: float
    critical_ratio: float | None
    mean_demand: float
    reorder_point: int
    order_quantity: int
    cycle_service_level: float
    fill_rate: float

    @property
    def safety_stock(self) -> float:
        """What the reorder point holds beyond the mean demand [unit of the part]."""
        return max(self.reorder_point, 0) - self.mean_demand


def protection_times(part: Part, review: timedelta) -> tuple[tuple[float, timedelta], ...]:
    r"""Return how long stock must last until what is ordered next can arrive, as weighted times.

    That is the lead time and one review: what is not ordered now is ordered a review later. A lead time
    that varies stands for three of them, :math:`L` and :math:`L \pm \sqrt 3 \sigma` with weights 2/3, 1/6, 1/6,
    which have its mean and its variance; a mixture of the demand over each is the demand over all.

    Examples
    --------
    >>> seal = Part("seal-40", "shaft seal 40 mm", 85.0, timedelta(days=21))
    >>> protection_times(seal, timedelta(days=1)) == ((1.0, timedelta(days=22)),)
    True
    """
    if review < timedelta(0):
        raise ValueError(f"the time between reviews is {review}: it is at least 0")
    if not part.lead_time_sd:
        return ((1.0, part.lead_time + review),)
    step = math.sqrt(3) * part.lead_time_sd
    # a step below 0 would be a delivery before the order: such a one takes an hour
    shortest = max(part.lead_time - step, timedelta(hours=1))
    return (
        (1 / 6, shortest + review),
        (2 / 3, part.lead_time + review),
        (1 / 6, part.lead_time + step + review),
    )


def reorder_point(demand: DemandDistribution, service_level: float) -> int:
    """Return the least stock that covers the demand with this chance [unit of the part].

    Parameters
    ----------
    demand
        Over the protection time, and of what has no reservation: reserved demand is netted at its date.
    service_level
        Cycle service level, in (0, 1). [unitless]

    Examples
    --------
    >>> reorder_point(DemandDistribution.negative_binomial(mean=1.68, variance=1.68), 0.95)
    4
    """
    return demand.quantile(service_level)


def economic_order_quantity(yearly_demand: float, order_cost: float, holding_cost: float) -> float:
    r"""Return the lot at which ordering and keeping together cost least, :math:`\sqrt{2DK/h}` [unit of the part].

    Parameters
    ----------
    yearly_demand
        :math:`D`. [unit/year]
    order_cost
        What one order costs, :math:`K`. [currency]
    holding_cost
        What keeping one for a year costs, :math:`h`, above 0. [currency/unit/year]

    Examples
    --------
    >>> round(economic_order_quantity(yearly_demand=1_300, order_cost=8, holding_cost=0.225), 1)
    304.0
    """
    if yearly_demand < 0 or order_cost < 0 or holding_cost <= 0:
        raise ValueError("an economic order quantity needs demand and order cost of at least 0, a holding cost above 0")
    return math.sqrt(2 * yearly_demand * order_cost / holding_cost)


def order_quantity(part: Part, yearly_demand: float) -> int:
    """Return the lot in whole packs that costs least; one pack where keeping or ordering costs nothing.

    Of the packs on either side of the economic order quantity the cheaper is taken.
    """
    if part.holding_cost == 0 or yearly_demand == 0:
        return part.pack_size
    packs = economic_order_quantity(yearly_demand, part.order_cost, part.holding_cost) / part.pack_size
    lots = [max(count, 1) * part.pack_size for count in (math.floor(packs), math.ceil(packs))]
    return min(lots, key=lambda lot: part.order_cost * yearly_demand / lot + part.holding_cost * lot / 2)


def critical_ratio(underage: float, overage: float) -> float:
    """Return the newsvendor's service level [unitless].

    Parameters
    ----------
    underage, overage
        What one too few costs more than the right number, and one too many. [currency/unit]

    Examples
    --------
    >>> critical_ratio(underage=0.75, overage=0.25)
    0.75
    """
    if underage < 0 or overage < 0 or underage + overage == 0:
        raise ValueError(f"a critical ratio needs two costs of at least 0 and not both 0: {underage} and {overage}")
    return underage / (underage + overage)


def fill_rate(demand: DemandDistribution, reorder_at: int, lot: int) -> float:
    """Return the share of demand met from the shelf when `lot` is ordered at `reorder_at` or below [unitless].

    The stock to come wanders evenly over the `lot` values above the reorder point, whatever the demand; what
    is short at the lowest of them less what is short at the highest is what a lot fails to serve. That is
    exact for parts asked for one at a time.

    Parameters
    ----------
    demand
        Over the protection time.
    reorder_at
        The reorder point. [unit of the part]
    lot
        The order quantity, at least 1. [unit of the part]
    """
    if lot < 1:
        raise ValueError(f"a lot of {lot} is none: order at least 1")
    return 1 - (demand.expected_shortage(reorder_at) - demand.expected_shortage(reorder_at + lot)) / lot


def stock_policy(part: Part, demand: DemandDistribution, *, yearly_demand: float) -> StockPolicy:
    """Return when to buy a part, and how many.

    Parameters
    ----------
    part
        With its service level, or with what running out costs.
    demand
        Unreserved demand over the protection time.
    yearly_demand
        All demand in a year, reserved or not, which the order quantity rests on. [unit/year]
    """
    if yearly_demand < 0:
        raise ValueError(f"a yearly demand of {yearly_demand} cannot be")
    lot = order_quantity(part, yearly_demand)
    ratio = _ratio_of_costs(part, lot, yearly_demand)
    target = part.service_level if ratio is None else ratio
    kept = demand.mean > 0 and target > 0
    point = reorder_point(demand, target) if kept else NOT_KEPT
    return StockPolicy(
        target=target,
        critical_ratio=ratio,
        mean_demand=demand.mean,
        reorder_point=point,
        order_quantity=lot if kept else part.pack_size,
        cycle_service_level=demand.cdf(point),
        fill_rate=fill_rate(demand, point, lot) if kept else 0.0,
    )


def _ratio_of_costs(part: Part, lot: int, yearly_demand: float) -> float | None:
    """Return the critical ratio of a part that is waited for when it is not there.

    One too many lies for as long as a lot lasts; one too few costs a stock-out, less that keeping.
    """
    if part.stockout_cost is None:
        return None
    overage = part.holding_cost * lot / yearly_demand if yearly_demand > 0 else math.inf
    if part.stockout_cost <= overage:
        return 0.0
    return min(critical_ratio(part.stockout_cost - overage, overage), _HIGHEST)
