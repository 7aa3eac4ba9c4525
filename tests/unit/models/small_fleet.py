"""Small fleets for tests: one built row by row, one that wears and fails."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from foreworn.fleet.history import EVENT_SCHEMA, FAILURE_SCHEMA, MAINTENANCE_SCHEMA, TIME, FleetHistory
from foreworn.fleet.machine import Machine

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
KEY = [("machine", "ascending"), ("time", "ascending")]


def at(hours: float) -> datetime:
    return START + hours * HOUR


def machine(name: str = "m1", model: str = "px", components: tuple[str, ...] = ("bearing", "seal")) -> Machine:
    return Machine(name, model, "west", datetime(2020, 3, 1, tzinfo=UTC), components)


def history(
    *,
    machines: Sequence[Machine] = (machine(),),
    telemetry: Sequence[dict[str, Any]] = (),
    signals: Sequence[tuple[str, pa.DataType]] = (("vibration", pa.float64()),),
    events: Sequence[tuple[str, datetime, str]] = (),
    maintenance: Sequence[tuple[str, datetime, str, str]] = (),
    failures: Sequence[tuple[str, datetime, str]] = (),
) -> FleetHistory:
    """Build a history; events are (machine, time, code), maintenance (machine, time, component, kind)."""
    schema = pa.schema([("time", TIME), ("machine", pa.string()), *signals])
    event_rows = [
        {"time": t, "machine": m, "code": c, "severity": "warning", "message": ""} for m, t, c in sorted(events)
    ]
    work = [
        {"time": t, "machine": m, "component": c, "action": "replaced", "kind": k} for m, t, c, k in sorted(maintenance)
    ]
    broken = [{"time": t, "machine": m, "component": c, "mode": ""} for m, t, c in sorted(failures)]
    return FleetHistory(
        tuple(machines),
        pa.Table.from_pylist(list(telemetry), schema=schema).sort_by(KEY),
        pa.Table.from_pylist(event_rows, schema=EVENT_SCHEMA),
        pa.Table.from_pylist(work, schema=MAINTENANCE_SCHEMA),
        pa.Table.from_pylist(broken, schema=FAILURE_SCHEMA),
    )


@cache
def wearing_fleet(machines: int = 12, days: int = 60, seed: int = 7) -> FleetHistory:
    """Return a fleet whose bearings shake, and whose seals leak, in the day before they fail.

    Every machine speaks hourly; a failure comes about every eight days on one of its two components,
    with its replacement in the same hour, and about every twenty days a seal is replaced preventively.
    """
    draw = np.random.default_rng(seed)
    fleet = [machine(f"m{i:02d}", model="px" if i % 2 else "py") for i in range(machines)]
    hours = np.arange(days * 24)
    parts, failures, maintenance, events = [], [], [], []
    for one in fleet:
        vibration, pressure = draw.normal(40, 4, len(hours)), draw.normal(100, 8, len(hours))
        moment = int(draw.integers(40, 200))
        while moment < len(hours):
            component = ("bearing", "seal")[int(draw.integers(2))]
            before = slice(max(moment - 24, 0), moment)
            if component == "bearing":
                vibration[before] += 15
            else:
                pressure[before] -= 30
            events.append((one.id, at(max(moment - 24, 0)), f"E-{component}"))
            failures.append((one.id, at(moment), component))
            maintenance.append((one.id, at(moment), component, "corrective"))
            moment += int(draw.integers(100, 280))
        maintenance += [(one.id, at(h), "seal", "preventive") for h in range(int(draw.integers(480)), len(hours), 480)]
        stamps = pa.array([at(int(h)) for h in hours], TIME)
        names = pa.array([one.id] * len(hours))
        parts.append(pa.table({"time": stamps, "machine": names, "vibration": vibration, "pressure": pressure}))
    bare = history(machines=fleet, events=events, maintenance=maintenance, failures=failures)
    return FleetHistory(fleet_tuple(fleet), pa.concat_tables(parts), bare.events, bare.maintenance, bare.failures)


def fleet_tuple(fleet: Sequence[Machine]) -> tuple[Machine, ...]:
    return tuple(sorted(fleet, key=lambda m: m.id))
