"""A simulated plant with a year behind it: in the stores, learned from, and ready to go live."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from foreworn.audit import PLATFORM
from foreworn.bootstrap import Stores
from foreworn.errors import TooLittleHistory
from foreworn.fleet.history import RecordedFleet
from foreworn.health.anomaly import AnomalyDetector
from foreworn.health.failure_model import FailureModel
from foreworn.loop.backfill import backfill, record_work
from foreworn.loop.training import Trained, train, train_detector
from foreworn.settings import Settings
from models.failure import FailureModelSettings
from simulators.people import furnish
from simulators.plant import Plant, PlantFile, simulate

Learned = TypeVar("Learned")

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
"""When the plant goes live: a Monday."""

PAST = timedelta(days=365)
"""How long it was run to failure and listened to before."""

TRAINING_GRID = timedelta(hours=6)
FEWEST_FAILURES = 6
"""A small town's plant has few of a kind; the shares of inner folds still see some each."""


@dataclass(frozen=True, slots=True)
class Season:
    """A plant at the moment it goes live, and what was learned of its past; `notes` say what could not be."""

    plant: Plant
    past: RecordedFleet
    model: FailureModel | None
    detector: AnomalyDetector | None
    notes: tuple[str, ...] = ()


def simulated_past(
    file: PlantFile, seed: int | None, *, on_progress: Callable[[datetime], None]
) -> tuple[Plant, RecordedFleet]:
    """Run the plant to failure for a year, and mend what stands still at the end of it."""
    plant = Plant(file, BEGIN - PAST, seed)
    simulated = simulate(plant, PAST, on_progress=on_progress)
    for machine in plant.machines:
        for component in machine.components:
            if plant.condition(machine.id, component).failed:
                plant.replace(machine.id, component, "corrective")
    return plant, simulated.fleet


def settle_in(settings: Settings, stores: Stores, plant: Plant, past: RecordedFleet) -> Season:
    """Put the past into the stores, enter what the plant's people know, and learn."""
    stores.enrol(past)
    record_work(stores.registry, past.history)
    backfill(stores.telemetry, past.history, past.attachments)
    furnish(stores.operations, plant, place=settings.planning.stock_place, time=plant.now)
    notes: list[str] = []
    trained = _tried(
        notes,
        "No forecasts, so no orders from them",
        train,
        past.history,
        until=plant.now,
        settings=settings.scoring,
        models=stores.models,
        model_settings=FailureModelSettings(every=TRAINING_GRID, fewest_failures=FEWEST_FAILURES),
        catalogue=past.catalogue,
    )
    detector = _tried(
        notes, "No anomaly detector", train_detector, past.history, until=plant.now, detectors=stores.detectors
    )
    model = None if trained is None else _in_use(trained, stores, notes)
    return Season(plant, past, model, detector, tuple(notes))


def _in_use(trained: Trained, stores: Stores, notes: list[str]) -> FailureModel:
    """Return the model; one whose checks keep it out of use is put in use all the same, for the loop to show."""
    notes += [f"The model fails a check, {check.name}: {check.said}" for check in trained.decision.failed]
    if not trained.decision.promoted:
        stores.models.promote(trained.model.version, by=PLATFORM, why="the demo shows the loop with what it has")
    return trained.model


def _tried(notes: list[str], otherwise: str, learn: Callable[..., Learned], *past: Any, **how: Any) -> Learned | None:
    """Return what is learned; where there is too little past for it, note why and go on without."""
    try:
        return learn(*past, **how)
    except TooLittleHistory as little:
        notes.append(f"{otherwise}: {little}")
        return None
