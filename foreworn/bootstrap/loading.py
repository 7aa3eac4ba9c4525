"""A folder of files into the stores: who is in the plant first, then what its machines have said."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from foreworn.bootstrap.stores import Stores
from foreworn.clock import WallClock
from foreworn.fleet.history import RecordedFleet
from foreworn.loop.backfill import backfill, of_devices
from foreworn.loop.day_one import Entered, enter
from foreworn.settings import Settings
from foreworn.storage.day_one import read_day_one
from foreworn.storage.history import read_history
from foreworn.storage.history.telemetry import has_telemetry

ACTOR = "import"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did."""

    entered: Entered
    samples: int
    notes: tuple[str, ...]


def load(settings: Settings, stores: Stores, folder: Path, *, on_step: Callable[[str], None]) -> Loaded:
    """Enter what a folder says of a plant, all or nothing, and write the telemetry it holds to the store.

    `on_step` is called with what is begun, in words.

    Raises
    ------
    MalformedHistory
        If anything in it is wrong, or does not fit what is registered; nothing is written.
    """
    on_step(f"Reading and checking {folder}")
    day_one = read_day_one(folder)
    fleet = read_history(folder) if has_telemetry(folder) else None
    if fleet is not None:
        day_one = replace(day_one, catalogue=fleet.catalogue)
    on_step(f"Entering machines and what belongs to them: {len(day_one.machines):,}")
    entered = enter(day_one, stores.operations, WallClock(), actor=ACTOR, place=settings.planning.stock_place)
    stores.telemetry.use(stores.registry.catalogue())
    if fleet is None:
        return Loaded(entered, 0, ())
    on_step(f"Writing telemetry and events: {len(fleet.history.telemetry):,} samples")
    samples = backfill(stores.telemetry, fleet.history, fleet.attachments)
    stores.progress.stored(_newest(fleet))
    return Loaded(entered, samples, fleet.notes)


def _newest(fleet: RecordedFleet) -> dict[str, datetime]:
    """Return each device's newest sample."""
    said = of_devices(fleet.history.telemetry.select(["time", "machine"]), fleet.attachments)
    newest = said.group_by("device").aggregate([("time", "max")])
    return dict(zip(newest["device"].to_pylist(), newest["time_max"].to_pylist(), strict=True))
