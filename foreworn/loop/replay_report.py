"""What a replay shows: what became of every reading, and what the forecasts were worth."""

import math
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from foreworn.fleet.history import FleetHistory
from foreworn.health.failure_model import FailureModel
from foreworn.loop.order_record import OrderRecord
from models.evaluation.judgement import Judgement, judge


@dataclass(frozen=True, slots=True)
class ReplayCounts:
    """What became of the readings of the replayed stretch; a reading is one sample, (device, time).

    Parameters
    ----------
    messages_sent, messages_received
        MQTT messages published by the devices, and taken in by the collector.
    readings_sent, readings_acknowledged, readings_stored
        Distinct samples published; of them acknowledged, by the platform to the device (by the broker, where
        recorded arrivals keep their own numbers); of the record's samples, those found in the telemetry
        store afterwards with every value as it was sent.
    readings_quarantined
        Entries in quarantine: refused messages and single refused values, one per message, reason and signal.
    forecasts_issued, forecasts_revised
        The model's forecasts in the store, and those of them that revise one because data came late.
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
    orders: OrderRecord

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
            **self.orders.figures(),
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
            "orders_sha256": self.orders.orders_sha256,
            "labels_sha256": self.orders.labels_sha256,
            "reliability": self.reliability(),
        }


def replay_report(
    counts: ReplayCounts,
    forecasts: pa.Table,
    history: FleetHistory,
    model: FailureModel,
    orders: OrderRecord,
    start: datetime,
    end: datetime,
) -> ReplayReport:
    """Judge the forecasts of [start, end) by the history's failures.

    Only what was said first about a time is judged: a revision may rest on readings that came after the
    failure. Nothing is judged by what happened after `end`, as if the present were `end`, or after the
    record's own end.
    """
    recorded_until = pc.max(history.telemetry["time"]).as_py()
    judgement = judge(
        first_said(forecasts, model.version),
        history.failures,
        threshold=model.threshold,
        start=start,
        end=end,
        maintenance=history.maintenance,
        known_until=min(end, recorded_until),
    )
    return ReplayReport(start, end, model.version, model.threshold, model.horizon, counts, judgement, orders)


def first_said(forecasts: pa.Table, version: str) -> pa.Table:
    """Return the lowest revision of each forecast of one model version.

    `forecasts` is `FORECAST_SCHEMA`, sorted as `ForecastStore.forecasts` returns it: by revision last.
    """
    own = forecasts.filter(pc.equal(forecasts["model_version"], version)).combine_chunks()
    if len(own) < 2:
        return own
    key = ("machine", "component", "horizon_h", "time")
    changes = [pc.not_equal(own[name][1:], own[name][:-1]) for name in key]
    is_first = pa.chunked_array([pa.array([True]), *reduce(pc.or_, changes).chunks])
    return own.filter(is_first)


def _known(number: float) -> float | None:
    return None if math.isnan(number) else number
