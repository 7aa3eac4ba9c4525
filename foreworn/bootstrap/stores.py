"""The stores, opened: which adapter stands behind which port is decided here."""

import logging
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qs, urlsplit

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from foreworn.bootstrap.model_stores import open_detector_store, open_life_store, open_model_store
from foreworn.errors import ConfigurationError, StoreUnavailable
from foreworn.fleet.history import RecordedFleet
from foreworn.fleet.registry import FleetRegistry
from foreworn.health.anomaly import HealthStore
from foreworn.health.demand import DemandStore
from foreworn.health.forecast import ForecastStore, VerdictBoard
from foreworn.health.remaining_life import LifeBoard, LifeForecastStore
from foreworn.loop.answers import AnswerBook
from foreworn.loop.operations import Operations
from foreworn.settings import Settings
from foreworn.storage.operations.sql import (
    SqlDeviceProgressLog,
    SqlDirtyWindows,
    SqlFleetRegistry,
    SqlLifeBoard,
    SqlOperations,
    SqlQuarantine,
    SqlVerdictBoard,
    open_operations,
)
from foreworn.storage.operations.sql.answers import SqlAnswerBook
from foreworn.telemetry.intake import DeviceProgressLog, DirtyWindows, Spool
from foreworn.telemetry.quarantine import Quarantine
from foreworn.telemetry.signal import SignalCatalogue
from foreworn.telemetry.store import TelemetryStore
from ingestion.spool.spool import SqliteSpool
from models.life.registry import FolderLifeStore
from models.registry import FolderDetectorStore, FolderModelStore

# Each store's driver is loaded where it is opened: InfluxDB's alone takes half a second and 50 MB.
if TYPE_CHECKING:
    from foreworn.storage.telemetry.influx import InfluxTelemetryStore

_log = logging.getLogger(__name__)


class TelemetryAndForecasts(TelemetryStore, ForecastStore, LifeForecastStore, HealthStore, DemandStore, Protocol):
    """What models say lives beside the telemetry it rests on."""

    def use(self, catalogue: SignalCatalogue) -> None:
        """Learn of new signals."""
        ...


@dataclass(frozen=True, slots=True)
class Stores:
    """Every port that keeps something, opened."""

    registry: FleetRegistry
    operations: Operations
    answers: AnswerBook
    telemetry: TelemetryAndForecasts
    quarantine: Quarantine
    progress: DeviceProgressLog
    dirty: DirtyWindows
    verdicts: VerdictBoard
    lives: LifeBoard
    models: FolderModelStore
    detectors: FolderDetectorStore
    life_models: FolderLifeStore
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
    engine = open_operations(operations_address(settings))
    registry = SqlFleetRegistry(engine)
    return Stores(
        registry=registry,
        operations=SqlOperations(engine),
        answers=SqlAnswerBook(engine),
        telemetry=open_telemetry(settings, registry.catalogue()),
        quarantine=bounded_quarantine(settings, engine),
        progress=SqlDeviceProgressLog(engine),
        dirty=SqlDirtyWindows(engine),
        verdicts=SqlVerdictBoard(engine),
        lives=SqlLifeBoard(engine),
        models=open_model_store(settings),
        detectors=open_detector_store(settings),
        life_models=open_life_store(settings),
        spool=SqliteSpool(settings.data_dir / "spool.sqlite", most_bytes=settings.ingestion.spool_bytes),
    )


def bounded_quarantine(settings: Settings, engine: sa.Engine) -> SqlQuarantine:
    """Return the quarantine of an operations store, bounded as the settings say."""
    limits = settings.ingestion
    return SqlQuarantine(engine, most_bytes=limits.quarantine_bytes, longest=limits.quarantine_age)


def open_telemetry(settings: Settings, catalogue: SignalCatalogue) -> TelemetryAndForecasts:
    """Open the telemetry store at `settings.store.telemetry`."""
    address = urlsplit(settings.store.telemetry)
    if address.scheme == "memory":
        from foreworn.storage.telemetry.memory import MemoryTelemetryStore

        return MemoryTelemetryStore(catalogue)
    if address.scheme == "duckdb":
        from foreworn.storage.telemetry.duck import DuckTelemetryStore

        return DuckTelemetryStore(_file_in(settings.data_dir, address.path), catalogue)
    if address.scheme in ("influx", "influxs"):
        return _open_influx(settings, catalogue)
    raise ConfigurationError(
        f"FOREWORN_STORE__TELEMETRY={settings.store.telemetry!r} is not a telemetry store: "
        "use duckdb:///FILE, influx://HOST:PORT/BUCKET?org=ORG (influxs:// for TLS) or memory://"
    )


def _open_influx(settings: Settings, catalogue: SignalCatalogue) -> "InfluxTelemetryStore":
    from foreworn.storage.telemetry.influx import InfluxTelemetryStore, create_bucket

    address = urlsplit(settings.store.telemetry)
    bucket, organisation = address.path.strip("/"), parse_qs(address.query).get("org", [""])[0]
    if not bucket or not organisation or settings.store.influx_token is None:
        raise ConfigurationError(
            f"{settings.store.telemetry!r} needs a bucket and an organisation, influx://HOST:PORT/BUCKET?org=ORG, "
            "and a token in FOREWORN_STORE__INFLUX_TOKEN"
        )
    token = settings.store.influx_token.get_secret_value()
    url = f"{'https' if address.scheme == 'influxs' else 'http'}://{address.netloc}"
    prepare = partial(create_bucket, url=url, org=organisation, bucket=bucket, token=token)
    try:
        prepare()
        waiting = None
    except StoreUnavailable as away:
        _log.warning("%s; what is taken in waits in the spool", away)
        waiting = prepare
    return InfluxTelemetryStore(
        url=url,
        org=organisation,
        bucket=bucket,
        token=token,
        catalogue=catalogue,
        timeout=settings.store.influx_timeout,
        prepare=waiting,
    )


def operations_address(settings: Settings) -> str:
    """Return the address of the operations store; an SQLite file lies in the data folder."""
    url = make_url(settings.store.operations)
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        url = url.set(database=str(_file_in(settings.data_dir, f"/{url.database}")))
    return url.render_as_string(hide_password=False)


def _file_in(folder: Path, path: str) -> Path:
    """Return the file of a `scheme:///FILE` address: relative to `folder`, absolute after four slashes."""
    return folder / path.removeprefix("/")
