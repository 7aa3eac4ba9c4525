"""What the API and the console are given to read from, and the use cases through which they change things."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from foreworn.clock import Clock
from foreworn.fleet.registry import FleetRegistry
from foreworn.health.demand import DemandStore
from foreworn.health.forecast import ForecastStore, VerdictBoard
from foreworn.health.remaining_life import LifeBoard, LifeForecastStore, LifeModelStore
from foreworn.loop.answers import AnswerBook
from foreworn.loop.kept_models import KeptModels
from foreworn.loop.labelling import Labelling
from foreworn.loop.operations import Operations
from foreworn.loop.people import People
from foreworn.loop.proposing import Proposing
from foreworn.loop.purchasing import Purchases
from foreworn.loop.quarantine_keeping import QuarantineKeeping
from foreworn.loop.replenishing import Replenishing
from foreworn.loop.work_orders import WorkOrders
from foreworn.telemetry.intake import DeviceProgressLog
from foreworn.telemetry.quarantine import Quarantine
from foreworn.telemetry.store import TelemetryStore


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleServices:
    """The core's ports that the API and the console read, and its use cases.

    Parameters
    ----------
    operations
        Work orders, parts, costs, labels, users and the rest of the operations store; only read here.
    demand
        Where demand forecasts are kept.
    lives, life_forecasts, life_models
        The remaining lives that stand, those ever told, and the models that tell them.
    work_orders, purchases, proposing, replenishing, labelling, people, quarantine_keeping
        The use cases; every change goes through one of them.
    answers
        What creates were answered, for those who ask again with the same key.
    collector_counts
        Returns what the collector in this process has counted, by name; None where there is none.
    spool_depth
        Returns how many batches wait for the telemetry store; None where no spool is in this process.
    silent_after
        A machine whose newest data is older than this is called silent.
    """

    clock: Clock
    registry: FleetRegistry
    telemetry: TelemetryStore
    forecasts: ForecastStore
    verdicts: VerdictBoard
    lives: LifeBoard
    life_forecasts: LifeForecastStore
    life_models: LifeModelStore
    quarantine: Quarantine
    progress: DeviceProgressLog
    models: KeptModels
    operations: Operations
    demand: DemandStore
    work_orders: WorkOrders
    purchases: Purchases
    proposing: Proposing
    replenishing: Replenishing
    labelling: Labelling
    people: People
    quarantine_keeping: QuarantineKeeping
    answers: AnswerBook
    collector_counts: Callable[[], Mapping[str, int]] | None = None
    spool_depth: Callable[[], int] | None = None
    silent_after: timedelta = timedelta(hours=2)
