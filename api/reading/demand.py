"""Part demand as it had been forecast by a time: of each period the newest issue."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from api.instants import parse_instant
from api.services import ConsoleServices
from foreworn.health.demand import DemandSource

BACK, AHEAD = timedelta(days=31), timedelta(days=730)
"""Periods that begin within this of the asked time are shown."""


@dataclass(frozen=True, slots=True)
class DemandPeriod:
    """How many of a part a place needs in one period, from one source [unit of the part]."""

    place: str
    source: DemandSource
    start: datetime
    issued_at: datetime
    mean: float
    p50: float
    p80: float
    p90: float
    p95: float
    p99: float


def demand_of(services: ConsoleServices, part: str, *, as_of: datetime) -> list[DemandPeriod]:
    """Return the newest issue, of those said by `as_of`, by place, source and period.

    Raises
    ------
    StoreUnavailable
        If the telemetry store does not answer.
    """
    newest: dict[tuple[str, str, datetime], DemandPeriod] = {}
    for row in services.demand.demand(as_of - BACK, as_of + AHEAD, parts=[part]).to_pylist():
        issued_at = parse_instant(row.pop("issue"))
        key = (row["place"], row["source"], row["time"])
        if issued_at <= as_of and (key not in newest or newest[key].issued_at < issued_at):
            start, source = row.pop("time"), DemandSource(row.pop("source"))
            del row["part"]
            newest[key] = DemandPeriod(start=start, source=source, issued_at=issued_at, **row)
    return [newest[key] for key in sorted(newest)]
