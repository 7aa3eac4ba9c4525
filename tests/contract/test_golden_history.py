"""The golden history gives the same feature rows, forecasts and labels, however it reaches the platform.

Batch: the folder is read whole. Live: its raw arrivals, broken ones and repeats included, pass decoder, validator,
spool and forwarder hour by hour into a store, and are scored as the hours pass. Shuffled: they come in another order.
"""

import hashlib
import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import groupby
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from foreworn.clock import ReplayClock, grid_times
from foreworn.fleet.history import FleetHistory, RecordedFleet
from foreworn.health.label import Outcome
from foreworn.loop.backfill import record_work
from foreworn.loop.live_history import EARLIEST, LiveHistory
from foreworn.loop.scoring import Scoring
from foreworn.settings import IngestionSettings
from foreworn.storage.history import read_history
from foreworn.storage.operations.memory import (
    MemoryDeviceProgressLog,
    MemoryDirtyWindows,
    MemoryFleetRegistry,
    MemoryQuarantine,
    MemoryVerdictBoard,
)
from foreworn.storage.telemetry.memory import MemoryTelemetryStore
from foreworn.telemetry.intake import IntakeBatch
from foreworn.telemetry.sample import MILLISECOND
from ingestion.formats.native_json import NativeJsonDecoder
from ingestion.forwarding.forwarder import Forwarder
from ingestion.reception.directory import RegistryDirectory
from ingestion.reception.reception import Reception
from ingestion.reception.validation import Validator
from ingestion.spool.spool import MemorySpool
from models.evaluation.outcomes import CODES, Record
from models.failure import FailureModelSettings, GradientBoostedFailureModel, train
from models.features import FeatureRows, RowIndex, compute
from simulators import golden
from tests.telemetry_stores import AnyStore, NewStore

HOUR = timedelta(hours=1)
EXPECTED = json.loads((golden.folder().parent / "expected.json").read_text())


@cache
def fleet() -> RecordedFleet:
    return read_history(golden.folder())


@cache
def model() -> GradientBoostedFailureModel:
    past = golden.training_fleet().history
    until = pc.max(past.telemetry["time"]).as_py() + MILLISECOND
    return train(past, until=until, settings=FailureModelSettings(trees=30))


@cache
def stretch() -> tuple[datetime, datetime]:
    time = fleet().history.telemetry["time"]
    return pc.min(time).as_py(), pc.max(time).as_py()


def hours() -> list[datetime]:
    start, end = stretch()
    return grid_times(start - MILLISECOND, end, HOUR)


def rows_of(times: Iterable[datetime]) -> list[tuple[str, datetime]]:
    return [(machine.id, time) for time in times for machine in fleet().history.machines]


class SetClock:
    """A clock that goes where it is told, back as well: arrivals are shuffled here."""

    def __init__(self, time: datetime) -> None:
        self.time = time

    def now(self) -> datetime:
        return self.time


@dataclass
class Lived:
    """The golden history as a platform on one store has it once all has arrived."""

    store: AnyStore
    registry: MemoryFleetRegistry
    quarantine: MemoryQuarantine

    def history(self, start: datetime, end: datetime) -> FleetHistory:
        return LiveHistory(self.registry, self.store).between(start, end)

    def feature_digest(self) -> str:
        """Features computed as scoring does it: a day at a time, from no more than the model looks back on."""
        days: dict[object, list[datetime]] = {}
        for time in hours():
            days.setdefault(time.date(), []).append(time)
        parts = []
        for times in days.values():
            past = self.history(times[0] - model().lookback, times[-1] + MILLISECOND)
            parts.append(compute(model().features, past, rows_of(times)))
        return _stacked(parts).digest()

    def forecast_digest(self) -> str:
        start, end = stretch()
        return _digest_of_forecasts(self.store.forecasts(start, end + MILLISECOND))

    def label_digest(self) -> str:
        start, end = stretch()
        return _digest_of_labels(self.history(start, end + MILLISECOND))


Arrival = dict[str, Any]


def live_through(store: AnyStore, turns: Iterable[Sequence[Arrival]]) -> Lived:
    """Let the arrivals come in turn by turn, and score what is due after each."""
    start, end = stretch()
    store.use(fleet().catalogue)
    lived = Lived(store, MemoryFleetRegistry(), MemoryQuarantine())
    lived.registry.add_signals(fleet().catalogue)
    lived.registry.add(fleet().history.machines, fleet().attachments)
    clock, receiving = ReplayClock(start - MILLISECOND), SetClock(start)
    dirty, spool = MemoryDirtyWindows(), MemorySpool()
    settings = IngestionSettings()
    validator = Validator(RegistryDirectory(lived.registry), receiving, settings)
    reception = Reception(NativeJsonDecoder(settings.largest_payload), validator, receiving)
    scoring = Scoring(
        history=LiveHistory(lived.registry, store),
        registry=lived.registry,
        serving=model,
        forecasts=store,
        verdicts=MemoryVerdictBoard(),
        dirty=dirty,
        clock=clock,
        every=HOUR,
        start=start - MILLISECOND,
    )

    def forwarded(batch: IntakeBatch) -> None:
        for sample in batch.telemetry.samples:
            clock.observe(sample.device, sample.time)

    forwarder = Forwarder(
        spool,
        store,
        lived.quarantine,
        MemoryDeviceProgressLog(),
        dirty,
        lambda: scoring.scored_until,
        settings,
        window=model().lookback,
        on_forwarded=forwarded,
    )
    forwarder.start()
    try:
        done = EARLIEST
        for turn in turns:
            for arrival in turn:
                receiving.time = arrival["received_at"]
                contents = reception.read(arrival["topic"], arrival["payload"])
                spool.commit(reception.join([contents]))
            forwarder.drain(timedelta(seconds=60))
            now = clock.now() + MILLISECOND
            record_work(lived.registry, fleet().history.between(done, now))
            done = now
            scoring.score_due()
        clock.end(end)
        record_work(lived.registry, fleet().history)
        scoring.score_due()
    finally:
        forwarder.stop()
    return lived


def arrivals() -> list[Arrival]:
    recorded = fleet().arrivals
    assert recorded is not None
    return list(recorded.to_pylist())


def hour_by_hour() -> Iterable[list[Arrival]]:
    for _, turn in groupby(
        arrivals(), key=lambda arrival: arrival["received_at"].replace(minute=0, second=0, microsecond=0)
    ):
        yield list(turn)


def shuffled() -> Iterable[list[Arrival]]:
    """In another order, in five turns."""
    mixed = arrivals()
    random.Random(7).shuffle(mixed)
    return [mixed[first::5] for first in range(5)]


@pytest.fixture
def live(new_store: NewStore) -> Lived:
    return live_through(new_store(), hour_by_hour())


@pytest.fixture
def out_of_order(new_store: NewStore) -> Lived:
    return live_through(new_store(), shuffled())


@cache
def live_in_memory() -> Lived:
    return live_through(MemoryTelemetryStore(fleet().catalogue), hour_by_hour())


def batch_features() -> str:
    return compute(model().features, fleet().history, rows_of(hours())).digest()


@cache
def batch_forecasts() -> str:
    found = model().forecast(fleet().history, rows_of(hours()), issued_at=stretch()[1])
    rows = sorted((f.machine, f.component, f.time.timestamp(), repr(f.probability)) for f in found)
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def test_feature_rows_are_the_ones_on_record() -> None:
    assert batch_features() == EXPECTED["digests"]["feature_rows"]


def test_labels_are_the_ones_on_record() -> None:
    assert _digest_of_labels(fleet().history) == EXPECTED["digests"]["labels"]


def test_labels_know_all_three_outcomes() -> None:
    assert {Outcome.FAILED, Outcome.SURVIVED, Outcome.CENSORED} <= {CODES[code] for code in _labels(fleet().history)}


def test_a_live_history_is_the_batch_once_all_has_arrived(live: Lived) -> None:
    start, end = stretch()
    lived = live.history(start, end + MILLISECOND)
    assert lived.telemetry == fleet().history.telemetry.select(lived.telemetry.column_names)
    assert live.feature_digest() == EXPECTED["digests"]["feature_rows"]
    assert live.label_digest() == EXPECTED["digests"]["labels"]
    assert live.forecast_digest() == batch_forecasts()


def test_late_data_is_scored_again_as_a_revision() -> None:
    start, end = stretch()
    forecasts = live_in_memory().store.forecasts(start, end + MILLISECOND)
    assert pc.max(forecasts["revision"]).as_py() >= 1
    assert pc.sum(pc.equal(forecasts["revision"], 0)).as_py() == len(rows_of(hours())) * 2


def test_any_order_of_arrival_gives_the_same(out_of_order: Lived) -> None:
    assert out_of_order.feature_digest() == EXPECTED["digests"]["feature_rows"]
    assert out_of_order.label_digest() == EXPECTED["digests"]["labels"]
    assert out_of_order.forecast_digest() == batch_forecasts()


def test_what_was_broken_is_quarantined_with_its_reason() -> None:
    assert live_in_memory().quarantine.count() == EXPECTED["quarantined"]


def _stacked(parts: Sequence[FeatureRows]) -> FeatureRows:
    machine = np.concatenate([part.index.machine for part in parts])
    time = np.concatenate([part.index.time for part in parts])
    return FeatureRows(parts[0].names, RowIndex(machine, time), np.vstack([part.matrix for part in parts]))


def _digest_of_forecasts(forecasts: pa.Table) -> str:
    """Hash the newest revision of every forecast; the table is sorted by revision last."""
    newest = {(row["machine"], row["component"], row["time"].timestamp()): row for row in forecasts.to_pylist()}
    rows = sorted((*key, repr(row["probability"])) for key, row in newest.items())
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def _labels(history: FleetHistory) -> list[int]:
    record = Record.of(history.failures, history.maintenance, known_until=stretch()[1])
    index = RowIndex.of(rows_of(hours()))
    return [
        int(code) for component in history.components for code in record.outcomes(index, component, model().horizon)
    ]


def _digest_of_labels(history: FleetHistory) -> str:
    return hashlib.sha256(bytes(_labels(history))).hexdigest()
