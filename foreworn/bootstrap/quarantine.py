"""The quarantine alone, opened: beside a running platform or without one, for it needs no broker and no telemetry."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

from foreworn.bootstrap.stores import bounded_quarantine, operations_address
from foreworn.clock import Clock, WallClock
from foreworn.errors import ConfigurationError
from foreworn.fleet.registry import FleetRegistry
from foreworn.loop.quarantine_keeping import QuarantineKeeping
from foreworn.settings import Settings
from foreworn.storage.operations.sql import SqlFleetRegistry, SqlOperations, open_operations
from foreworn.telemetry.intake import Intake
from foreworn.telemetry.quarantine import Quarantine
from ingestion.formats.by_kind import Formats
from ingestion.forwarding.quarantine_replay import QuarantineReplay
from ingestion.reception.directory import RegistryDirectory
from ingestion.reception.reception import Reception
from ingestion.reception.validation import Validator
from ingestion.spool.spool import SqliteSpool


@dataclass(frozen=True, slots=True)
class QuarantineDesk:
    """The quarantine, and what people do with it."""

    quarantine: Quarantine
    keeping: QuarantineKeeping


def quarantine_replay(
    settings: Settings, quarantine: Quarantine, registry: FleetRegistry, spool: Intake, clock: Clock
) -> QuarantineReplay:
    """Return a replay by the rules of the settings."""

    def new_reception() -> Reception:
        validator = Validator(RegistryDirectory(registry), clock, settings.ingestion)
        return Reception(Formats(settings.ingestion.largest_payload), validator, clock)

    return QuarantineReplay(quarantine, new_reception, spool)


@contextmanager
def opened_quarantine(settings: Settings, *, replays: bool) -> Iterator[QuarantineDesk]:
    """Open the quarantine of the settings' operations store, and for replays the spool.

    Other processes may have both open: they are files that take turns, or a server.

    Raises
    ------
    ConfigurationError
        If there is no such store: a folder that was mistyped is not made.
    StoreUnavailable, SpoolFailed
        If one of them cannot be opened now.
    """
    address = operations_address(settings)
    _check_is_there(address)
    with ExitStack() as opened:
        engine = open_operations(address)
        opened.callback(engine.dispose)
        quarantine, clock, replaying = bounded_quarantine(settings, engine), WallClock(), None
        if replays:
            spool = opened.enter_context(
                SqliteSpool(settings.data_dir / "spool.sqlite", most_bytes=settings.ingestion.spool_bytes)
            )
            replaying = quarantine_replay(settings, quarantine, SqlFleetRegistry(engine), spool, clock)
        yield QuarantineDesk(quarantine, QuarantineKeeping(SqlOperations(engine), replaying, clock))


def _check_is_there(address: str) -> None:
    url = make_url(address)
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).is_file():
        raise ConfigurationError(
            f"there is no operations store at {url.database}: set FOREWORN_DATA_DIR, or FOREWORN_STORE__OPERATIONS, to "
            "that of the platform, or start it once with `foreworn up`"
        )
