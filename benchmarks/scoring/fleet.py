"""A fleet made of numbers: hourly signals that shift before a component fails, events, and what was done."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from foreworn.fleet.history import (
    EVENT_SCHEMA,
    FAILURE_SCHEMA,
    MAINTENANCE_SCHEMA,
    TIME,
    FleetHistory,
)
from foreworn.fleet.machine import Attachment, Machine
from foreworn.telemetry.sample import to_epoch_ms
from foreworn.telemetry.signal import Signal, SignalCatalogue

SIGNALS: Final = ("pressure", "rotation", "vibration", "voltage")
COMPONENTS: Final = ("bearing", "coupling", "seal", "winding")
CODES: Final = ("E11", "E12", "E13", "E14")
START: Final = datetime(2026, 1, 1, tzinfo=UTC)
CATALOGUE: Final = SignalCatalogue({"*": [Signal(name) for name in SIGNALS]})
_INSTALLED: Final = datetime(2021, 6, 1, tzinfo=UTC)
_HOUR_MS: Final = 3_600_000
_SIGN_H: Final = 48.0
_MODELS: Final = ("px-1", "px-2", "px-3", "px-4")


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """How large a fleet, how long its record, and how often each of its components fails.

    Parameters
    ----------
    machines, days
        Size and length.
    every_minutes
        Between two samples of a machine.
    failures_per_year
        Of each component of each machine.
    seed
        Of all that is drawn.
    """

    machines: int
    days: float
    every_minutes: int = 60
    failures_per_year: float = 4.0
    seed: int = 1

    @property
    def end(self) -> datetime:
        """When the record ends."""
        return START + timedelta(days=self.days)


def machines_of(plan: FleetPlan) -> tuple[Machine, ...]:
    """Return the machines, by id; all have the same components."""
    return tuple(
        Machine(f"m{i:06d}", _MODELS[i % len(_MODELS)], "plant", _INSTALLED, COMPONENTS) for i in range(plan.machines)
    )


def attachments_of(plan: FleetPlan) -> tuple[Attachment, ...]:
    """Return one device per machine, there from the beginning."""
    return tuple(Attachment(f"d{i:06d}", f"m{i:06d}", START) for i in range(plan.machines))


def fleet(plan: FleetPlan) -> FleetHistory:
    """Return the fleet's record: a failing component's signal shifts for two days, and its code comes more often."""
    chance = np.random.default_rng(plan.seed)
    hours = plan.days * 24
    times = np.arange(0, hours, plan.every_minutes / 60)
    broke = _failures(plan, chance)
    signals = {name: _signal(plan, times, broke[broke["component"] == k], k, chance) for k, name in enumerate(SIGNALS)}
    names = np.array([machine.id for machine in machines_of(plan)], dtype=object)
    telemetry = pa.table(
        {
            "time": _stamps(np.tile(times, plan.machines)),
            "machine": pa.array(np.repeat(names, len(times)), pa.string()),
            **{name: pa.array(values.ravel()) for name, values in signals.items()},
        }
    )
    return FleetHistory(
        machines_of(plan), telemetry, _events(plan, names, broke, chance), _done(names, broke), _broken(names, broke)
    )


_Failures = NDArray[np.void]


def _failures(plan: FleetPlan, chance: np.random.Generator) -> _Failures:
    count = chance.poisson(plan.failures_per_year * plan.days / 365, (plan.machines, len(COMPONENTS)))
    machine, component = (np.repeat(grid.ravel(), count.ravel()) for grid in np.indices(count.shape))
    found = np.empty(len(machine), dtype=[("machine", "i8"), ("component", "i8"), ("hour", "f8")])
    found["machine"], found["component"] = machine, component
    found["hour"] = np.floor(chance.uniform(0, plan.days * 24, len(machine)))
    return np.sort(np.unique(found), order=["machine", "hour", "component"])


def _signal(
    plan: FleetPlan, times: NDArray[np.float64], broke: _Failures, number: int, chance: np.random.Generator
) -> NDArray[np.float64]:
    level = 100.0 * (number + 1)
    values = chance.normal(level, 0.05 * level, (plan.machines, len(times)))
    for machine, _, hour in broke.tolist():
        first, last = np.searchsorted(times, [hour - _SIGN_H, hour])
        values[machine, first:last] += 0.1 * level
    return values


def _events(plan: FleetPlan, names: NDArray[np.object_], broke: _Failures, chance: np.random.Generator) -> pa.Table:
    many = chance.poisson(plan.machines * plan.days / 4)
    machine = np.concatenate([chance.integers(0, plan.machines, many), broke["machine"]])
    code = np.concatenate([chance.integers(0, len(CODES), many), broke["component"]])
    announced = np.maximum(broke["hour"] - chance.uniform(6, 36, len(broke)), 0.0)
    hour = np.concatenate([chance.uniform(0, plan.days * 24, many), announced])
    table = pa.table(
        {
            "time": _stamps(hour),
            "machine": pa.array(names[machine], pa.string()),
            "code": pa.array(np.array(CODES, dtype=object)[code], pa.string()),
            "severity": ["warning"] * len(hour),
            "message": [""] * len(hour),
        },
        schema=EVENT_SCHEMA,
    )
    return table.sort_by([("machine", "ascending"), ("time", "ascending"), ("code", "ascending")])


def _done(names: NDArray[np.object_], broke: _Failures) -> pa.Table:
    count = len(broke)
    columns = {**_whose(names, broke), "action": ["replace"] * count, "kind": ["corrective"] * count}
    return pa.table(columns, schema=MAINTENANCE_SCHEMA)


def _broken(names: NDArray[np.object_], broke: _Failures) -> pa.Table:
    return pa.table({**_whose(names, broke), "mode": [""] * len(broke)}, schema=FAILURE_SCHEMA)


def _whose(names: NDArray[np.object_], broke: _Failures) -> dict[str, pa.Array]:
    return {
        "time": _stamps(broke["hour"]),
        "machine": pa.array(names[broke["machine"]], pa.string()),
        "component": pa.array(np.array(COMPONENTS, dtype=object)[broke["component"]], pa.string()),
    }


def _stamps(hours: NDArray[np.float64]) -> pa.Array:
    return pa.array(to_epoch_ms(START) + (hours * _HOUR_MS).astype(np.int64), pa.int64()).cast(TIME)
