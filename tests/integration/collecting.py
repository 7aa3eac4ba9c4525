"""A collecting line from broker to store, for tests that take parts of it away and bring them back."""

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from types import TracebackType

from foreworn.errors import SpoolFailed, StoreUnavailable
from foreworn.settings import BrokerKind, IngestionSettings, MqttSettings
from foreworn.storage.operations.memory import MemoryDeviceProgressLog, MemoryDirtyWindows, MemoryQuarantine
from foreworn.storage.telemetry.memory import MemoryTelemetryStore
from foreworn.telemetry.intake import IntakeBatch
from foreworn.telemetry.sample import TelemetryBatch
from ingestion.collector.bulk import BulkCollector
from ingestion.collector.simple import PahoCollector
from ingestion.forwarding.forwarder import Forwarder
from ingestion.spool.spool import SqliteSpool
from tests.unit.ingestion.plant import CATALOGUE, DEVICE, HOUR, NEW_YEAR, reception, registry

SOON = timedelta(seconds=30)


class AbsentStore(MemoryTelemetryStore):
    """A memory store that may be away."""

    def __init__(self) -> None:
        super().__init__(CATALOGUE)
        self.is_away = False
        self.refusals = 0

    def write(self, batch: TelemetryBatch) -> None:
        if self.is_away:
            self.refusals += 1
            raise StoreUnavailable("store", "connection refused")
        super().write(batch)


class FailingSpool(SqliteSpool):
    """A spool whose disk may be full, or slow."""

    is_full = False
    commit_takes = 0.0

    def commit(self, batch: IntakeBatch, through: Mapping[str, int] | None = None) -> None:
        if self.is_full:
            raise SpoolFailed("the disk is full")
        time.sleep(self.commit_takes)
        super().commit(batch, through)


class CollectingLine:
    """A collector, its spool on disk, a forwarder and stores in memory."""

    def __init__(
        self,
        port: int,
        folder: Path,
        *,
        devices: tuple[str, ...] = (DEVICE,),
        kind: type[BulkCollector] | type[PahoCollector] = BulkCollector,
    ) -> None:
        self.kind = kind
        self.mqtt = MqttSettings(broker=BrokerKind.EXTERNAL, port=port)
        self.settings = IngestionSettings(ack_interval=timedelta(0), retry_longest=timedelta(milliseconds=50))
        self.folder = folder
        self.fleet = registry(*devices)
        self.store = AbsentStore()
        self.quarantine = MemoryQuarantine()
        self.progress = MemoryDeviceProgressLog()
        self.dirty = MemoryDirtyWindows()
        self.restart()

    def restart(self) -> None:
        """Make collector and forwarder anew, as a new process would; the stores stay."""
        self.spool = FailingSpool(self.folder / "spool.sqlite")
        self.forwarder = Forwarder(
            self.spool, self.store, self.quarantine, self.progress, self.dirty, lambda: None, self.settings
        )
        self.collector = self.kind(
            self.mqtt,
            self.settings,
            reception(self.fleet, self.settings),
            self.spool,
            on_committed=lambda _: self.forwarder.wake(),
        )

    def start(self) -> None:
        """Start both."""
        self.forwarder.start()
        self.collector.start()

    def stop(self) -> None:
        """Stop both and close the spool."""
        self.collector.stop()
        self.forwarder.stop()
        self.spool.close()

    def __enter__(self) -> "CollectingLine":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stored(self) -> int:
        """Return how many samples the store has."""
        return self.store.count_samples(NEW_YEAR, NEW_YEAR + 100_000 * HOUR)


def wait(holds: Callable[[], bool], *, seconds: float = 30.0) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
