import pytest

from foreworn.storage.telemetry.memory import MemoryTelemetryStore
from foreworn.telemetry.sample import Event, LogLine, Sample, TelemetryBatch
from ingestion.forwarding.filling import missing_from
from tests.unit.ingestion.plant import CATALOGUE, DEVICE, HOUR, NEW_YEAR, sample


@pytest.fixture
def store() -> MemoryTelemetryStore:
    return MemoryTelemetryStore(CATALOGUE)


def of(*samples: Sample) -> TelemetryBatch:
    return TelemetryBatch(samples=samples)


def test_what_the_store_has_stays_and_what_it_lacks_is_missing(store: MemoryTelemetryStore) -> None:
    store.write(of(sample(0, 1.0), sample(2, 1.0)))
    replayed = of(sample(0, 2.0), sample(1, 2.0), sample(0, 2.0, device="pump-8"))
    assert missing_from(store, replayed) == of(sample(1, 2.0), sample(0, 2.0, device="pump-8"))


def test_one_signal_of_a_sample_can_be_missing(store: MemoryTelemetryStore) -> None:
    store.write(of(Sample(DEVICE, NEW_YEAR, {"vibration": 1.0})))
    (filled,) = missing_from(store, of(Sample(DEVICE, NEW_YEAR, {"vibration": 2.0, "mode": "run"}, 7))).samples
    assert filled == Sample(DEVICE, NEW_YEAR, {"mode": "run"}, 7)


def test_samples_far_apart_in_time_are_each_found(store: MemoryTelemetryStore) -> None:
    days = [sample(24 * day, float(day)) for day in range(40)]
    store.write(of(*days[::2]))
    assert missing_from(store, of(*days)) == of(*days[1::2])


def test_a_signal_that_the_store_does_not_know_is_missing(store: MemoryTelemetryStore) -> None:
    strange = of(Sample(DEVICE, NEW_YEAR, {"strange": 1.0}))
    assert missing_from(store, strange) == strange


def test_events_and_log_lines_are_filled_by_what_makes_them_the_same(store: MemoryTelemetryStore) -> None:
    event, line = Event(DEVICE, NEW_YEAR, "E1", message="before"), LogLine(DEVICE, NEW_YEAR, "info", "before", seq=1)
    store.write(TelemetryBatch(events=(event,), logs=(line,)))
    others = TelemetryBatch(
        events=(Event(DEVICE, NEW_YEAR, "E2"), Event(DEVICE, NEW_YEAR + HOUR, "E1")),
        logs=(LogLine(DEVICE, NEW_YEAR, "info", "before", seq=2), LogLine(DEVICE, NEW_YEAR, "error", "b", seq=1)),
    )
    again = TelemetryBatch(
        events=(Event(DEVICE, NEW_YEAR, "E1", message="later"), *others.events),
        logs=(LogLine(DEVICE, NEW_YEAR, "info", "later", seq=1), *others.logs),
    )
    assert missing_from(store, again) == others


def test_nothing_is_missing_of_nothing(store: MemoryTelemetryStore) -> None:
    assert missing_from(store, TelemetryBatch()) == TelemetryBatch()
