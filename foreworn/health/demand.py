"""A demand forecast: how many of a part a place will need in a period, and what drives it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol

import pyarrow as pa

from foreworn.health.demand_distribution import DemandDistribution, total

__all__ = [
    "DEMAND_LEVELS",
    "DEMAND_SCHEMA",
    "DemandDistribution",
    "DemandForecast",
    "DemandSource",
    "DemandStore",
    "Driver",
    "demand_table",
    "unreserved_demand",
]

TIME = pa.timestamp("ms", tz="UTC")
DEMAND_LEVELS: Mapping[str, float] = {"p50": 0.5, "p80": 0.8, "p90": 0.9, "p95": 0.95, "p99": 0.99}
"""The quantiles that are kept of every forecast, by field."""
DEMAND_SCHEMA = pa.schema(
    [
        ("time", TIME),
        ("part", pa.string()),
        ("place", pa.string()),
        ("source", pa.string()),
        ("issue", pa.string()),
        ("mean", pa.float64()),
        *((field, pa.float64()) for field in DEMAND_LEVELS),
    ]
)


class DemandSource(StrEnum):
    """Where a demand comes from; the first three add up to the total and share nothing."""

    PREDICTED = "predicted"
    """Components may fail that no open order has reserved the part for."""
    PLANNED = "planned"
    """Open orders have reserved it."""
    HISTORY = "history"
    """The rest, as usage was before."""
    TOTAL = "total"
    """All of them."""


@dataclass(frozen=True, slots=True)
class Driver:
    """One thing that a demand comes from: a component that may fail, a planned job, or past usage.

    Parameters
    ----------
    source
        Which stream it is in.
    mean
        What it adds to the expected demand. [unit of the part]
    machine, component
        What may fail or is worked on; empty for past usage.
    order
        The work order that reserved the part; empty without.
    probability
        Of being needed within the period; 1 for a planned job, None for past usage. [unitless]
    quantity
        What one job takes; 0 for past usage. [unit of the part]
    due
        When a planned job needs it.
    method
        How past usage was continued, such as `negative_binomial` or `prophet`.
    """

    source: DemandSource
    mean: float
    machine: str = ""
    component: str = ""
    order: str = ""
    probability: float | None = None
    quantity: int = 0
    due: datetime | None = None
    method: str = ""


@dataclass(frozen=True, slots=True)
class DemandForecast:
    """How many of a part a place needs within [start, end), said at `issued_at`.

    Parameters
    ----------
    part, place
        What, and in which store.
    start, end
        The period.
    distribution
        How many. [unit of the part]
    source
        The stream it is of, or the total.
    issued_at
        When it was said.
    drivers
        What it comes from, the largest share first.
    """

    part: str
    place: str
    start: datetime
    end: datetime
    distribution: DemandDistribution
    source: DemandSource
    issued_at: datetime
    drivers: tuple[Driver, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a period without length.

        Raises
        ------
        ValueError
            If it ends before it has begun.
        """
        if self.end <= self.start:
            raise ValueError(f"a demand forecast needs a period: {self.start} to {self.end} has no length")

    @property
    def issue(self) -> str:
        """When it was said, as the tag it is stored under (RFC 3339, UTC)."""
        return self.issued_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    @property
    def shares(self) -> dict[DemandSource, float]:
        """What share of the expected demand each source has; empty where none is expected [unitless]."""
        means: dict[DemandSource, float] = {}
        for driver in self.drivers:
            means[driver.source] = means.get(driver.source, 0.0) + driver.mean
        whole = sum(means.values())
        return {source: mean / whole for source, mean in means.items()} if whole > 0 else {}

    def quantiles(self) -> dict[str, float]:
        """Return the kept quantiles by field, `p50` to `p99` [unit of the part]."""
        return {field: float(self.distribution.quantile(level)) for field, level in DEMAND_LEVELS.items()}


def demand_table(forecasts: Sequence[DemandForecast]) -> pa.Table:
    """Return forecasts as `DEMAND_SCHEMA`, sorted by part, place, source, time, issue."""
    rows = [
        {
            "time": f.start,
            "part": f.part,
            "place": f.place,
            "source": f.source.value,
            "issue": f.issue,
            "mean": f.distribution.mean,
            **f.quantiles(),
        }
        for f in forecasts
    ]
    rows.sort(key=lambda r: (r["part"], r["place"], r["source"], r["time"], r["issue"]))
    return pa.Table.from_pylist(rows, schema=DEMAND_SCHEMA)


def unreserved_demand(forecasts: Sequence[DemandForecast]) -> DemandDistribution:
    """Return the demand that nobody has reserved for: predicted and from history, without planned and total.

    Reserved demand has a date and is netted there; adding it here would count it twice.

    Raises
    ------
    ValueError
        If they are not of one part, place and period, or a stream stands in them twice.
    """
    if len({(f.part, f.place, f.start, f.end) for f in forecasts}) != 1:
        raise ValueError("unreserved demand is of one part, place and period: these forecasts are not")
    streams = [f for f in forecasts if f.source in (DemandSource.PREDICTED, DemandSource.HISTORY)]
    if len({f.source for f in streams}) < len(streams):
        raise ValueError("a stream stands in these forecasts twice: its demand would be counted twice")
    return total(f.distribution for f in streams)


class DemandStore(Protocol):
    """Keeps every demand forecast ever issued; lives in the telemetry store as measurement `demand`."""

    def write_demand(self, forecasts: Sequence[DemandForecast]) -> None:
        """Append them; writing the same (part, place, source, issue, period) again changes nothing."""
        ...

    def demand(
        self, start: datetime, end: datetime, *, parts: Sequence[str] | None = None, places: Sequence[str] | None = None
    ) -> pa.Table:
        """Return all issues for periods that begin in [start, end) as `DEMAND_SCHEMA`.

        Sorted by part, place, source, time, issue. None means all of them; an empty sequence means none.
        """
        ...
