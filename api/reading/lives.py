"""The remaining lives of one machine over time, as they were known at some moment."""

from dataclasses import dataclass
from datetime import datetime

from api.services import ConsoleServices


@dataclass(frozen=True, slots=True)
class LifePoint:
    """One remaining life on record, without its reasons and note."""

    component: str
    time: datetime
    p10: float
    p50: float
    p90: float
    expected: float
    cap: float
    unit: str
    model_version: str
    issued_at: datetime

    @property
    def key(self) -> tuple[str, float, str]:
        """Sorts by component, time, model version; unique within a machine."""
        return self.component, self.time.timestamp(), self.model_version


def machine_lives(
    services: ConsoleServices, machine: str, start: datetime, end: datetime, *, as_of: datetime | None = None
) -> list[LifePoint]:
    """Return the remaining lives of time in [start, end) that were said by `as_of`.

    Raises
    ------
    StoreUnavailable
        If the telemetry store does not answer.
    """
    table = services.life_forecasts.life_forecasts(start, end, machines=[machine]).drop_columns("machine")
    points = [LifePoint(**row) for row in table.to_pylist()]
    return [point for point in points if as_of is None or point.issued_at <= as_of]
