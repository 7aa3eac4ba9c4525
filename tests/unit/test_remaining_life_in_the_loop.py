"""Remaining life from training to the board, on the stores that a laptop has, as the working day tells it."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from foreworn.bootstrap import Stores, open_stores
from foreworn.bootstrap.decisions import decisions
from foreworn.clock import ManualClock
from foreworn.fleet.history import RecordedFleet
from foreworn.fleet.machine import Attachment
from foreworn.loop.backfill import backfill, record_work
from foreworn.loop.life_training import train_life_models
from foreworn.settings import Settings
from foreworn.telemetry.signal import Signal, SignalCatalogue, SignalType
from tests.unit.models.life.wearing_engines import SETTINGS, UNTIL, engines
from tests.unit.models.small_fleet import HOUR, START, at

MIDNIGHT = START + timedelta(days=3)
CATALOGUE = SignalCatalogue(
    {"*": [Signal("cycles", type=SignalType.COUNTER), *map(Signal, ("load", "temperature", "pressure", "dead"))]}
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


@pytest.fixture
def stores(settings: Settings) -> Stores:
    """A plant whose engines wear, and a model of how long such engines last."""
    opened = open_stores(settings)
    history = engines()
    fleet = RecordedFleet(history, CATALOGUE, tuple(Attachment(f"d-{m.id}", m.id, START) for m in history.machines))
    opened.enrol(fleet)
    record_work(opened.registry, history)
    backfill(opened.telemetry, history, fleet.attachments)
    train_life_models(history, until=UNTIL, models=opened.life_models, model_settings=SETTINGS)
    return opened


def work_at(settings: Settings, stores: Stores, time: datetime) -> None:
    clock = ManualClock(time)
    decisions(settings, stores, clock, start=time).working_day.work_due()


def test_at_midnight_every_machine_is_told_of_as_the_model_says_of_its_history(
    settings: Settings, stores: Stores
) -> None:
    work_at(settings, stores, MIDNIGHT + HOUR)
    told = stores.lives.latest()
    said = engines().between(MIDNIGHT - timedelta(days=1), MIDNIGHT).telemetry["machine"].to_pylist()
    assert [life.machine for life in told] == sorted(set(said))
    assert {(life.time, life.unit, life.issued_at) for life in told} == {(MIDNIGHT, "cycles", MIDNIGHT + HOUR)}
    (model,) = stores.life_models.serving()
    of_history = model.remaining_life(engines(), [(life.machine, MIDNIGHT) for life in told])
    for quantile in ("p10", "p50", "p90"):
        assert [getattr(x, quantile) for x in told] == pytest.approx([getattr(x, quantile) for x in of_history])
    kept = stores.telemetry.life_forecasts(START, at(1_000))
    assert kept["p50"].to_pylist() == [life.p50 for life in told]
    stores.close()


def test_it_is_told_once_a_day_and_not_where_it_is_turned_off(settings: Settings, stores: Stores) -> None:
    off = settings.model_copy(update={"scoring": settings.scoring.model_copy(update={"remaining_life": False})})
    work_at(off, stores, MIDNIGHT + HOUR)
    assert stores.lives.latest() == []
    work_at(settings, stores, MIDNIGHT + timedelta(days=1, hours=1))
    first = stores.lives.latest()
    marked = [replace(life, note="as it stood") for life in first]
    stores.lives.post(marked)
    work_at(settings, stores, MIDNIGHT + timedelta(days=1, hours=9))
    assert stores.lives.latest() == marked
    assert {life.time for life in first} == {MIDNIGHT + timedelta(days=1)}
    stores.close()
