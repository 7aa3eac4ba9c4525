"""The composition root: settings become wired objects. The only file that knows the adapters."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from sqlalchemy.engine import make_url

from api.app import create_app
from api.server import ConsoleServer
from api.services import ConsoleServices
from foreworn.clock import Clock
from foreworn.data_folder import empty_data_folder
from foreworn.errors import ConfigurationError, DamagedModel, NotFound
from foreworn.fleet.history import RecordedFleet
from foreworn.fleet.registry import FleetRegistry
from foreworn.health.failure_model import FailureModel
from foreworn.health.forecast import ForecastStore, VerdictBoard
from foreworn.loop.live_history import LiveHistory
from foreworn.loop.scoring import Scoring
from foreworn.settings import BrokerKind, MqttSettings, Settings
from foreworn.storage.history import (
    check_history,
    read_azure_pdm,
    read_history,
    write_history,
    write_templates,
)
from foreworn.storage.operations.sql import (
    SqlDeviceProgressLog,
    SqlDirtyWindows,
    SqlFleetRegistry,
    SqlQuarantine,
    SqlVerdictBoard,
    open_operations,
)
from foreworn.storage.telemetry.duck import DuckTelemetryStore
from foreworn.storage.telemetry.influx import InfluxTelemetryStore, create_bucket
from foreworn.storage.telemetry.memory import MemoryTelemetryStore
from foreworn.telemetry.intake import DeviceProgressLog, DirtyWindows, IntakeBatch, Spool
from foreworn.telemetry.quarantine import Quarantine
from foreworn.telemetry.signal import SignalCatalogue
from foreworn.telemetry.store import TelemetryStore
from ingestion.broker import RunningBroker, free_port, start_broker
from ingestion.collector import PahoCollector
from ingestion.directory import RegistryDirectory
from ingestion.forwarder import Forwarder
from ingestion.mosquitto_broker import end_orphan
from ingestion.native_json import NativeJsonDecoder
from ingestion.reception import Reception
from ingestion.spool import SqliteSpool
from ingestion.validation import Validator
from models.registry import FolderModelStore

__all__ = [
    "Platform",
    "Stores",
    "check_history",
    "for_replay",
    "open_model_store",
    "open_stores",
    "own_broker",
    "read_azure_pdm",
    "read_history",
    "running_platform",
    "start_afresh",
    "write_history",
    "write_templates",
]


class TelemetryAndForecasts(TelemetryStore, ForecastStore, Protocol):
    """Forecasts live beside the telemetry they rest on."""

    def use(self, catalogue: SignalCatalogue) -> None:
        """Learn of new signals."""
        ...


@dataclass(frozen=True, slots=True)
class Stores:
    """Every port that keeps something, opened."""

    registry: FleetRegistry
    telemetry: TelemetryAndForecasts
    quarantine: Quarantine
    progress: DeviceProgressLog
    dirty: DirtyWindows
    verdicts: VerdictBoard
    models: FolderModelStore
    spool: Spool

    def enrol(self, fleet: RecordedFleet) -> None:
        """Register a recorded fleet's machines, devices and signals."""
        self.registry.add_signals(fleet.catalogue)
        self.registry.add(fleet.history.machines, fleet.attachments)
        self.telemetry.use(self.registry.catalogue())

    def close(self) -> None:
        """Release what they hold."""
        self.telemetry.close()


def open_stores(settings: Settings) -> Stores:
    """Open, and where new create, the stores that the settings name.

    Raises
    ------
    ConfigurationError
        If an address is not one we know, or its store refuses our credentials.
    StoreUnavailable
        If a store does not answer.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    engine = open_operations(_operations_address(settings))
    registry = SqlFleetRegistry(engine)
    return Stores(
        registry=registry,
        telemetry=open_telemetry(settings, registry.catalogue()),
        quarantine=SqlQuarantine(engine),
        progress=SqlDeviceProgressLog(engine),
        dirty=SqlDirtyWindows(engine),
        verdicts=SqlVerdictBoard(engine),
        models=open_model_store(settings),
        spool=SqliteSpool(settings.data_dir / "spool.sqlite"),
    )


def open_model_store(settings: Settings) -> FolderModelStore:
    """Open the folder of trained models."""
    return FolderModelStore(settings.data_dir / "models")


def for_replay(settings: Settings, store: str | None = None, *, name: str = "replay") -> Settings:
    """Return settings for one replay: a data folder of its own, a broker nobody else speaks to, no waits.

    Parameters
    ----------
    settings
        What the user set; an external broker they name is used as it is.
    store
        The telemetry store's address; None: a DuckDB file in the replay's folder.
    name
        The replay's folder in the data folder.
    """
    address = {"telemetry": store or "duckdb:///telemetry.duckdb", "operations": "sqlite:///operations.sqlite"}
    return own_broker(
        settings.model_copy(
            update={
                "data_dir": settings.data_dir / name,
                "store": settings.store.model_copy(update=address),
                "ingestion": settings.ingestion.model_copy(update={"ack_interval": timedelta(0)}),
            }
        )
    )


def start_afresh(settings: Settings) -> None:
    """Remove what an earlier run left in a data folder that we hold, a broker that still runs there included."""
    end_orphan(settings.data_dir / "broker")
    empty_data_folder(settings.data_dir)


def own_broker(settings: Settings) -> Settings:
    """Return settings with a broker on a free port, unless the user brings their own."""
    if settings.mqtt.broker is BrokerKind.EXTERNAL:
        return settings
    return settings.model_copy(update={"mqtt": settings.mqtt.model_copy(update={"port": free_port()})})


def open_telemetry(settings: Settings, catalogue: SignalCatalogue) -> TelemetryAndForecasts:
    """Open the telemetry store at `settings.store.telemetry`."""
    address = urlsplit(settings.store.telemetry)
    if address.scheme == "memory":
        return MemoryTelemetryStore(catalogue)
    if address.scheme == "duckdb":
        return DuckTelemetryStore(_file_in(settings.data_dir, address.path), catalogue)
    if address.scheme in ("influx", "influxs"):
        return _open_influx(settings, catalogue)
    raise ConfigurationError(
        f"FOREWORN_STORE__TELEMETRY={settings.store.telemetry!r} is not a telemetry store: "
        "use duckdb:///FILE, influx://HOST:PORT/BUCKET?org=ORG (influxs:// for TLS) or memory://"
    )


def _open_influx(settings: Settings, catalogue: SignalCatalogue) -> InfluxTelemetryStore:
    address = urlsplit(settings.store.telemetry)
    bucket, organisation = address.path.strip("/"), parse_qs(address.query).get("org", [""])[0]
    if not bucket or not organisation or settings.store.influx_token is None:
        raise ConfigurationError(
            f"{settings.store.telemetry!r} needs a bucket and an organisation, influx://HOST:PORT/BUCKET?org=ORG, "
            "and a token in FOREWORN_STORE__INFLUX_TOKEN"
        )
    token = settings.store.influx_token.get_secret_value()
    url = f"{'https' if address.scheme == 'influxs' else 'http'}://{address.netloc}"
    create_bucket(url=url, org=organisation, bucket=bucket, token=token)
    return InfluxTelemetryStore(url=url, org=organisation, bucket=bucket, token=token, catalogue=catalogue)


def _operations_address(settings: Settings) -> str:
    url = make_url(settings.store.operations)
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        url = url.set(database=str(_file_in(settings.data_dir, f"/{url.database}")))
    return url.render_as_string(hide_password=False)


def _file_in(folder: Path, path: str) -> Path:
    """Return the file of a `scheme:///FILE` address: relative to `folder`, absolute after four slashes."""
    return folder / path.removeprefix("/")


@dataclass(frozen=True, slots=True)
class Platform:
    """One process of the loop: its stores, its ears, and what turns readings into forecasts."""

    settings: Settings
    stores: Stores
    clock: Clock
    broker: RunningBroker
    mqtt: MqttSettings
    """How to reach the broker; its port may be another than the settings ask for."""
    collector: PahoCollector
    forwarder: Forwarder
    scoring: Scoring

    @property
    def failed(self) -> Exception | None:
        """Why nothing more is taken in or stored, or None; the process ought to exit with an error."""
        return self.collector.failed or self.forwarder.failed

    def console(self) -> ConsoleServer:
        """Return the API and console of this platform, not yet started."""
        services = ConsoleServices(
            clock=self.clock,
            registry=self.stores.registry,
            telemetry=self.stores.telemetry,
            forecasts=self.stores.telemetry,
            verdicts=self.stores.verdicts,
            quarantine=self.stores.quarantine,
            progress=self.stores.progress,
            models=self.stores.models,
            collector_counts=lambda: asdict(self.collector.counts),
            spool_depth=self.stores.spool.depth,
        )
        return ConsoleServer(create_app(services), self.settings.api.host, self.settings.api.port)


@contextmanager
def running_platform(
    settings: Settings,
    stores: Stores,
    *,
    clock: Clock,
    receiving_clock: Clock,
    start: datetime,
    serving: Callable[[], FailureModel | None],
    on_forwarded: Callable[[IntakeBatch], None] | None = None,
) -> Iterator[Platform]:
    """Start broker, collector and forwarder, and stop them again in the opposite order.

    Parameters
    ----------
    settings, stores
        What to run, and on what.
    clock
        What scoring goes by: wall time, or the replayed devices' watermarks.
    receiving_clock
        What the collector goes by: when a message came, and whether its time lies in the future.
    start
        Where scoring begins on stores without a verdict; otherwise it goes on after the newest one.
    serving
        Returns the model that scores; while it returns None readings are stored and nothing is forecast.
    on_forwarded
        Told of every batch that has reached the store.

    Raises
    ------
    PortInUse, BrokerUnavailable
        If the broker cannot be had.
    """
    scoring = _scoring(settings, stores, serving, clock, start)
    with start_broker(settings.mqtt, settings.data_dir / "broker") as broker:
        mqtt = settings.mqtt.model_copy(update={"host": broker.host, "port": broker.port})
        validator = Validator(RegistryDirectory(stores.registry), receiving_clock, settings.ingestion)
        reception = Reception(NativeJsonDecoder(settings.ingestion.largest_payload), validator, receiving_clock)
        forwarder = Forwarder(
            stores.spool,
            stores.telemetry,
            stores.quarantine,
            stores.progress,
            stores.dirty,
            scored_until=lambda: scoring.scored_until,
            settings=settings.ingestion,
            window=_reach(serving),
            on_forwarded=on_forwarded,
        )
        collector = PahoCollector(
            mqtt, settings.ingestion, reception, stores.spool, on_committed=lambda _: forwarder.wake()
        )
        forwarder.start()
        try:
            collector.start()
            yield Platform(settings, stores, clock, broker, mqtt, collector, forwarder, scoring)
        finally:
            collector.stop()
            forwarder.stop()


def _reach(serving: Callable[[], FailureModel | None]) -> timedelta:
    """Return how long a reading goes on having a part in forecasts: at least a day."""
    try:
        model = serving()
    except (DamagedModel, NotFound):
        return timedelta(days=1)  # scoring says what is wrong with it; collecting goes on
    return max(timedelta(days=1), timedelta(0) if model is None else model.lookback)


def _scoring(
    settings: Settings, stores: Stores, serving: Callable[[], FailureModel | None], clock: Clock, start: datetime
) -> Scoring:
    """Go on where the newest standing verdict ends, however long this process was away, within `catch_up`."""
    standing = [verdict.time for verdict in stores.verdicts.latest()]
    if standing:
        start = max(max(standing), start - settings.scoring.catch_up)
    return Scoring(
        history=LiveHistory(stores.registry, stores.telemetry),
        registry=stores.registry,
        serving=serving,
        forecasts=stores.telemetry,
        verdicts=stores.verdicts,
        dirty=stores.dirty,
        clock=clock,
        every=settings.scoring.every,
        start=start,
    )
