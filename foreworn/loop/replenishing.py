"""Forecast the demand for parts, review the stock, and propose what to buy."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from foreworn.audit import PLATFORM, AuditEntry
from foreworn.clock import Clock
from foreworn.fleet.registry import FleetRegistry
from foreworn.health.demand import DemandDistribution, DemandForecast, DemandSource, DemandStore
from foreworn.health.forecast import Forecast, VerdictBoard
from foreworn.loop.courier import Delivery
from foreworn.loop.operations import Operations, Transaction
from foreworn.loop.outbox import Message
from foreworn.loop.part_demand import PartDemand
from foreworn.loop.purchasing import put_purchase_step
from foreworn.spares import (
    REVIEW,
    Part,
    PurchaseOrder,
    PurchaseState,
    ReplenishmentProposal,
    StockPolicy,
    propose,
    stock_policy,
)
from foreworn.spares.policy import YEAR
from models.demand import UsageSettings

TOPIC = "demand"
LARGER = "a larger need has taken its place"


class Replenishing:
    """The use case that turns forecasts, orders and past usage into part demand and purchase proposals.

    The reorder point covers the demand that nobody has reserved for; reserved demand is netted at its date.
    A part at a place has at most one proposal that waits for a decision: where more is needed than it would
    bring, a larger one takes its place. Reviewing twice proposes nothing new.

    Parameters
    ----------
    operations, registry, verdicts
        Where stock, parts and orders are, the fleet, and the standing forecasts.
    clock
        When.
    place
        The store that orders take their parts from.
    review
        How long until the next look.
    usage
        How past usage is continued.
    """

    def __init__(
        self,
        operations: Operations,
        registry: FleetRegistry,
        verdicts: VerdictBoard,
        clock: Clock,
        *,
        place: str = "main",
        review: timedelta = REVIEW,
        usage: UsageSettings | None = None,
    ) -> None:
        self._operations = operations
        self._registry = registry
        self._verdicts = verdicts
        self._clock = clock
        self._place = place
        self._review = review
        self._usage = usage

    def replenish(self) -> list[PurchaseOrder]:
        """Review every part, propose what is to be bought, and send the demand forecasts on their way."""
        verdicts, now = self._verdicts.latest(), self._clock.now()
        with self._operations.transaction() as tx:
            look = self._look(tx, verdicts, now)
            proposed = []
            for part in tx.parts.all():
                self._tell(tx, look.over(part, part.lead_time + self._review), now)
                if (purchase := self._review_part(tx, look, part, now)) is not None:
                    proposed.append(purchase)
            return proposed

    def demand(self, part: str, span: timedelta | None = None) -> list[DemandForecast]:
        """Return one part's demand as it looks now, by source, over a span; its lead time and a review where None.

        Raises
        ------
        NotFound
            If there is no such part.
        """
        verdicts, now = self._verdicts.latest(), self._clock.now()
        with self._operations.reading() as tx:
            known = tx.parts.get(part)
            return self._look(tx, verdicts, now).over(known, span or known.lead_time + self._review)

    @property
    def place(self) -> str:
        """The store that orders take their parts from."""
        return self._place

    def outlook(self, part: str, spans: Sequence[timedelta]) -> tuple[list[list[DemandForecast]], StockPolicy]:
        """Return one part's demand as it looks now over each span, and the policy that its stock is held to.

        Raises
        ------
        NotFound
            If there is no such part.
        """
        verdicts, now = self._verdicts.latest(), self._clock.now()
        with self._operations.reading() as tx:
            known, look = tx.parts.get(part), self._look(tx, verdicts, now)
            unreserved = look.unreserved(known, self._review)
            yearly = unreserved.mean * (YEAR / (known.lead_time + self._review))
            return [look.over(known, span) for span in spans], stock_policy(known, unreserved, yearly_demand=yearly)

    def _look(self, tx: Transaction, verdicts: Sequence[Forecast], now: datetime) -> PartDemand:
        machines = self._registry.machines()
        return PartDemand(tx, verdicts, machines, place=self._place, now=now, settings=self._usage)

    def _wanted(
        self, tx: Transaction, look: PartDemand, part: Part, now: datetime, *, proposed: int
    ) -> ReplenishmentProposal | None:
        return propose(
            part,
            tx.stock.level(part.id, self._place),
            needs=look.needs(part),
            unreserved=look.unreserved(part, self._review),
            now=now,
            review=self._review,
            proposed=proposed,
        )

    def _review_part(self, tx: Transaction, look: PartDemand, part: Part, now: datetime) -> PurchaseOrder | None:
        waiting = [
            p for p in tx.purchases.find(part=part.id, states=(PurchaseState.PROPOSED,)) if p.place == self._place
        ]
        if self._wanted(tx, look, part, now, proposed=sum(p.quantity for p in waiting)) is None:
            return None
        if self._was_declined(tx, part, now):
            return None
        for before in waiting:
            put_purchase_step(
                tx, before.id, PurchaseState.CANCELLED, actor=PLATFORM, seen=before.version, reason=LARGER, now=now
            )
        wanted = self._wanted(tx, look, part, now, proposed=0)
        assert wanted is not None  # with less proposed, more is wanted
        purchase = wanted.as_order(tx.purchases.next_id())
        tx.purchases.add(purchase)
        detail = {"part": part.id, "quantity": purchase.quantity, "reason": purchase.reason}
        tx.audit.record(AuditEntry(now, PLATFORM, "purchase.proposed", purchase.id, detail))
        return purchase

    def _was_declined(self, tx: Transaction, part: Part, now: datetime) -> bool:
        """Whether somebody has said no within the last lead time; what has no answer comes back after it."""
        declined = tx.purchases.find(part=part.id, states=(PurchaseState.DECLINED,))
        return any(p.place == self._place and p.transitions[-1].time > now - part.lead_time for p in declined)

    def _tell(self, tx: Transaction, forecasts: Sequence[DemandForecast], now: datetime) -> None:
        first = forecasts[0]
        key = f"{TOPIC}:{first.part}:{first.place}:{first.issue}"
        tx.outbox.put(Message(key, TOPIC, {"forecasts": [_as_data(f) for f in forecasts]}, now))


def demand_delivery(store: DemandStore) -> Delivery:
    """Return how demand forecasts are delivered to the store that keeps them."""

    def deliver(message: Message) -> None:
        told: Any = message.payload["forecasts"]
        store.write_demand([_of_data(data) for data in told])

    return deliver


def _as_data(forecast: DemandForecast) -> dict[str, object]:
    """Return what the store keeps of a forecast; its drivers stand where they came from."""
    return {
        "part": forecast.part,
        "place": forecast.place,
        "start": forecast.start.isoformat(),
        "end": forecast.end.isoformat(),
        "source": str(forecast.source),
        "issued_at": forecast.issued_at.isoformat(),
        "pmf": list(forecast.distribution.pmf),
    }


def _of_data(data: Mapping[str, Any]) -> DemandForecast:
    return DemandForecast(
        part=data["part"],
        place=data["place"],
        start=datetime.fromisoformat(data["start"]),
        end=datetime.fromisoformat(data["end"]),
        distribution=DemandDistribution(tuple(data["pmf"])),
        source=DemandSource(data["source"]),
        issued_at=datetime.fromisoformat(data["issued_at"]),
    )
