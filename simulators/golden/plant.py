"""A simulated plant: pumps living side by side, and the record that is kept of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from foreworn.fleet.history import EVENT_SCHEMA, FAILURE_SCHEMA, MAINTENANCE_SCHEMA, TIME, FleetHistory, RecordedFleet
from foreworn.fleet.machine import Attachment, Machine
from foreworn.telemetry.signal import Signal, SignalCatalogue, SignalType
from simulators.golden.alarms import Controller
from simulators.golden.pump import COMPONENTS, CP_100, CP_200, HOUR, RUNNING, STANDBY, Hour, Pump, PumpModel

TELEMETRY_SCHEMA = pa.schema(
    [
        ("time", TIME),
        ("machine", pa.string()),
        ("vibration_rms", pa.float64()),
        ("bearing_temperature", pa.float64()),
        ("discharge_pressure", pa.float64()),
        ("hours_run", pa.int64()),
        ("run_state", pa.string()),
    ]
)
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Resident:
    """One pump of a plant, its place in the fleet, and the device on it."""

    machine: Machine
    model: PumpModel
    pump: Pump
    device: str


@dataclass(slots=True)
class Record:
    """What is kept of a plant's life, as rows."""

    telemetry: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    maintenance: list[Row] = field(default_factory=list)
    failures: list[Row] = field(default_factory=list)

    def fleet(self, residents: Sequence[Resident]) -> RecordedFleet:
        """Return the record as a recorded fleet."""
        machines = tuple(sorted((r.machine for r in residents), key=lambda machine: machine.id))
        history = FleetHistory(
            machines,
            _table(self.telemetry, TELEMETRY_SCHEMA, ("machine", "time")),
            _table(self.events, EVENT_SCHEMA, ("machine", "time", "code")),
            _table(self.maintenance, MAINTENANCE_SCHEMA, ("machine", "time", "component")),
            _table(self.failures, FAILURE_SCHEMA, ("machine", "time", "component")),
        )
        seats = sorted((Attachment(r.device, r.machine.id, r.machine.installed_at) for r in residents), key=_device)
        return RecordedFleet(history, pump_catalogue(), tuple(seats))


def live(residents: Sequence[Resident], start: datetime, end: datetime, *, unseen: timedelta = HOUR * 0) -> Record:
    """Let the pumps live through [start, end), a sample on every hour.

    Parameters
    ----------
    residents
        The pumps.
    start, end
        What is recorded.
    unseen
        How long they live before; of that time only the replacements are known.
    """
    record = Record()
    for resident in residents:
        controller = Controller(resident.model)
        time = start - unseen
        while time < end:
            hour = resident.pump.live_hour(time)
            events = controller.watch(time, hour.values)
            _keep_replacements(record, resident.machine.id, hour)
            if time >= start:
                _keep(record, resident.machine.id, hour, events)
            time += HOUR
    return record


def _keep(record: Record, machine: str, hour: Hour, events: list[tuple[datetime, str, str, str]]) -> None:
    record.telemetry.append({"time": hour.time, "machine": machine} | hour.values)
    for time, code, severity, message in events:
        record.events.append({"time": time, "machine": machine, "code": code, "severity": severity, "message": message})
    for time, component in hour.failures:
        record.failures.append({"time": time, "machine": machine, "component": component, "mode": "breakdown"})


def _keep_replacements(record: Record, machine: str, hour: Hour) -> None:
    for time, component, kind in hour.replacements:
        record.maintenance.append(
            {"time": time, "machine": machine, "component": component, "action": "replaced", "kind": kind}
        )


def _table(rows: list[Row], schema: pa.Schema, key: Sequence[str]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema).sort_by([(name, "ascending") for name in key])


def _device(seat: Attachment) -> str:
    return seat.device


def pump_machine(name: str, model: PumpModel, site: str, installed_at: datetime) -> Machine:
    """Return a pump's entry in the fleet."""
    return Machine(name, model.name, site, installed_at, COMPONENTS)


def pump_catalogue() -> SignalCatalogue:
    """Return the signals of both pump models; they differ in what pressure is possible."""
    return SignalCatalogue({model.name: _signals(model) for model in (CP_100, CP_200)})


def _signals(model: PumpModel) -> list[Signal]:
    return [
        Signal("vibration_rms", "mm/s", low=0.0, high=50.0, label="Vibration"),
        Signal("bearing_temperature", "°C", low=-40.0, high=200.0, label="Bearing temperature"),
        Signal("discharge_pressure", "bar", low=0.0, high=model.highest_pressure, label="Discharge pressure"),
        Signal("hours_run", "h", SignalType.COUNTER, low=0.0, label="Hours run"),
        Signal("run_state", type=SignalType.STATE, states=(RUNNING, STANDBY), label="Run state"),
    ]
