"""Part demand from three streams that share nothing: predicted failures, planned jobs, and the rest."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from foreworn.health.demand import DemandDistribution, DemandForecast, DemandSource, Driver
from foreworn.health.demand_distribution import total
from models.demand.history import HistoryDemand


@dataclass(frozen=True, slots=True)
class ComponentRisk:
    """A component that takes the part when it fails.

    Parameters
    ----------
    machine, component
        Which.
    probability
        Of failing within the period that is forecast. [unitless]
    quantity
        What one replacement takes. [unit of the part]
    """

    machine: str
    component: str
    probability: float
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class PlannedNeed:
    """What an open order has reserved of the part: how many, and when they must be there."""

    order: str
    machine: str
    component: str
    quantity: int
    due: datetime


@dataclass(frozen=True, slots=True)
class DemandPeriod:
    """What is forecast: a part at a place within [start, end), said at `issued_at`."""

    part: str
    place: str
    start: datetime
    end: datetime
    issued_at: datetime

    def forecast(
        self, source: DemandSource, distribution: DemandDistribution, drivers: Sequence[Driver]
    ) -> DemandForecast:
        """Return a forecast of this period, its drivers by their share."""
        ranked = sorted(drivers, key=lambda d: (-d.mean, d.source, d.machine, d.component, d.order))
        return DemandForecast(
            self.part, self.place, self.start, self.end, distribution, source, self.issued_at, tuple(ranked)
        )


def predicted_demand(
    period: DemandPeriod, risks: Sequence[ComponentRisk], *, reserved: Collection[tuple[str, str]]
) -> DemandForecast:
    """Return the demand of components that may fail and that no open order has reserved the part for.

    Failures are taken as independent, so their number is Poisson-binomial. A component counts once: that
    the new one fails too within the period is left out.

    Parameters
    ----------
    period
        What is forecast.
    risks
        Every component that takes the part, with its chance within the period.
    reserved
        The (machine, component) that an open order has reserved the part for, whenever it is due: the
        reservation holds the part, whether the job comes first or the failure does.

    Raises
    ------
    ValueError
        If a component stands in `risks` twice.
    """
    if len({(r.machine, r.component) for r in risks}) < len(risks):
        raise ValueError(f"a component stands among the risks of part {period.part!r} twice: it would be counted twice")
    open_risks = [r for r in risks if (r.machine, r.component) not in reserved]
    distribution = DemandDistribution.of_events([r.probability for r in open_risks], [r.quantity for r in open_risks])
    drivers = [
        Driver(
            DemandSource.PREDICTED,
            mean=r.probability * r.quantity,
            machine=r.machine,
            component=r.component,
            probability=r.probability,
            quantity=r.quantity,
        )
        for r in open_risks
        if r.probability > 0
    ]
    return period.forecast(DemandSource.PREDICTED, distribution, drivers)


def planned_demand(period: DemandPeriod, needs: Sequence[PlannedNeed]) -> DemandForecast:
    """Return the demand of planned jobs within the period: known, and dated.

    A job whose date has passed while its order is still open needs its parts now.
    """
    due = [n for n in needs if period.start <= max(n.due, period.issued_at) < period.end]
    drivers = [
        Driver(
            DemandSource.PLANNED,
            mean=float(n.quantity),
            machine=n.machine,
            component=n.component,
            order=n.order,
            probability=1.0,
            quantity=n.quantity,
            due=n.due,
        )
        for n in due
    ]
    return period.forecast(DemandSource.PLANNED, DemandDistribution.certain(sum(n.quantity for n in due)), drivers)


def remaining_demand(period: DemandPeriod, history: HistoryDemand) -> DemandForecast:
    """Return the demand that past usage alone foresees."""
    mean = history.distribution.mean
    drivers = [Driver(DemandSource.HISTORY, mean=mean, method=history.method)] if mean > 0 else []
    return period.forecast(DemandSource.HISTORY, history.distribution, drivers)


def demand_forecasts(
    period: DemandPeriod,
    *,
    risks: Sequence[ComponentRisk],
    needs: Sequence[PlannedNeed],
    history: HistoryDemand | None,
) -> list[DemandForecast]:
    """Return the streams that there are, and last their total.

    Parameters
    ----------
    period
        What is forecast.
    risks
        Every component that takes the part, with its chance within the period.
    needs
        Every open reservation of the part at the place, whenever it is due.
    history
        The demand from usage that neither of the two explains, over the same period; None where nothing
        is on record, and then the total says nothing of it.

    Examples
    --------
    Approving an order moves a component from what is predicted to what is planned:

    >>> from datetime import UTC, datetime, timedelta
    >>> now = datetime(2026, 1, 1, tzinfo=UTC)
    >>> period = DemandPeriod("seal-40", "main", now, now + timedelta(days=21), issued_at=now)
    >>> risks = [ComponentRisk("pump-1", "seal", 0.6), ComponentRisk("pump-2", "seal", 0.1)]
    >>> [round(f.distribution.mean, 2) for f in demand_forecasts(period, risks=risks, needs=[], history=None)]
    [0.7, 0.0, 0.7]
    >>> needs = [PlannedNeed("WO-7", "pump-1", "seal", 1, now + timedelta(days=3))]
    >>> [round(f.distribution.mean, 2) for f in demand_forecasts(period, risks=risks, needs=needs, history=None)]
    [0.1, 1.0, 1.1]
    """
    reserved = {(need.machine, need.component) for need in needs}
    streams = [predicted_demand(period, risks, reserved=reserved), planned_demand(period, needs)]
    if history is not None:
        streams.append(remaining_demand(period, history))
    whole = total(stream.distribution for stream in streams)
    drivers = [driver for stream in streams for driver in stream.drivers]
    return [*streams, period.forecast(DemandSource.TOTAL, whole, drivers)]
