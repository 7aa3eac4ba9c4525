"""What a part will be needed for, and how far its stock goes: the demand as it looks now, with what drives it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.console.chart import Chart, Limit, Line
from api.console.words import date, percent, span
from api.services import ConsoleServices
from foreworn.health.demand import DemandForecast, DemandSource, Driver
from foreworn.spares import REVIEW, Part, PurchaseOrder, StockLevel
from foreworn.spares.policy import NOT_KEPT, StockPolicy

SOURCES = (
    (DemandSource.PREDICTED, "predicted failures"),
    (DemandSource.PLANNED, "planned jobs"),
    (DemandSource.HISTORY, "usage as before"),
    (DemandSource.TOTAL, "total"),
)
"""Where demand comes from, in words; the first three add up to the total."""
_COLOURS = {DemandSource.PREDICTED: 6, DemandSource.PLANNED: 1, DemandSource.HISTORY: 4, DemandSource.TOTAL: 2}
_STEPS = 6
_LIKELY = 0.9
_DRIVERS = 12
_LEAST = 0.005


@dataclass(frozen=True, slots=True)
class PartOutlook:
    """The demand for one part.

    Parameters
    ----------
    span
        The lead time and a review: what is needed within it cannot be bought any more in time.
    forecasts
        Over that span, by source.
    steps
        (time, forecasts from now to then), growing.
    policy
        The reorder point and what it promises.
    """

    part: Part
    span: timedelta
    forecasts: Sequence[DemandForecast]
    steps: Sequence[tuple[datetime, Sequence[DemandForecast]]]
    policy: StockPolicy

    @property
    def rows(self) -> list[tuple[str, DemandForecast]]:
        """The forecasts with their sources in words."""
        found = {forecast.source: forecast for forecast in self.forecasts}
        return [(word, found[source]) for source, word in SOURCES if source in found]

    @property
    def drivers(self) -> list[Driver]:
        """What the demand comes from, the largest share first."""
        every = {d for f in self.forecasts if f.source is not DemandSource.TOTAL for d in f.drivers if d.mean >= _LEAST}
        return sorted(every, key=lambda d: (-d.mean, d.machine, d.component, d.order))[:_DRIVERS]

    @property
    def kept(self) -> bool:
        """Whether it is kept in stock, and not only bought for a job."""
        return self.policy.reorder_point != NOT_KEPT


def part_outlook(services: ConsoleServices, part: Part, now: datetime) -> PartOutlook:
    """Work out the demand for a part as it looks now."""
    protection = part.lead_time + REVIEW
    lengths = [protection * (2 * step / _STEPS) for step in range(1, _STEPS + 1)]
    said, policy = services.replenishing.outlook(part.id, lengths)
    steps = [(now + length, forecasts) for length, forecasts in zip(lengths, said, strict=True)]
    forecasts = next(f for length, f in zip(lengths, said, strict=True) if length >= protection)
    return PartOutlook(part, protection, forecasts, steps, policy)


def supply_by(time: datetime, level: StockLevel, coming: Sequence[PurchaseOrder]) -> int:
    """Return what is on hand and what will have come by then [unit of the part]."""
    return level.on_hand + sum(p.quantity for p in coming if p.expected_at <= time)


def demand_chart(outlook: PartOutlook, level: StockLevel, coming: Sequence[PurchaseOrder], now: datetime) -> Chart:
    """Return the demand from now on by source, the total with its band, against what is there and coming."""
    lines = [line for source, word in SOURCES if (line := _demand_line(outlook, source, word, now))]
    end = outlook.steps[-1][0]
    arrivals = sorted({p.expected_at for p in coming if now < p.expected_at < end})
    times = (now, *arrivals, end)
    supply = Line(
        "stock and what is coming", times, tuple(float(supply_by(t, level, coming)) for t in times), 3, dash=1
    )
    return Chart(
        id="demand",
        title=_finding(outlook, level, coming),
        axis=f"{outlook.part.unit}s needed; band: p50 to p90",
        start=now,
        end=end,
        lines=(*lines, supply),
        limits=(Limit(outlook.policy.reorder_point, "reorder point"),) if outlook.kept else (),
        floor=0.0,
    )


def _demand_line(outlook: PartOutlook, source: DemandSource, word: str, now: datetime) -> Line | None:
    said = [(time, f.distribution) for time, forecasts in outlook.steps for f in forecasts if f.source is source]
    if not said or not said[-1][1].mean:
        return None
    total = source is DemandSource.TOTAL
    return Line(
        word,
        (now, *(time for time, _ in said)),
        (0.0, *(d.mean for _, d in said)),
        _COLOURS[source],
        dash=0 if total else list(_COLOURS).index(source) + 1,
        low=(0.0, *(float(d.quantile(0.5)) for _, d in said)) if total else (),
        high=(0.0, *(float(d.quantile(_LIKELY)) for _, d in said)) if total else (),
    )


def _finding(outlook: PartOutlook, level: StockLevel, coming: Sequence[PurchaseOrder]) -> str:
    """Say until when the stock covers what is needed in nine of ten cases."""
    part, total = outlook.part, outlook.forecasts[-1].distribution
    needed = f"{total.mean:.1f} {part.unit}s needed within {span(outlook.span)} on average"
    for time, forecasts in outlook.steps:
        demand = forecasts[-1].distribution
        short = 1 - demand.cdf(supply_by(time, level, coming))
        if short > 1 - _LIKELY:
            return f"{needed}; by {date(time)} stock has run out with a chance of {percent(short)}"
    return f"{needed}; stock lasts to {date(outlook.steps[-1][0])} in nine of ten cases"
