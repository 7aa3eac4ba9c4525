import json
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest

from foreworn.health.forecast import FORECAST_SCHEMA
from foreworn.loop.order_record import OrderRecord
from foreworn.loop.replay_report import ReplayCounts, ReplayReport, replay_report
from tests.unit.models.failure.trained import model
from tests.unit.models.small_fleet import HOUR, START, at, history

COUNTS = ReplayCounts(
    messages_sent=12,
    messages_received=11,
    readings_sent=10,
    readings_acknowledged=9,
    readings_stored=8,
    readings_quarantined=7,
    forecasts_issued=6,
    forecasts_revised=5,
)
ORDERS = OrderRecord({"predictive": 2}, {"failed": 1, "open": 1}, {"survived": 4}, orders_sha256="o", labels_sha256="l")
END = at(96)
RECORDED = [{"time": at(hour), "machine": "m1", "vibration": 40.0} for hour in range(121)]
"""The record goes on for a day after the replayed stretch."""


def row(hour: int, probability: float, *, revision: int = 0, version: str = "") -> dict[str, Any]:
    return {
        "time": at(hour),
        "machine": "m1",
        "component": "seal",
        "horizon_h": 24.0,
        "probability": probability,
        "model_version": version or model().version,
        "revision": revision,
        "issued_at": at(hour),
    }


def report(rows: list[dict[str, Any]], **records: Any) -> ReplayReport:
    order = [(name, "ascending") for name in ("machine", "component", "horizon_h", "time", "revision")]
    forecasts = pa.Table.from_pylist(rows, schema=FORECAST_SCHEMA).sort_by(order)
    return replay_report(COUNTS, forecasts, history(telemetry=RECORDED, **records), model(), ORDERS, START, END)


QUIET = [row(hour, 0.001) for hour in range(0, 96, 3)]


def alarmed(hour: int, **rest: Any) -> list[dict[str, Any]]:
    return [row(h, 0.99 if h == hour else 0.001, **rest) for h in range(0, 96, 3)]


def test_an_alarm_before_a_failure_catches_it_with_its_lead_time() -> None:
    found = report(alarmed(45), failures=[("m1", at(60), "seal")])
    figures = found.figures()
    assert (figures["failures"], figures["caught_12h"], figures["missed"], figures["false_alarms"]) == (1, 1, 0, 0)
    assert figures["lead_time_p50_h"] == 15.0


def test_what_late_data_made_of_a_forecast_afterwards_catches_nothing() -> None:
    revised = [*QUIET, row(45, 0.99, revision=1)]
    assert report(revised, failures=[("m1", at(60), "seal")]).figures()["missed"] == 1


def test_another_models_forecasts_are_not_judged() -> None:
    found = report([*QUIET, *alarmed(45, version="another")], failures=[("m1", at(60), "seal")])
    assert found.figures()["missed"] == 1
    assert found.judgement.rows == report(QUIET, failures=[("m1", at(60), "seal")]).judgement.rows


def test_failures_after_the_end_are_not_looked_at() -> None:
    before = report(alarmed(90)).as_json()
    assert report(alarmed(90), failures=[("m1", END + HOUR, "seal")]).as_json() == before


def test_the_counts_are_told_by_their_names() -> None:
    figures = report(QUIET).figures()
    assert {name: figures[name] for name in ("readings_sent", "readings_acknowledged", "readings_stored")} == {
        "readings_sent": 10,
        "readings_acknowledged": 9,
        "readings_stored": 8,
    }
    assert figures["messages_received"] == 11
    assert figures["readings_quarantined"] == 7


@pytest.mark.parametrize("rows", [pytest.param([], id="no forecasts"), pytest.param(QUIET, id="no failures")])
def test_what_there_is_nothing_to_measure_by_is_null(rows: list[dict[str, Any]]) -> None:
    told = json.loads(json.dumps(report(rows).as_json(), allow_nan=False))
    assert told["failures"] == 0
    assert "lead_time_p50_h" not in told
    assert told["brier_skill"] is None
    assert (told["brier"] is None) is (rows == [])


def test_the_report_says_what_was_replayed_and_with_which_model() -> None:
    told = report(QUIET).as_json()
    assert (told["from"], told["to"]) == (START.isoformat(), END.isoformat())
    assert told["model_version"] == model().version
    assert told["threshold"] == model().threshold
    assert told["horizon_h"] == 24.0
    assert report(QUIET).hours == (END - START) / timedelta(hours=1) == 96


def test_the_reliability_table_counts_every_judged_forecast_once() -> None:
    found = report(alarmed(45), failures=[("m1", at(60), "seal")])
    table = found.reliability()
    assert sum(band["forecasts"] or 0 for band in table) == found.judgement.rows
    (top,) = [band for band in table if band["mean_probability"] == pytest.approx(0.99)]
    assert (top["forecasts"], top["failed_share"]) == (1, 1.0)
