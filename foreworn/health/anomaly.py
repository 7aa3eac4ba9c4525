"""An anomaly score: how unlike its healthy past a machine behaves, and which signals say so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import pyarrow as pa

from foreworn.fleet.history import FleetHistory

HEALTH_SCHEMA = pa.schema(
    [
        ("time", pa.timestamp("ms", tz="UTC")),
        ("machine", pa.string()),
        ("detector", pa.string()),
        ("score", pa.float64()),
        ("threshold", pa.float64()),
        ("p_value", pa.float64()),
    ]
)


@dataclass(frozen=True, slots=True)
class SignalShare:
    """One signal's share in an anomaly score.

    Parameters
    ----------
    signal
        Its name.
    share
        Its part of the statistic that made the score; the shares of all signals add up to 1. [unitless]
    value
        Its smoothed value, in the signal's unit.
    usual_low, usual_high
        Where the middle 90 % of healthy values lay in this regime, in the signal's unit.
    """

    signal: str
    share: float
    value: float
    usual_low: float
    usual_high: float


@dataclass(frozen=True, slots=True)
class AnomalyScore:
    """How unlike its healthy past a machine behaves at `time`; higher is stranger.

    Parameters
    ----------
    machine, time
        Whose, and of which data's time.
    detector
        The version of the detector that says so.
    score
        0 is the middle of what was usual. [unitless]
    threshold
        Healthy rows lie above it as often as the detector's false-alarm rate states. [unitless]
    p_value
        How often healthy rows score at least as high. [unitless]
    contributions
        The signals with the largest shares, the largest first.
    regime
        The operating regime that the machine was compared in, in words.
    """

    machine: str
    time: datetime
    detector: str
    score: float
    threshold: float
    p_value: float
    contributions: tuple[SignalShare, ...] = ()
    regime: str = ""

    @property
    def is_above(self) -> bool:
        """Whether it lies above its threshold."""
        return self.score > self.threshold


class AnomalyDetector(Protocol):
    """A trained detector: one score per machine and time."""

    @property
    def version(self) -> str:
        """The version its scores carry; the same data and settings give the same one."""
        ...

    @property
    def lookback(self) -> timedelta:
        """How much telemetry before a row it needs."""
        ...

    def describe(self) -> Mapping[str, object]:
        """Return what a person asks about the detector, as JSON-able values."""
        ...

    def score(self, history: FleetHistory, rows: Sequence[tuple[str, datetime]]) -> list[AnomalyScore]:
        """Return the scores of the rows (machine, time), in their order.

        A row has none where the machine stands still, is silent, lacks too many signals, or works in a way that
        training did not see enough of. `history` holds at least `lookback` of telemetry before each row; what
        is stamped after a row never changes that row's score.
        """
        ...


class HealthStore(Protocol):
    """Keeps anomaly scores; lives in the telemetry store."""

    def write_health(self, scores: Sequence[AnomalyScore]) -> None:
        """Store them; of two of one (machine, detector, time) the later written counts."""
        ...

    def health(self, start: datetime, end: datetime, *, machines: Sequence[str] | None = None) -> pa.Table:
        """Return the scores of time in [start, end) as `HEALTH_SCHEMA`, sorted by machine, detector, time."""
        ...
