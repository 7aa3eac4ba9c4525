"""A folder of files into the stores: who is in the plant first, then what its machines have said."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from foreworn.bootstrap.stores import Stores
from foreworn.clock import WallClock
from foreworn.loop.backfill import backfill
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


def load(settings: Settings, stores: Stores, folder: Path, *, on_writing: Callable[[], None]) -> Loaded:
    """Enter what a folder says of a plant, all or nothing, and write the telemetry it holds to the store.

    Raises
    ------
    MalformedHistory
        If anything in it is wrong, or does not fit what is registered; nothing is written.
    """
    day_one = read_day_one(folder)
    fleet = read_history(folder) if has_telemetry(folder) else None
    if fleet is not None:
        day_one = replace(day_one, catalogue=fleet.catalogue)
    entered = enter(day_one, stores.operations, WallClock(), actor=ACTOR, place=settings.planning.stock_place)
    stores.telemetry.use(stores.registry.catalogue())
    if fleet is None:
        return Loaded(entered, 0, ())
    on_writing()
    return Loaded(entered, backfill(stores.telemetry, fleet.history, fleet.attachments), fleet.notes)
