"""The demand for every part at one place: predicted failures, planned jobs, and the rest, nothing twice."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from foreworn.errors import TooLittleHistory
from foreworn.fleet.history import FAILURE_SCHEMA
from foreworn.fleet.machine import Machine
from foreworn.health.demand import DemandDistribution, DemandForecast, unreserved_demand
from foreworn.health.failure_curve import FailureCurve
from foreworn.health.forecast import Forecast
from foreworn.loop.component_lives import Seat, renewals
from foreworn.loop.live_history import EARLIEST
from foreworn.loop.operations import Transaction
from foreworn.loop.part_usage import part_usage
from foreworn.spares import Part, Reservation, ReservationState, parts_for, protection_times
from foreworn.telemetry.sample import MILLISECOND
from models.demand import (
    ComponentRisk,
    DemandPeriod,
    HistoryDemand,
    PlannedNeed,
    UsageRecord,
    UsageSettings,
    demand_forecasts,
    history_demand,
    usage_series,
)

STALE = timedelta(days=2)
"""A forecast older than this speaks for no component any more: its past usage does."""


class PartDemand:
    """One look at the operations store: what every part will be needed for.

    Parameters
    ----------
    tx
        What the look is taken in.
    verdicts
        The standing forecasts.
    machines
        The fleet.
    place
        The store that orders take their parts from.
    now
        When.
    settings
        How past usage is continued.
    """

    def __init__(
        self,
        tx: Transaction,
        verdicts: Sequence[Forecast],
        machines: Sequence[Machine],
        *,
        place: str,
        now: datetime,
        settings: UsageSettings | None = None,
    ) -> None:
        self._place, self._now, self._settings = place, now, settings or UsageSettings()
        in_service = [m for m in machines if m.retired_at is None or now < m.retired_at]
        self._models = {m.id: m.model for m in in_service}
        self._bill = tx.parts.uses()
        self._said = _newest([v for v in verdicts if v.time > now - STALE and v.machine in self._models])
        self._renewed = _renewed_since(tx, {seat: found[0].time for seat, found in self._said.items()}, now)
        self._reservations = [r for r in tx.stock.reservations(states=(ReservationState.OPEN,)) if r.place == place]
        self._orders = {r.order: tx.orders.get(r.order) for r in self._reservations}
        self._usage = part_usage(tx, in_service, self._bill, since=EARLIEST, until=now)
        every = (record.time for records in self._usage.values() for record in records)
        self._known_from = min(every, default=now)
        self._forecasts: dict[tuple[str, timedelta], list[DemandForecast]] = {}

    def needs(self, part: Part) -> list[Reservation]:
        """Return the open reservations of a part at the place."""
        return [r for r in self._reservations if r.part == part.id]

    def over(self, part: Part, span: timedelta) -> list[DemandForecast]:
        """Return the demand for a part over a span from now on, by source, the total last."""
        if (part.id, span) not in self._forecasts:
            self._forecasts[part.id, span] = self._forecast(part, span)
        return self._forecasts[part.id, span]

    def _forecast(self, part: Part, span: timedelta) -> list[DemandForecast]:
        period = DemandPeriod(part.id, self._place, self._now, self._now + span, issued_at=self._now)
        return demand_forecasts(
            period, risks=self._risks(part, span), needs=self._planned(part), history=self._history(part, span)
        )

    def unreserved(self, part: Part, review: timedelta) -> DemandDistribution:
        """Return the demand that nobody has reserved for, until what is ordered at the next review arrives."""
        spans = protection_times(part, review)
        return DemandDistribution.mixture([(w, unreserved_demand(self.over(part, span))) for w, span in spans])

    def _risks(self, part: Part, span: timedelta) -> list[ComponentRisk]:
        risks = []
        for seat in sorted(self._said.keys() - self._renewed):
            machine, component = seat
            quantity = parts_for(self._bill, self._models[machine], component).get(part.id, 0)
            if quantity:
                elapsed = max(self._now - self._said[seat][0].time, timedelta(0))
                probability = FailureCurve.of(self._said[seat]).between(elapsed, elapsed + span)
                risks.append(ComponentRisk(machine, component, probability, quantity))
        return risks

    def _planned(self, part: Part) -> list[PlannedNeed]:
        return [
            PlannedNeed(r.order, self._orders[r.order].machine, self._orders[r.order].component, r.quantity, r.due)
            for r in self.needs(part)
        ]

    def _history(self, part: Part, span: timedelta) -> HistoryDemand | None:
        """Return what past usage foresees; None where not even one period is on record."""
        records: list[UsageRecord] = self._usage.get(part.id, [])
        every = self._settings.period
        try:
            series = usage_series(
                records,
                known_from=self._known_from,
                now=self._now,
                every=every,
                forecast=set(self._said),
                window=span,
            )
        except TooLittleHistory:
            return None
        return history_demand(series, span / every, self._settings)


def _newest(verdicts: Sequence[Forecast]) -> dict[Seat, list[Forecast]]:
    """Return each component's forecasts of its latest data time."""
    said: dict[Seat, list[Forecast]] = defaultdict(list)
    for verdict in verdicts:
        said[verdict.machine, verdict.component].append(verdict)
    return {seat: [f for f in found if f.time == max(g.time for g in found)] for seat, found in said.items()}


def _renewed_since(tx: Transaction, said: Mapping[Seat, datetime], now: datetime) -> set[Seat]:
    """Return the components that were replaced after their forecast: what it speaks of is on the scrap heap."""
    if not said:
        return set()
    records = tx.registry.maintenance(min(said.values()), now + MILLISECOND)
    ends = renewals(FAILURE_SCHEMA.empty_table(), records)
    return {seat for seat, times in ends.items() if seat in said and times[-1][0] > said[seat]}
