"""The forecasts of one machine over time, as they were known at some moment."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from api.services import ConsoleServices


@dataclass(frozen=True, slots=True)
class ForecastPoint:
    """One forecast on record, without its reasons."""

    component: str
    horizon: timedelta
    time: datetime
    probability: float
    model_version: str
    revision: int
    issued_at: datetime

    @property
    def key(self) -> tuple[str, float, float, str, int]:
        """Sorts by component, horizon, time, model version, revision; unique within a machine."""
        return (
            self.component,
            self.horizon.total_seconds(),
            self.time.timestamp(),
            self.model_version,
            self.revision,
        )


def machine_forecasts(
    services: ConsoleServices,
    machine: str,
    start: datetime,
    end: datetime,
    *,
    as_of: datetime | None = None,
    all_revisions: bool = False,
) -> list[ForecastPoint]:
    """Return forecasts of time in [start, end), of each the newest revision issued by `as_of`.

    Raises
    ------
    StoreUnavailable
        If the telemetry store does not answer.
    """
    table = services.forecasts.forecasts(start, end, machines=[machine])
    points = [
        ForecastPoint(
            component=row["component"],
            horizon=timedelta(hours=row["horizon_h"]),
            time=row["time"],
            probability=row["probability"],
            model_version=row["model_version"],
            revision=row["revision"],
            issued_at=row["issued_at"],
        )
        for row in table.to_pylist()
        if as_of is None or row["issued_at"] <= as_of
    ]
    return points if all_revisions else _newest(points)


def _newest(points: list[ForecastPoint]) -> list[ForecastPoint]:
    # the store sorts by revision, so the last of a key is the newest
    return list({p.key[:-1]: p for p in points}.values())
