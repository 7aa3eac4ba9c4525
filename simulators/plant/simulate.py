"""A stretch of a plant's time as a fleet's history, with the truth beside it."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from foreworn.fleet.history import FAILURE_SCHEMA, MAINTENANCE_SCHEMA, TIME, FleetHistory, RecordedFleet
from simulators.plant.life_record import LifeRecord
from simulators.plant.period import Failure, Period, events_table, telemetry_table
from simulators.plant.plant import Plant, Replacement
from simulators.plant.practice import RUN_TO_FAILURE, Practice, keep

LIFE_SCHEMA = pa.schema(
    [
        ("machine", pa.string()),
        ("component", pa.string()),
        ("number", pa.int64()),
        ("installed", TIME),
        ("ended", TIME),
        ("how", pa.string()),
        ("would_have_failed_at", TIME),
    ]
)

_ORDER = [("machine", "ascending"), ("time", "ascending"), ("component", "ascending")]
_SENTENCE = """The truth behind a simulated history: what no model may be trained on.

- `lives.parquet`: every component from its fitting to its end; `how` is failed, replaced or in_use;
  `would_have_failed_at` is when it would have failed if nobody had touched it (empty: not within two years).
- `failures.parquet`: every failure, whether anyone noticed or not.
- `plant.toml`: the plant file that was simulated, with seed {seed}.
"""


@dataclass(frozen=True, slots=True)
class Truth:
    """What really happened.

    Parameters
    ----------
    lives
        `LIFE_SCHEMA`, sorted by machine, component, number.
    failures
        `FAILURE_SCHEMA`, sorted by machine, time, component.
    """

    lives: pa.Table
    failures: pa.Table


@dataclass(frozen=True, slots=True)
class Simulated:
    """A simulated stretch: what was recorded, what was true, and the plant as it stands at its end."""

    fleet: RecordedFleet
    truth: Truth
    plant: Plant


def simulate(
    plant: Plant,
    span: timedelta,
    practice: Practice = RUN_TO_FAILURE,
    *,
    on_progress: Callable[[datetime], None] | None = None,
) -> Simulated:
    """Run a plant for `span` and return its history.

    Parameters
    ----------
    plant
        Goes on to the end of the span.
    span
        How long, in whole steps.
    practice
        How the plant is kept.
    on_progress
        Called with the simulated time reached, now and then.

    Returns
    -------
    Simulated
        Maintenance before the span, as far as it fitted what is there at its start, is part of the record.
    """
    before = _fitted_before(plant)
    end = plant.now + span
    periods: list[Period] = []
    replaced: list[Replacement] = []
    for happened in keep(plant, end, practice, telemetry=True, on_progress=on_progress):
        if isinstance(happened, Period):
            periods.append(happened)
        else:
            replaced.append(happened)
    failures = [failure for period in periods for failure in period.failures]
    history = FleetHistory(
        machines=plant.machines,
        telemetry=telemetry_table(periods),
        events=events_table(periods),
        maintenance=maintenance_table([*before, *map(_maintenance, replaced)]),
        failures=failures_table(failures),
    )
    notes = (f"Simulated: {plant.file.name}, seed {plant.seed}.",)
    fleet = RecordedFleet(history, plant.catalogue, plant.attachments, notes=notes)
    return Simulated(fleet, Truth(lives_table(plant.life_records()), history.failures), plant)


def write_truth(simulated: Simulated, plant_file: Path, folder: Path) -> None:
    """Write the truth into `folder`/truth, beside the data.

    Parameters
    ----------
    simulated
        What was simulated.
    plant_file
        The file it was read from; copied.
    folder
        The history's folder.
    """
    truth = folder / "truth"
    truth.mkdir(parents=True, exist_ok=True)
    pq.write_table(simulated.truth.lives, truth / "lives.parquet")
    pq.write_table(simulated.truth.failures, truth / "failures.parquet")
    shutil.copyfile(plant_file, truth / "plant.toml")
    (truth / "README.md").write_text(_SENTENCE.format(seed=simulated.plant.seed), encoding="utf-8")


def failures_table(failures: list[Failure]) -> pa.Table:
    """Return failures as `FAILURE_SCHEMA`."""
    rows = [{"time": f.time, "machine": f.machine, "component": f.component, "mode": f.mode} for f in failures]
    return pa.Table.from_pylist(rows, schema=FAILURE_SCHEMA).sort_by(_ORDER)


def maintenance_table(rows: list[dict[str, Any]]) -> pa.Table:
    """Return maintenance as `MAINTENANCE_SCHEMA`."""
    return pa.Table.from_pylist(rows, schema=MAINTENANCE_SCHEMA).sort_by(_ORDER)


def lives_table(records: list[LifeRecord]) -> pa.Table:
    """Return lives as `LIFE_SCHEMA`."""
    rows = [{name: getattr(record, name) for name in LIFE_SCHEMA.names} for record in records]
    return pa.Table.from_pylist(rows, schema=LIFE_SCHEMA)


def _maintenance(replacement: Replacement) -> dict[str, Any]:
    return {
        "time": replacement.time,
        "machine": replacement.machine,
        "component": replacement.component,
        "action": "replaced",
        "kind": replacement.kind,
    }


def _fitted_before(plant: Plant) -> list[dict[str, Any]]:
    return [
        {
            "time": plant.installed_at(seat.machine, seat.component),
            "machine": seat.machine,
            "component": seat.component,
            "action": "replaced",
            "kind": "preventive",
        }
        for seat in plant.roster.seats
        if plant.installed_at(seat.machine, seat.component) < plant.now
    ]
