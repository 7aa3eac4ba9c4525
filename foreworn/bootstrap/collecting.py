"""The collecting part of a process: broker, collector and forwarder, wired and started."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from foreworn.bootstrap.collector_kind import CollectorKind
from foreworn.bootstrap.new_signals import NewSignals
from foreworn.bootstrap.stores import Stores
from foreworn.clock import Clock
from foreworn.errors import DamagedModel, NotFound
from foreworn.health.anomaly import AnomalyDetector
from foreworn.health.failure_model import FailureModel
from foreworn.settings import MqttSettings, Settings
from foreworn.telemetry.intake import IntakeBatch
from ingestion.broker.starting import RunningBroker, start_broker
from ingestion.collector.bulk import BulkCollector
from ingestion.collector.port import Collector
from ingestion.collector.simple import PahoCollector
from ingestion.formats.by_kind import Formats
from ingestion.forwarding.forwarder import Forwarder
from ingestion.reception.directory import RegistryDirectory
from ingestion.reception.reception import Reception
from ingestion.reception.validation import Validator

_COLLECTORS: dict[CollectorKind, type[BulkCollector] | type[PahoCollector]] = {
    CollectorKind.BULK: BulkCollector,
    CollectorKind.PAHO: PahoCollector,
}


@dataclass(frozen=True, slots=True)
class Collecting:
    """What takes readings in and brings them to the store."""

    broker: RunningBroker
    mqtt: MqttSettings
    """How to reach the broker; its port may be another than the settings ask for."""
    collector: Collector
    forwarder: Forwarder
    reception: Reception

    @property
    def failed(self) -> Exception | None:
        """Why nothing more is taken in or stored, or None; the process ought to exit with an error."""
        return self.collector.failed or self.forwarder.failed or self.broker.failed


@contextmanager
def running_collector(
    settings: Settings,
    stores: Stores,
    *,
    clock: Clock,
    scored_until: Callable[[], datetime | None],
    window: timedelta,
    on_forwarded: Callable[[IntakeBatch], None] | None = None,
    kind: CollectorKind = CollectorKind.BULK,
) -> Iterator[Collecting]:
    """Start broker, forwarder and collector, and stop them again in the opposite order.

    Parameters
    ----------
    settings, stores
        What to run, and on what.
    clock
        When a message came, and whether its time lies in the future.
    scored_until
        Up to which device time machines are scored, or are being scored; see `Forwarder`.
    window
        How long a reading goes on having a part in scores.
    on_forwarded
        Told of every batch that has reached the store.
    kind
        How messages are read.

    Raises
    ------
    PortInUse, BrokerUnavailable
        If the broker cannot be had.
    """
    with start_broker(settings.mqtt, settings.data_dir / "broker") as broker:
        mqtt = settings.mqtt.model_copy(update={"host": broker.host, "port": broker.port})
        forwarder = Forwarder(
            stores.spool,
            stores.telemetry,
            stores.quarantine,
            stores.progress,
            stores.dirty,
            scored_until=scored_until,
            settings=settings.ingestion,
            window=window,
            on_forwarded=on_forwarded,
            learn=NewSignals(stores.registry, stores.telemetry),
        )
        reception = new_reception(settings, stores, clock)
        collector = _COLLECTORS[kind](
            mqtt, settings.ingestion, reception, stores.spool, on_committed=lambda _: forwarder.wake()
        )
        forwarder.start()
        try:
            collector.start()
            yield Collecting(broker, mqtt, collector, forwarder, reception)
        finally:
            collector.stop()
            forwarder.stop()


def reach(*serving: Callable[[], FailureModel | AnomalyDetector | None]) -> timedelta:
    """Return how long a reading goes on having a part in what models say: at least a day."""
    longest = timedelta(days=1)
    for ask in serving:
        try:
            model = ask()
        except (DamagedModel, NotFound):
            continue  # scoring says what is wrong with it; collecting goes on
        longest = longest if model is None else max(longest, model.lookback)
    return longest


def new_reception(settings: Settings, stores: Stores, clock: Clock) -> Reception:
    """Return what decodes messages and holds them against the fleet."""
    validator = Validator(RegistryDirectory(stores.registry), clock, settings.ingestion)
    return Reception(Formats(settings.ingestion.largest_payload), validator, clock)
