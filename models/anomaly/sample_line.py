"""What the machines of some rows said, laid out on one time line: each machine has a lane of its own."""

from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from models.features import RowIndex
from models.features.fleet_record import is_numeric
from models.features.row_index import span_ms
from models.features.window import Times, Values

_COUNTER_STEPS_DOWN = 0.01  # a counter goes down where it is reset


class SampleLine:
    """The samples of the rows' machines, one after the other.

    Parameters
    ----------
    telemetry
        A fleet history's telemetry.
    rows
        The rows to compute, in any order.
    reach
        The widest window that will be asked for: lanes are wide enough that none reaches into the lane before.

    Attributes
    ----------
    machine : (n_samples,) int
        Each sample's machine, as its place among the rows' machines by name.
    time : (n_samples,) int
        Each sample's time. [epoch ms]
    place : (n_samples,) int
        Each sample's place on the line, sorted. [ms]
    row_place : (n_rows,) int
        Each row's place on the line. [ms]
    """

    def __init__(self, telemetry: pa.Table, rows: RowIndex, reach: timedelta) -> None:
        names, row_machine = np.unique(rows.machine.astype(str), return_inverse=True)
        own = pc.index_in(telemetry["machine"], pa.array(names.tolist(), pa.string()))
        keep = pc.is_valid(own)
        table, machine = telemetry.filter(keep), own.filter(keep).to_numpy().astype(np.int64)
        time: Times = table["time"].cast(pa.timestamp("ms", tz="UTC")).cast(pa.int64()).to_numpy()
        stamps = [s for s in (time, rows.time) if len(s)]
        begin = min((int(s.min()) for s in stamps), default=0)
        lane = max((int(s.max()) for s in stamps), default=0) - begin + span_ms(reach) + 1
        place = machine * lane + time - begin
        order = np.argsort(place, kind="stable")
        self._table = table if (np.diff(place) >= 0).all() else table.take(pa.array(order))
        self.machine, self.time, self.place = machine[order], time[order], place[order]
        self.row_place = row_machine * lane + rows.time - begin
        self._columns: dict[str, Values] = {}

    @property
    def texts(self) -> tuple[str, ...]:
        """The state signals, sorted."""
        columns = sorted(set(self._table.column_names) - {"time", "machine"})
        return tuple(name for name in columns if pt.is_string(self._table.schema.field(name).type))

    @property
    def measured(self) -> tuple[str, ...]:
        """The signals that measure something, sorted: numbers that are no counters."""
        columns = sorted(set(self._table.column_names) - {"time", "machine"})
        return tuple(name for name in columns if is_numeric(self._table, name) and not self._counts(name))

    def numbers(self, signal: str) -> Values:
        """Return a signal's values, (n_samples,) float; NaN where a sample has none, all NaN for a text."""
        if signal not in self._columns:
            if not is_numeric(self._table, signal):
                return np.full(len(self.place), np.nan)
            values = pc.cast(self._table[signal], pa.float64(), safe=False).to_numpy()
            self._columns[signal] = np.asarray(values, dtype=np.float64)
        return self._columns[signal]

    def codes(self, signal: str, texts: tuple[str, ...]) -> Values:
        """Return a state signal's place in `texts`, (n_samples,) float; -1 for another text, NaN without one."""
        if signal not in self.texts:
            return np.full(len(self.place), np.nan)
        column = self._table[signal]
        code = pc.fill_null(pc.index_in(column, pa.array(texts, pa.string())), -1).to_numpy().astype(np.float64)
        return np.where(pc.is_valid(column).to_numpy(), code, np.nan)

    def shares(self, signal: str, among: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> dict[str, float]:
        """Return the share of each text of a state signal among some of the samples, those without one aside."""
        counts = pc.value_counts(pc.drop_null(self._table[signal].filter(pa.array(among)))).to_pylist()
        total = sum(c["counts"] for c in counts)
        return {c["values"]: c["counts"] / total for c in sorted(counts, key=lambda c: str(c["values"]))}

    def held(self, column: Values, at: Times, memory: timedelta) -> Values:
        """Return what a column said last at each place, unless that is at least `memory` ago: then NaN."""
        said = ~np.isnan(column)
        stamps, values = self.place[said], np.append(column[said], np.nan)
        last = np.searchsorted(stamps, at, side="right") - 1  # -1, the NaN at the end, where nothing was said
        age = at - np.append(stamps, np.iinfo(np.int64).min // 2)[last]
        return np.where(age < span_ms(memory), values[last], np.nan)

    def _counts(self, signal: str) -> bool:
        """Tell whether whole numbers only ever go up, but for resets."""
        if not pt.is_integer(self._table.schema.field(signal).type):
            return False
        values = self.numbers(signal)
        said = ~np.isnan(values)
        within = np.diff(self.machine[said]) == 0
        steps = np.diff(values[said])[within]
        return bool((steps > 0).any() and (steps < 0).mean() <= _COUNTER_STEPS_DOWN)
