"""The rows to compute and all they may see, laid out on one time line for the whole fleet.

A fleet of machines is one long machine: each has a lane of the line, wide enough that no window reaches into
the lane before. Every feature is then one vector operation, however few rows each machine has.
"""

from collections.abc import Callable, Hashable, Mapping
from copy import copy
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt
from numpy.typing import NDArray

from foreworn.errors import NotFound
from foreworn.fleet.history import FleetHistory
from foreworn.telemetry.sample import to_epoch_ms
from models.features.log_templates import TextsOf, Words, masked_texts
from models.features.row_index import RowIndex, span_ms
from models.features.weighting import RowWeights, Weighting
from models.features.window import Times, Values, WindowMoments, Windows
from models.features.window_ends import passed, passed_before

_NO_PLACES = np.empty(0, dtype=np.int64)


class FleetRecord:
    """What is on record of the rows' machines; failures are not on it at all.

    Nothing here knows which of it a row may see: that is decided in `models.features.definition`.

    Parameters
    ----------
    history
        The fleet's history.
    rows
        The rows to compute, in any order.
    lookback
        The widest window that will be asked for.

    Attributes
    ----------
    machines : tuple of Machine
        The rows' machines, by id.
    machine : (n_rows,) int
        Each row's machine, as its place in `machines`.
    time : (n_rows,) int
        Each row's time. [epoch ms]
    place : (n_rows,) int
        Each row's place on the line. [ms]
    lane : (n_rows,) int
        Where the lane of each row's machine begins. [ms]

    Raises
    ------
    NotFound
        If a row names a machine that the history does not have.
    """

    def __init__(self, history: FleetHistory, rows: RowIndex, lookback: timedelta) -> None:
        names, self.machine = rows.machines()
        known = {machine.id: machine for machine in history.machines}
        unknown = sorted(set(names) - set(known))
        if unknown:
            raise NotFound("machine", unknown[0], known=sorted(known)[:10])
        self.machines = tuple(known[name] for name in names)
        self._history, self._lookback = history, lookback
        self.time = rows.time
        tables = (history.telemetry, history.events, history.logs, history.renewals)
        stamps = [rows.time, *(_epoch_ms(table) for table in tables)]
        self._first = min((int(s.min()) for s in stamps if len(s)), default=0)
        last = max((int(s.max()) for s in stamps if len(s)), default=0)
        self._lane_width = last - self._first + span_ms(lookback) + 1
        self.lane = self.machine * self._lane_width
        self.place = self.lane + self.time
        self.place -= self._first
        self._telemetry, self._events, self._logs, self._renewals = (self._laid_out(table) for table in tables)
        self._samples: dict[str, tuple[Times, Values]] = {}
        self._moments: dict[tuple[str, timedelta], WindowMoments] = {}
        self._room: dict[tuple[str, timedelta], WindowMoments] = {}
        self._seen: dict[int, NDArray[np.intp]] = {}
        self._windows: dict[tuple[int, timedelta], Windows] = {}
        self._stamps: dict[bytes, Times] = {}
        self._derived: dict[str, Values] = {}
        self._weights: dict[tuple[int, Weighting], RowWeights] = {}
        self._found: dict[Hashable, Values] = {}
        self._life_starts: dict[str, Times] = {}
        self._fleet: FleetRecord | None = None
        self._texts: dict[TextsOf, tuple[Times, NDArray[np.intp], tuple[Words, ...]]] = {}

    def whole_fleet(self) -> "FleetRecord":
        """Return the record of all machines that the history knows, over the same stretch of time."""
        if self._fleet is None:
            names = np.repeat(np.array(sorted(m.id for m in self._history.machines), dtype=object), 2)
            ends = np.tile(np.array([self.time.min(), self.time.max()]), len(names) // 2)
            self._fleet = FleetRecord(self._history, RowIndex(names, ends), self._lookback)
        return self._fleet

    def places_of(self, machine: int, times: Times) -> Times:
        """Return where times within the stretch of one machine, given as its place in `machines`, stand."""
        return machine * self._lane_width + times - self._first

    def samples(self, signal: str) -> tuple[Times, Values]:
        """Return the places, sorted, and values of a signal, without nulls; empty where it has no numbers."""
        if signal not in self._samples:
            table, places = self._telemetry
            if is_numeric(table, signal):
                self._samples[signal] = self._without_nulls(places, _numbers(table[signal]))
            else:
                self._samples[signal] = _NO_PLACES, _NO_PLACES.astype(np.float64)
        return self._samples[signal]

    def events(self, code: str) -> Times:
        """Return the places of the events of one code, sorted."""
        return _where(self._events, "code", code)

    def texts(self, of: TextsOf) -> tuple[Times, NDArray[np.intp], tuple[Words, ...]]:
        """Return the places of all events or log lines, sorted, which text each carries, and the texts, masked."""
        if of not in self._texts:
            table, places = {"events": self._events, "logs": self._logs}[of]
            self._texts[of] = places, *masked_texts(table["message"])
        return self._texts[of]

    def replacements(self, component: str) -> Times:
        """Return the places of what renewed one component, sorted."""
        return _where(self._renewals, "component", component)

    def moments(self, signal: str, width: timedelta) -> WindowMoments:
        """Return the window moments of each row; mean and spread of one window are computed together."""
        if (signal, width) not in self._moments:
            places, values = self.samples(signal)
            room = self._room.get((signal, width))
            self._moments[signal, width] = self._windows_of(places, width).moments(values, room)
        return self._moments[signal, width]

    def make_room(self, signal: str, width: timedelta, room: WindowMoments) -> None:
        """Have the moments of a window written here once they are asked for, and not written a second time."""
        self._room[signal, width] = room

    def life_start(self, component: str) -> Times:
        """Return per row where its component's life began: its last replacement before the row, or installation.

        What is stamped there is the last of the life before. An installation may lie before the lane, and the record.
        """
        if component not in self._life_starts:
            self._life_starts[component] = self._life_start(component)
        return self._life_starts[component]

    def weights(self, signal: str, weighting: Weighting) -> RowWeights:
        """Return what the samples of a signal weigh in each row; signals with the same stamps share the weights."""
        places, _ = self.samples(signal)
        key = (id(places), weighting)
        if key not in self._weights:
            self._weights[key] = weighting.weights(self, places)
        return self._weights[key]

    def weighted(self, signal: str, weighting: Weighting) -> Values:
        """Return the weighted sum of a signal's samples in each row; NaN where there are too few."""
        return self.once(
            ("weighted", signal, weighting), lambda: self.weights(signal, weighting).of(self.samples(signal)[1])
        )

    def once(self, key: Hashable, find: Callable[[], Values]) -> Values:
        """Return what `find` gives, found once for each key."""
        if key not in self._found:
            self._found[key] = find()
        return self._found[key]

    def use(self, counter: str) -> tuple[Times, Values]:
        """Return the places of a counter's samples and how much it had grown by then; falling, it began at 0 anew.

        Only differences within one machine mean something.
        """
        places, counts = self.samples(counter)
        step = np.diff(counts, prepend=counts[:1])
        return places, np.cumsum(np.where(step < 0, counts, step))

    def aligned(self, signals: tuple[str, ...]) -> Values:
        """Return every row of telemetry as numbers, (n_samples, n_signals); NaN where a signal was not said.

        Derived signals are among them.
        """
        table, places = self._telemetry
        silent = np.full(len(places), np.nan)
        columns = [
            self._derived[signal]
            if signal in self._derived
            else _numbers(table[signal])
            if is_numeric(table, signal)
            else silent
            for signal in signals
        ]
        return np.stack(columns, axis=1) if columns else np.empty((len(places), 0))

    def sample_machine(self) -> NDArray[np.int64]:
        """Return the machine of every row of telemetry, as its place in `machines`."""
        return self._telemetry[1] // self._lane_width

    def with_signals(self, signals: Mapping[str, Values]) -> "FleetRecord":
        """Return a record that has signals derived from its samples besides; weights are shared with this one.

        Parameters
        ----------
        signals
            By name, a value for each row of telemetry, as `aligned` gives them; NaN where there is none.
        """
        other = copy(self)
        other._moments, other._room, other._found = {}, {}, {}
        _, places = self._telemetry
        derived = {name: self._without_nulls(places, values) for name, values in signals.items()}
        other._samples = self._samples | derived
        other._derived = self._derived | dict(signals)
        return other

    def last_sample(self) -> NDArray[np.int64]:
        """Return each row's last row of telemetry, as its place in `aligned`; -1 where its machine has not spoken."""
        _, places = self._telemetry
        last = np.searchsorted(places, self.place, side="right") - 1
        spoke = np.append(places, -1)[last] >= self.lane
        return np.where(spoke, last, -1)

    def _windows_of(self, places: Times, width: timedelta) -> Windows:
        """Return the rows' windows over samples at these places; signals with the same stamps share them."""
        key = (id(places), width)
        if key not in self._windows:
            if id(places) not in self._seen:
                self._seen[id(places)] = passed(places, self.place)
            seen = self._seen[id(places)]
            self._windows[key] = Windows.between(passed_before(places, self.place, span_ms(width), seen), seen)
        return self._windows[key]

    def _without_nulls(self, places: Times, values: Values) -> tuple[Times, Values]:
        """Return what was said; signals that were said at the same places share one array of them."""
        said = ~np.isnan(values)
        if said.all():
            return places, values
        key = said.tobytes()
        if key not in self._stamps:
            self._stamps[key] = places[said]
        return self._stamps[key], values[said]

    def _life_start(self, component: str) -> Times:
        installed = np.array([to_epoch_ms(m.installed_at) for m in self.machines], dtype=np.int64)[self.machine]
        replaced = self.replacements(component)
        latest = np.append(replaced, -1)[np.searchsorted(replaced, self.place, side="left") - 1]
        return np.where(latest >= self.lane, latest, self.lane + installed - self._first)

    def _laid_out(self, table: pa.Table) -> tuple[pa.Table, Times]:
        """Return the rows' machines' part of a table in the order of the line, and the places."""
        heads, counts = _runs_of(table["machine"])
        machine = pc.index_in(heads, pa.array([m.id for m in self.machines], pa.string()))
        if machine.null_count:
            keep = np.repeat(pc.is_valid(machine).to_numpy(zero_copy_only=False), counts)
            table, counts, machine = table.filter(pa.array(keep)), counts[machine.is_valid()], machine.drop_null()
        places = np.repeat(machine.to_numpy().astype(np.int64) * self._lane_width - self._first, counts)
        places += _epoch_ms(table)
        if (places[1:] < places[:-1]).any():
            order = np.argsort(places, kind="stable")
            table, places = table.take(pa.array(order)), places[order]
        return table, places


def _runs_of(labels: pa.ChunkedArray) -> tuple[pa.Array, NDArray[np.int64]]:
    """Return the labels that are not as the one before, and how often each stands."""
    whole = labels.combine_chunks()
    other = pc.indices_nonzero(pc.not_equal(whole[1:], whole[:-1])).to_numpy().astype(np.int64)
    begins = np.append(0, other + 1)[: len(whole)]
    return whole.take(pa.array(begins)), np.diff(begins, append=len(whole))


def is_numeric(telemetry: pa.Table, signal: str) -> bool:
    """Tell whether the telemetry has the signal as numbers; a state (text) signal has none."""
    if signal not in telemetry.column_names:
        return False
    kind = telemetry.schema.field(signal).type
    return bool(pt.is_floating(kind) or pt.is_integer(kind))


def _where(laid_out: tuple[pa.Table, Times], column: str, label: str) -> Times:
    table, places = laid_out
    matches = pc.equal(table[column], label).to_numpy()
    found: Times = places[matches.astype(bool)]
    return found


def _epoch_ms(table: pa.Table) -> Times:
    time: Times = table["time"].cast(pa.timestamp("ms", tz="UTC")).cast(pa.int64()).to_numpy()
    return time


def _numbers(column: pa.ChunkedArray) -> Values:
    return np.asarray(pc.cast(column, pa.float64(), safe=False).to_numpy(), dtype=np.float64)
