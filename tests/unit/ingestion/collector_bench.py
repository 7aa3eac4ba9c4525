"""A collector between stand-ins for the broker and the spool, and one log of what both saw."""

import threading
import time
from collections.abc import Callable, Mapping

from foreworn.errors import SpoolFailed
from foreworn.settings import IngestionSettings
from foreworn.telemetry.intake import IntakeBatch
from foreworn.telemetry.sample import Sample
from ingestion.collector.bulk import BulkCollector
from ingestion.collector.simple import PahoCollector
from ingestion.reception.reception import Reception
from tests.unit.ingestion.fake_broker import FakeBroker, Log
from tests.unit.ingestion.plant import TELEMETRY, payload

COLLECTORS: dict[str, type[BulkCollector] | type[PahoCollector]] = {"bulk": BulkCollector, "paho": PahoCollector}


class WatchedIntake:
    """Writes commits into the log, and fails or waits where it is told to."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.batches: list[IntakeBatch] = []
        self.known: dict[str, int] = {}
        self.fails = False
        self.may_commit = threading.Event()
        self.may_commit.set()

    def commit(self, batch: IntakeBatch, through: Mapping[str, int] | None = None) -> None:
        assert self.may_commit.wait(10.0)
        if self.fails:
            raise SpoolFailed("the disk is full")
        self.batches.append(batch)
        self.known |= through or {}
        self.log.append(("committed", len(batch)))

    def through(self) -> dict[str, int]:
        return dict(self.known)


class Bench:
    """A collector with its stand-ins."""

    def __init__(
        self, kind: str, broker: FakeBroker, desk: Reception, in_flight: int, ingestion: IngestionSettings
    ) -> None:
        self.log = broker.log
        self.broker = broker
        self.intake = WatchedIntake(self.log)
        settings = broker.settings.model_copy(update={"in_flight": in_flight})
        self.collector = COLLECTORS[kind](settings, ingestion, desk, self.intake, hello=lambda _: broker.protocol)

    def wait(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 10.0
        while not holds():
            assert time.monotonic() < deadline, f"it did not happen; the log is {self.log}"
            time.sleep(0.002)

    def acknowledged(self) -> list[object]:
        return [entry[1] for entry in self.log if entry[0] == "acknowledged"]

    def published(self) -> list[tuple[object, ...]]:
        return [entry[1:3] for entry in self.log if entry[0] == "published"]

    def kept(self) -> list[Sample]:
        return [s for batch in self.intake.batches for s in batch.telemetry.samples]

    def delivers_across_a_cut(self) -> None:
        """Deliver message 1, cut the connection before it is durable, and deliver message 2 over the next."""
        self.intake.may_commit.clear()
        self.broker.delivers(TELEMETRY, payload(0), 1)
        time.sleep(0.1)  # it has been read
        self.broker.goes_away()
        self.wait(lambda: self.log.count(("connected",)) == 2)
        self.broker.delivers(TELEMETRY, payload(1), 2)
        self.intake.may_commit.set()
