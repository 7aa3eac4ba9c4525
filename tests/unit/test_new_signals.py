"""A collector that runs while another process registers signals."""

import logging
from pathlib import Path

import pytest

from foreworn.bootstrap.new_signals import NewSignals
from foreworn.clock import ManualClock
from foreworn.settings import IngestionSettings
from foreworn.storage.operations.memory import (
    MemoryDeviceProgressLog,
    MemoryDirtyWindows,
    MemoryFleetRegistry,
    MemoryQuarantine,
)
from foreworn.storage.telemetry.duck import DuckTelemetryStore
from foreworn.telemetry.signal import Signal, SignalCatalogue, SignalType
from ingestion.formats.native_json import NativeJsonDecoder
from ingestion.forwarding.forwarder import Forwarder
from ingestion.reception.directory import RegistryDirectory
from ingestion.reception.reception import Reception
from ingestion.reception.validation import Validator
from ingestion.spool.spool import MemorySpool
from tests.unit.ingestion.plant import CATALOGUE, HOUR, NEW_YEAR, registry
from tests.unit.ingestion.two_roads import Sent, frames_of

DEVICES = [f"p{i}" for i in range(20)]


def reading(device: str, ms: int, values: str = '"vibration":1.0') -> Sent:
    payload = f'{{"ts":{1767225600000 + ms},"values":{{{values}}}}}'
    return Sent(f"foreworn/v1/west/{device}/telemetry".encode(), payload.encode(), 0x32)


class Plant:
    """A collector without its socket, on DuckDB; its registry is another process's too."""

    def __init__(self, folder: Path) -> None:
        self.seconds = 0.0
        self.fleet: MemoryFleetRegistry = registry(*DEVICES)
        clock, settings = ManualClock(NEW_YEAR + HOUR), IngestionSettings()
        directory = RegistryDirectory(self.fleet, monotonic=lambda: self.seconds)
        self.reception = Reception(NativeJsonDecoder(1 << 20), Validator(directory, clock, settings), clock)
        self.store = DuckTelemetryStore(folder / "t.duckdb", CATALOGUE)
        self.spool, self.quarantine = MemorySpool(), MemoryQuarantine()
        self.forwarder = Forwarder(
            self.spool,
            self.store,
            self.quarantine,
            MemoryDeviceProgressLog(),
            MemoryDirtyWindows(),
            lambda: None,
            settings,
            learn=NewSignals(self.fleet, self.store),
        )

    def take(self, *messages: Sent) -> None:
        self.spool.commit(self.reception.take(frames_of(messages)).batch)
        self.forwarder._turn()

    def stored(self) -> int:
        return self.store.count_samples(NEW_YEAR, NEW_YEAR + HOUR)


def test_a_signal_registered_while_the_collector_runs_is_stored_from_its_first_reading(tmp_path: Path) -> None:
    plant = Plant(tmp_path)
    plant.take(*(reading(device, 0) for device in DEVICES))
    plant.fleet.add_signals(SignalCatalogue({"px": [Signal("torque", "N.m")]}))
    plant.seconds = 1.0
    both = '"vibration":1.0,"torque":5.0'
    plant.take(reading("p0", 1, both), *(reading(device, 1) for device in DEVICES[1:]))
    assert (plant.stored(), plant.quarantine.count()) == (40, {})
    assert plant.store.last(devices=["p0"])["torque"].to_pylist() == [5.0]
    plant.store.close()


def test_a_catalogue_the_store_cannot_go_by_is_said_once_and_the_rest_is_stored(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    plant = Plant(tmp_path)
    plant.take(reading("p0", 0))
    changed = [Signal("vibration", type=SignalType.STATE), Signal("torque", "N.m")]
    plant.fleet.add_signals(SignalCatalogue({"px": changed, "*": changed[:1]}))
    plant.seconds = 60.0
    for n in (1, 2):
        plant.take(reading("p0", n, '"torque":1'))
        plant.take(reading("p1", n, '"starts":1'))
    assert (plant.stored(), plant.quarantine.count()) == (3, {"store_refused": 2})
    (said,) = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert "vibration" in said
    plant.store.close()
