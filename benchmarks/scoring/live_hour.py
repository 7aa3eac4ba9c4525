"""From samples in a store to stored forecasts, through the scoring that a live plant runs."""

import time
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.scoring.fleet import CATALOGUE, START, FleetPlan, attachments_of, fleet, machines_of
from benchmarks.scoring.stopwatch import Stopwatch, Timed
from foreworn.clock import ManualClock
from foreworn.fleet.history import FleetHistory
from foreworn.loop.live_history import LiveHistory
from foreworn.loop.scoring import Scoring
from foreworn.storage.operations.sql.dirty import SqlDirtyWindows
from foreworn.storage.operations.sql.engine import open_operations
from foreworn.storage.operations.sql.registry import SqlFleetRegistry
from foreworn.storage.operations.sql.verdicts import SqlVerdictBoard
from foreworn.storage.telemetry.duck import DuckTelemetryStore
from foreworn.telemetry.sample import Event, TelemetryBatch
from models.failure import GradientBoostedFailureModel

_HOUR: Final = timedelta(hours=1)
STAGES: Final = ("read", "features", "predict", "store", "explain", "verdicts")
_OF_MODEL: Final = {"table": "predict", "forecasts": "explain"}
_OF_STORE: Final = {"write_forecast_table": "store", "forecasts": "store"}


@dataclass(frozen=True, slots=True)
class Run:
    """What scoring took.

    Parameters
    ----------
    machine_rows, forecasts
        How many rows were scored, and how many forecasts stored.
    wall_seconds, cpu_seconds
        From when the clock passed the hour until forecasts are stored and verdicts are up; CPU of all threads.
    stages
        CPU seconds by stage.
    """

    machine_rows: int
    forecasts: int
    wall_seconds: float
    cpu_seconds: float
    stages: dict[str, float]

    def figures(self, name: str) -> dict[str, float | int]:
        """Return it under a name."""
        stages = {f"{name}_{stage}_cpu_seconds": self.stages.get(stage, 0.0) for stage in STAGES}
        return {
            f"{name}_wall_seconds": self.wall_seconds,
            f"{name}_cpu_seconds": self.cpu_seconds,
            f"{name}_machine_rows_per_cpu_second": self.machine_rows / self.cpu_seconds,
            **stages,
            f"{name}_other_cpu_seconds": self.cpu_seconds - sum(stages.values()),
        }


def score(model: GradientBoostedFailureModel, plan: FleetPlan, hours: int, folder: Path) -> Run:
    """Fill stores with a fleet's record and score its last hours, which come due at once.

    Raises
    ------
    RuntimeError
        If not every machine and component has its forecasts in the store and its verdict on the board.
    """
    folder.mkdir()
    engine = open_operations(f"sqlite:///{folder / 'operations.db'}")
    registry, verdicts = SqlFleetRegistry(engine), SqlVerdictBoard(engine)
    with closing(DuckTelemetryStore(folder / "telemetry.duckdb", CATALOGUE)) as store:
        _fill(store, registry, plan)
        watch, clock = Stopwatch(), ManualClock(plan.end - hours * _HOUR)
        timed: dict[str, Any] = {
            "history": Timed(LiveHistory(registry, store), watch, {"between": "read"}),
            "forecasts": Timed(store, watch, _OF_STORE),
            "verdicts": Timed(verdicts, watch, {"post": "verdicts"}),
        }
        asked = Timed(model, watch, {"score": "features"}, _OF_MODEL)
        scoring = Scoring(
            **timed,
            registry=registry,
            serving=lambda: asked,
            dirty=SqlDirtyWindows(engine),
            clock=clock,
            every=_HOUR,
            start=clock.now(),
        )
        clock.set(plan.end)
        run = _timed(scoring, plan.machines * hours, watch)
        _check(run, store.forecasts(START, plan.end + _HOUR), len(verdicts.latest()), plan, hours)
    engine.dispose()
    return run


def _timed(scoring: Scoring, machine_rows: int, watch: Stopwatch) -> Run:
    wall, cpu = time.perf_counter(), time.process_time()
    issued = scoring.score_due()
    return Run(machine_rows, issued, time.perf_counter() - wall, time.process_time() - cpu, dict(watch.cpu_seconds))


def _fill(store: DuckTelemetryStore, registry: SqlFleetRegistry, plan: FleetPlan) -> None:
    history = fleet(plan)
    registry.add_signals(CATALOGUE)
    registry.add(history.machines, attachments_of(plan))
    registry.record_maintenance(history.maintenance)
    registry.record_failures(history.failures)
    # Oldest first, as it would have come: all machines of a moment lie together.
    store.write_table(_said_by_devices(history.telemetry).sort_by("time"))
    store.write(TelemetryBatch(events=tuple(_events(history))))


def _said_by_devices(table: pa.Table) -> pa.Table:
    devices = pc.replace_substring(table["machine"], "m", "d", max_replacements=1)
    return table.drop_columns("machine").add_column(1, "device", devices)


def _events(history: FleetHistory) -> list[Event]:
    rows = _said_by_devices(history.events).to_pylist()
    return [Event(row["device"], row["time"], row["code"], row["severity"], row["message"]) for row in rows]


def _check(run: Run, stored: pa.Table, verdicts: int, plan: FleetPlan, hours: int) -> None:
    components = sum(len(m.components) for m in machines_of(plan))
    expected = (components * hours, components * hours, components)
    found = (run.forecasts, len(stored), verdicts)
    if found != expected:
        raise RuntimeError(f"forecasts issued, stored, and verdicts are {found}, not {expected}")
