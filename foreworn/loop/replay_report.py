"""What a replay shows: what became of every reading, and what the forecasts were worth."""

import math
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from foreworn.fleet.history import FleetHistory
from foreworn.health.failure_model import FailureModel
from models.evaluation.judgement import Judgement, judge


@dataclass(frozen=True, slots=True)
class ReplayCounts:
    """What became of the readings of the replayed stretch; a reading is one sample, (device, time).

    Parameters
    ----------
    messages_sent, messages_received
        MQTT messages published by the devices, and taken in by the collector.
    readings_sent, readings_acknowledged, readings_stored
        Distinct samples published; of them acknowledged end to end; of them found in the telemetry
        store afterwards with the value that was sent.
    readings_quarantined
        Refusals kept with their reason, whole messages and single values.
    forecasts_issued, forecasts_revised
        Forecasts in the store, and those of them that are revisions because data came late.
    """

    messages_sent: int
    messages_received: int
    readings_sent: int
    readings_acknowledged: int
    readings_stored: int
    readings_quarantined: int
    forecasts_issued: int
    forecasts_revised: int


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """A replay's outcome; the same history and model give the same report on any store, at any speed."""

    start: datetime
    end: datetime
    model_version: str
    threshold: float
    horizon: timedelta
    counts: ReplayCounts
    judgement: Judgement

    @property
    def hours(self) -> float:
        """The replayed time in hours."""
        return (self.end - self.start) / timedelta(hours=1)

    def figures(self) -> dict[str, float | int | None]:
        """Return the counts and the judgement by name; None where there is nothing to measure."""
        judged = self.judgement
        return {
            **asdict(self.counts),
            "failures": judged.failures,
            "caught_12h": judged.caught_12h,
            "missed": judged.missed,
            "caught_late": judged.caught_late,
            "false_alarms": judged.false_alarms,
            "false_alarms_per_machine_month": _known(judged.false_alarms_per_machine_month),
            **{f"lead_time_{name}_h": value for name, value in sorted(judged.lead_time_h.items())},
            "brier": _known(judged.brier),
            "brier_skill": _known(judged.brier_skill),
        }

    def reliability(self) -> list[dict[str, float | int | None]]:
        """Return, per range of probability, what was forecast on average, what happened, and of how many."""
        return [
            {
                "low": band.low,
                "high": band.high,
                "forecasts": band.forecasts,
                "mean_probability": _known(band.mean_probability),
                "failed_share": _known(band.failed_share),
            }
            for band in self.judgement.reliability
        ]

    def as_json(self) -> dict[str, object]:
        """Return the report for a file."""
        return {
            "from": self.start.isoformat(),
            "to": self.end.isoformat(),
            "model_version": self.model_version,
            "threshold": self.threshold,
            "horizon_h": self.horizon / timedelta(hours=1),
            **self.figures(),
            "reliability": self.reliability(),
        }


def replay_report(
    counts: ReplayCounts,
    forecasts: pa.Table,
    history: FleetHistory,
    model: FailureModel,
    start: datetime,
    end: datetime,
) -> ReplayReport:
    """Judge the forecasts of [start, end) by the history's failures.

    Only what was said first about a time is judged: a revision may rest on readings that came after the
    failure. Failures and maintenance after `end` are not looked at, as if the present were `end`.
    """
    first = forecasts.filter(
        pc.and_(pc.equal(forecasts["revision"], 0), pc.equal(forecasts["model_version"], model.version))
    )
    judgement = judge(
        first, history.failures, threshold=model.threshold, start=start, end=end, maintenance=history.maintenance
    )
    return ReplayReport(start, end, model.version, model.threshold, model.horizon, counts, judgement)


def _known(number: float) -> float | None:
    return None if math.isnan(number) else number
