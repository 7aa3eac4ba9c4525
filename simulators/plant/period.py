"""What a plant did and said over a stretch of steps."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from foreworn.fleet.history import EVENT_SCHEMA, TIME
from foreworn.telemetry.sample import Event, Sample, to_epoch_ms
from foreworn.telemetry.signal import SignalValue
from simulators.plant.outputs import RUN_STATES
from simulators.plant.roster import Roster, device_of

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Failure:
    """A component of a machine failed."""

    time: datetime
    machine: str
    component: str
    mode: str


@dataclass(frozen=True, slots=True)
class MachineEvent:
    """A machine's controller said something: a fault message, or that it tripped."""

    time: datetime
    machine: str
    code: str
    severity: str
    message: str


@dataclass(frozen=True, slots=True)
class Readings:
    """What devices measured; all arrays begin with the step.

    Parameters
    ----------
    by_class
        (n_steps, n_machines of the class, n_signals) by class name; NaN where a signal was not due.
    run_state
        (n_steps, n_machines) places in `RUN_STATES`.
    hours_run
        (n_steps, n_machines) whole hours. [h]
    lost, late
        (n_steps, n_machines) which readings never arrive, or arrive late.
    """

    by_class: dict[str, Floats]
    run_state: npt.NDArray[np.int8]
    hours_run: npt.NDArray[np.int64]
    lost: npt.NDArray[np.bool_]
    late: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch [start, end) of a plant.

    A reading's time is the begin of its step; events and failures lie inside their step.

    Parameters
    ----------
    start, end
        The stretch.
    step
        The time between readings.
    failures, events
        What happened, by time.
    readings
        What was measured; None where nobody asked.
    """

    start: datetime
    end: datetime
    step: timedelta
    failures: tuple[Failure, ...]
    events: tuple[MachineEvent, ...]
    readings: Readings | None
    roster: Roster

    def samples(self) -> Iterator[tuple[str, bool, Sample]]:
        """Iterate over (machine, whether it comes late, sample) of the readings that arrive, by machine, time."""
        readings = self._measured()
        for class_name, values in readings.by_class.items():
            names = list(self.roster.classes[class_name].signals)
            for column, index in enumerate(self.roster.of_class(class_name)):
                machine = self.roster.machines[index].id
                for step in np.flatnonzero(~readings.lost[:, index]):
                    given: dict[str, SignalValue] = _present(names, values[step, column].tolist())
                    given["run_state"] = RUN_STATES[readings.run_state[step, index]]
                    given["hours_run"] = int(readings.hours_run[step, index])
                    sample = Sample(device_of(machine), self.start + int(step) * self.step, given)
                    yield machine, bool(readings.late[step, index]), sample

    def device_events(self) -> Iterator[tuple[str, Event]]:
        """Iterate over (machine, event) by time."""
        for event in self.events:
            device = device_of(event.machine)
            yield event.machine, Event(device, event.time, event.code, event.severity, event.message)

    def _measured(self) -> Readings:
        if self.readings is None:
            raise ValueError("nothing was measured in this period: advance the plant with telemetry=True")
        return self.readings


def joined(pieces: Sequence[Period]) -> Period:
    """Return periods that follow each other as one."""
    if len(pieces) == 1:
        return pieces[0]
    measured = [piece.readings for piece in pieces if piece.readings is not None]
    readings = None
    if measured:
        readings = Readings(
            {name: np.concatenate([r.by_class[name] for r in measured]) for name in measured[0].by_class},
            np.concatenate([r.run_state for r in measured]),
            np.concatenate([r.hours_run for r in measured]),
            np.concatenate([r.lost for r in measured]),
            np.concatenate([r.late for r in measured]),
        )
    return Period(
        pieces[0].start,
        pieces[-1].end,
        pieces[0].step,
        tuple(f for piece in pieces for f in piece.failures),
        tuple(e for piece in pieces for e in piece.events),
        readings,
        pieces[0].roster,
    )


def telemetry_table(periods: Sequence[Period]) -> pa.Table:
    """Return the readings of periods that follow each other, as `FleetHistory.telemetry`."""
    roster = periods[0].roster
    measured = [period._measured() for period in periods]
    step = periods[0].step // timedelta(milliseconds=1)
    total = sum(len(readings.lost) for readings in measured)
    times = to_epoch_ms(periods[0].start) + step * np.arange(total, dtype=np.int64)
    lost = np.concatenate([readings.lost for readings in measured])
    states = np.concatenate([readings.run_state for readings in measured])
    hours = np.concatenate([readings.hours_run for readings in measured])
    tables = []
    for class_name in roster.classes:
        values = np.concatenate([readings.by_class[class_name] for readings in measured])
        for column, index in enumerate(roster.of_class(class_name)):
            here = ~lost[:, index]
            columns = {"time": pa.array(times[here]).cast(TIME)}
            columns["machine"] = pa.array([roster.machines[index].id] * int(here.sum()), pa.string())
            for place, name in enumerate(roster.classes[class_name].signals):
                columns[name] = pa.array(values[here, column, place], from_pandas=True)
            columns["hours_run"] = pa.array(hours[here, index])
            columns["run_state"] = pa.DictionaryArray.from_arrays(
                pa.array(states[here, index].astype(np.int32)), pa.array(RUN_STATES)
            ).cast(pa.string())
            tables.append(pa.table(columns))
    table = pa.concat_tables(tables, promote_options="default").combine_chunks()
    names = ["time", "machine", *sorted(set(table.column_names) - {"time", "machine"})]
    return table.select(names).sort_by([("machine", "ascending"), ("time", "ascending")])


def events_table(periods: Sequence[Period]) -> pa.Table:
    """Return the events of periods, as `FleetHistory.events`."""
    rows = [
        {"time": e.time, "machine": e.machine, "code": e.code, "severity": e.severity, "message": e.message}
        for period in periods
        for e in period.events
    ]
    table = pa.Table.from_pylist(rows, schema=EVENT_SCHEMA)
    return table.sort_by([("machine", "ascending"), ("time", "ascending"), ("code", "ascending")])


def _present(names: Sequence[str], values: Sequence[float]) -> dict[str, SignalValue]:
    return {name: value for name, value in zip(names, values, strict=True) if value == value}  # NaN is not itself
