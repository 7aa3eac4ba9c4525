"""Parts as they stand in each store: what lies there, what is promised, what is needed, and what to buy."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from api.services import ConsoleServices
from foreworn.errors import StoreUnavailable
from foreworn.health.demand import DEMAND_LEVELS, DemandDistribution, DemandSource
from foreworn.health.demand_distribution import total
from foreworn.spares import OPEN_PURCHASE_STATES, REVIEW, Part, PurchaseOrder, PurchaseState, StockLevel
from foreworn.spares.policy import NOT_KEPT, YEAR, stock_policy

_BACK, _AHEAD = timedelta(days=31), timedelta(days=730)
Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Need:
    """How many of a part a store needs within its lead time, from one source [unit of the part]."""

    start: datetime
    issue: str
    mean: float
    quantiles: Mapping[str, float]

    @property
    def p50(self) -> int:
        """What is enough in one of two cases."""
        return int(self.quantiles["p50"])

    @property
    def p90(self) -> int:
        """What is enough in nine of ten cases."""
        return int(self.quantiles["p90"])

    @property
    def demand(self) -> DemandDistribution:
        """The distribution, as far as the kept quantiles tell it."""
        return DemandDistribution.of_quantiles({level: self.quantiles[name] for name, level in DEMAND_LEVELS.items()})


@dataclass(frozen=True, slots=True)
class StockLine:
    """One part in one store.

    Parameters
    ----------
    needs
        The demand within the lead time by source; empty where nothing was forecast.
    purchases
        Those that are to be decided or delivered, oldest first.
    """

    part: Part
    level: StockLevel
    needs: Mapping[DemandSource, Need] = field(default_factory=dict)
    purchases: Sequence[PurchaseOrder] = ()

    @property
    def proposal(self) -> PurchaseOrder | None:
        """The purchase that waits for a decision."""
        return next((p for p in self.purchases if p.state is PurchaseState.PROPOSED), None)

    @property
    def coming(self) -> list[PurchaseOrder]:
        """The purchases somebody has committed to."""
        return [p for p in self.purchases if p.is_coming]

    @property
    def reorder_point(self) -> int | None:
        """With that or less to come, buy; None where no demand is forecast, or it is bought only for a job.

        Where a proposal stands, the point that it was held against; else by what was last forecast.
        """
        if self.proposal is not None and "reorder_point" in (said := dict(self.proposal.evidence)):
            point = int(said["reorder_point"])
        else:
            unreserved = [
                n.demand for s, n in self.needs.items() if s in (DemandSource.PREDICTED, DemandSource.HISTORY)
            ]
            if not unreserved:
                return None
            demand = total(unreserved)
            yearly = demand.mean * (YEAR / (self.part.lead_time + REVIEW))
            point = stock_policy(self.part, demand, yearly_demand=yearly).reorder_point
        return None if point == NOT_KEPT else point

    @property
    def short(self) -> bool:
        """Whether more is promised than is there or coming."""
        return self.level.position < 0


@dataclass(frozen=True, slots=True)
class Stockroom:
    """All parts, those that need a decision first; `trouble` says why demand could not be read."""

    lines: Sequence[StockLine]
    trouble: str = ""


def stockroom(services: ConsoleServices, now: datetime) -> Stockroom:
    """Read every part in every store that it was ever in; one that never was stands in the main store."""
    trouble, needs = "", {}
    try:
        needs = _needs(services, now)
    except StoreUnavailable as away:
        trouble = str(away)
    with services.operations.reading() as tx:
        parts = {part.id: part for part in tx.parts.all()}
        levels = {(level.part, level.place): level for level in tx.stock.levels()}
        purchases = tx.purchases.find(states=OPEN_PURCHASE_STATES)
    known, main = {part for part, _ in levels}, services.replenishing.place
    for part in parts.keys() - known:
        levels[part, main] = StockLevel(part, main, on_hand=0)
    lines = [
        StockLine(
            parts[level.part],
            level,
            needs.get(key, {}),
            [p for p in purchases if (p.part, p.place) == key],
        )
        for key, level in levels.items()
    ]
    lines.sort(key=lambda line: (line.proposal is None, not line.short, line.part.id, line.level.place))
    return Stockroom(lines, trouble)


def _needs(services: ConsoleServices, now: datetime) -> dict[Place, dict[DemandSource, Need]]:
    """Return what was last forecast for the lead time, by part and place, then source."""
    chosen: dict[Place, dict[DemandSource, Need]] = defaultdict(dict)
    for row in services.demand.demand(now - _BACK, now + _AHEAD).to_pylist():
        need = Need(row["time"], row["issue"], row["mean"], {name: row[name] for name in DEMAND_LEVELS})
        by_source = chosen[row["part"], row["place"]]
        source = DemandSource(row["source"])
        if source not in by_source or _is_nearer(need, by_source[source]):
            by_source[source] = need
    return chosen


def _is_nearer(one: Need, other: Need) -> bool:
    return one.issue > other.issue or (one.issue == other.issue and one.start < other.start)
