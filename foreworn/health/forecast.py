"""A failure forecast: how likely, which component, within which horizon, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

import pyarrow as pa

from foreworn.telemetry.sample import to_epoch_ms

TIME = pa.timestamp("ms", tz="UTC")
FORECAST_SCHEMA = pa.schema(
    [
        ("time", TIME),
        ("machine", pa.string()),
        ("component", pa.string()),
        ("horizon_h", pa.float64()),
        ("probability", pa.float64()),
        ("model_version", pa.string()),
        ("revision", pa.int64()),
        ("issued_at", TIME),
    ]
)

BY_AGE: Final = "age alone"
"""What the first reason of a forecast that rests on a component's age alone begins with; its value is that age."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One signal's share in a forecast.

    Parameters
    ----------
    source
        The signal, event code, or record the features come from, such as `vibration_rms`.
    feature
        The feature of that source with the largest share, such as `vibration_rms mean 24 h`.
    value
        Its value now, in the feature's unit.
    usual_low, usual_high
        Where the middle 90 % of the training rows of its machine model lay.
    contribution
        What the source adds to the log-odds of failure; above 0 raises the probability. [unitless]
    """

    source: str
    feature: str
    value: float | None
    usual_low: float | None
    usual_high: float | None
    contribution: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """The probability that a component fails within (time, time + horizon].

    `time` is the data's time, `issued_at` when it was said. A score of the same (machine, component,
    horizon, time, model version) from data that changed later is a new `revision`; old ones stay.

    `curve` is what was said at the same time of other horizons, by horizon and not falling; empty where nothing was.
    The telemetry store does not keep it, the verdict board does.
    """

    machine: str
    component: str
    time: datetime
    horizon: timedelta
    probability: float
    model_version: str
    issued_at: datetime
    revision: int = 0
    reasons: tuple[Reason, ...] = ()
    curve: tuple[tuple[timedelta, float], ...] = ()

    @property
    def by_known_age(self) -> bool:
        """Whether it rests on the component's age alone, and that age is known: its first reason says so."""
        return any(reason.feature.startswith(BY_AGE) and reason.value is not None for reason in self.reasons[:1])


def forecast_table(forecasts: Sequence[Forecast]) -> pa.Table:
    """Return forecasts as `FORECAST_SCHEMA`, one row each, in their order."""
    columns = {
        "time": [to_epoch_ms(f.time) for f in forecasts],
        "machine": [f.machine for f in forecasts],
        "component": [f.component for f in forecasts],
        "horizon_h": [f.horizon / timedelta(hours=1) for f in forecasts],
        "probability": [float(f.probability) for f in forecasts],
        "model_version": [f.model_version for f in forecasts],
        "revision": [f.revision for f in forecasts],
        "issued_at": [to_epoch_ms(f.issued_at) for f in forecasts],
    }
    return pa.table(columns, schema=FORECAST_SCHEMA)


class ForecastStore(Protocol):
    """Keeps every forecast ever issued; lives in the telemetry store."""

    def write_forecasts(self, forecasts: Sequence[Forecast]) -> None:
        """Append them; writing the same one (with its revision) again changes nothing."""
        ...

    def write_forecast_table(self, forecasts: pa.Table) -> None:
        """Append many, as `FORECAST_SCHEMA`; the same as `write_forecasts` of them, without an object for each.

        Raises
        ------
        StoreRejected
            If a row is one that cannot be kept; nothing is stored then.
        """
        ...

    def forecasts(self, start: datetime, end: datetime, *, machines: Sequence[str] | None = None) -> pa.Table:
        """Return all revisions of time in [start, end) as `FORECAST_SCHEMA`.

        Sorted by machine, component, horizon, time, model version, revision.
        """
        ...


class VerdictBoard(Protocol):
    """The latest forecast of each machine and component, with its reasons; lives in SQL."""

    def post(self, forecasts: Sequence[Forecast]) -> None:
        """Put them up; one of older data, or of the same data and a lower revision, changes nothing."""
        ...

    def latest(self) -> list[Forecast]:
        """Return the standing forecasts, the most probable first, then by machine and component."""
        ...
