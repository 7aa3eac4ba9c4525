"""One machine's part of a history, as sorted arrays that features read."""

from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt
from numpy.typing import NDArray

from foreworn.fleet.history import FleetHistory
from foreworn.fleet.machine import Machine
from models.features.row_index import span_ms
from models.features.window import Times, Values, WindowMoments, window_moments

_NO_TIMES = np.empty(0, dtype=np.int64)
_NO_VALUES = np.empty(0, dtype=np.float64)


class MachineRecord:
    """What is on record of one machine.

    Times are epoch ms, sorted. Nothing here knows a row's time: which of it a row may see is decided
    in `models.features.definition`, in one place. Failures are not on this record at all.
    """

    def __init__(
        self,
        machine: Machine,
        samples: dict[str, tuple[Times, Values]],
        events: dict[str, Times],
        replacements: dict[str, Times],
    ) -> None:
        self.machine = machine
        self._samples, self._events, self._replacements = samples, events, replacements
        self._moments: dict[tuple[str, timedelta, int], tuple[Times, WindowMoments]] = {}

    def samples(self, signal: str) -> tuple[Times, Values]:
        """Return times and values of a signal, without its nulls; empty where it never spoke."""
        return self._samples.get(signal, (_NO_TIMES, _NO_VALUES))

    def events(self, code: str) -> Times:
        """Return the times of the events of one code."""
        return self._events.get(code, _NO_TIMES)

    def replacements(self, component: str) -> Times:
        """Return the times of the maintenance on one component."""
        return self._replacements.get(component, _NO_TIMES)

    def moments(self, signal: str, width: timedelta, times: Times) -> WindowMoments:
        """Return the window moments at `times`; mean and spread of one window are computed together."""
        key = (signal, width, id(times))
        kept = self._moments.get(key)
        if kept is None or kept[0] is not times:
            stamps, values = self.samples(signal)
            kept = (times, window_moments(stamps, values, times, span_ms(width)))
            self._moments[key] = kept
        return kept[1]


def machine_records(history: FleetHistory, machines: set[str], signals: set[str]) -> Iterator[MachineRecord]:
    """Yield the record of each of `machines`, by id, with the numeric ones of `signals`."""
    telemetry = _Grouped(history.telemetry)
    events, maintenance = _Grouped(history.events), _Grouped(history.maintenance)
    columns = {s: _numbers(history.telemetry[s]) for s in sorted(signals) if is_numeric(history.telemetry, s)}
    codes, components = _strings(history.events, "code"), _strings(history.maintenance, "component")
    for machine in sorted(history.machines, key=lambda m: m.id):
        if machine.id not in machines:
            continue
        rows, times = telemetry.of(machine.id)
        samples = {s: _known(times, column[rows]) for s, column in columns.items()}
        yield MachineRecord(machine, samples, events.by(codes, machine.id), maintenance.by(components, machine.id))


def is_numeric(telemetry: pa.Table, signal: str) -> bool:
    """Tell whether the telemetry has the signal as numbers; a state (text) signal has none."""
    if signal not in telemetry.column_names:
        return False
    kind = telemetry.schema.field(signal).type
    return bool(pt.is_floating(kind) or pt.is_integer(kind))


class _Grouped:
    """A table's row numbers per machine, in order of time."""

    def __init__(self, table: pa.Table) -> None:
        self._time = table["time"].cast(pa.timestamp("ms", tz="UTC")).cast(pa.int64()).to_numpy()
        machine = table["machine"].combine_chunks().dictionary_encode()
        if isinstance(machine, pa.ChunkedArray):  # a table of no chunks combines to a chunked array
            machine = pa.DictionaryArray.from_arrays(pa.array([], pa.int32()), pa.array([], pa.string()))
        code = machine.indices.to_numpy(zero_copy_only=False)
        order = np.lexsort((self._time, code))
        names = machine.dictionary.to_pylist()
        bounds = np.searchsorted(code[order], np.arange(len(names) + 1))
        self._rows = {name: order[bounds[i] : bounds[i + 1]] for i, name in enumerate(names)}

    def of(self, machine: str) -> tuple[NDArray[np.intp], Times]:
        rows = self._rows.get(machine, np.empty(0, dtype=np.intp))
        return rows, self._time[rows]

    def by(self, labels: NDArray[np.object_], machine: str) -> dict[str, Times]:
        """Return the machine's times per label."""
        rows, times = self.of(machine)
        own = labels[rows]
        return {str(label): times[own == label] for label in set(own.tolist())}


def _known(times: Times, values: Values) -> tuple[Times, Values]:
    known = ~np.isnan(values)
    return (times, values) if known.all() else (times[known], values[known])


def _numbers(column: pa.ChunkedArray) -> Values:
    return np.asarray(pc.cast(column, pa.float64(), safe=False).to_numpy(), dtype=np.float64)


def _strings(table: pa.Table, column: str) -> NDArray[np.object_]:
    return np.array(table[column].to_pylist(), dtype=object)
