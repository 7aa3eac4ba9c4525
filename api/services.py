"""What the API and the console are given to read from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from foreworn.clock import Clock
from foreworn.fleet.registry import FleetRegistry
from foreworn.health.failure_model import FailureModelStore
from foreworn.health.forecast import ForecastStore, VerdictBoard
from foreworn.telemetry.intake import DeviceProgressLog
from foreworn.telemetry.quarantine import Quarantine
from foreworn.telemetry.store import TelemetryStore


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleServices:
    """The core's ports that the API and the console read.

    Parameters
    ----------
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
    quarantine: Quarantine
    progress: DeviceProgressLog
    models: FailureModelStore
    collector_counts: Callable[[], Mapping[str, int]] | None = None
    spool_depth: Callable[[], int] | None = None
    silent_after: timedelta = timedelta(hours=2)
