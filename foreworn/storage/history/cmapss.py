"""NASA's C-MAPSS turbofan sets (`train_FD00x.txt`, `test_FD00x.txt`) read as a fleet history.

The sets [1]_ are simulated: engines of one type that each run until they fail, or, in the test part, until
some time before. A row is one flight: unit, cycle, three operating settings, 21 sensors. There is no wall
clock in them; here one cycle is one hour of the clock, and `cycles` a counter.

References
----------
.. [1] A. Saxena, K. Goebel, D. Simon, N. Eklund, "Damage propagation modeling for aircraft engine run-to-failure
   simulation", PHM 2008.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from foreworn.errors import MalformedHistory, NotFound
from foreworn.fleet.history import (
    EVENT_SCHEMA,
    FAILURE_SCHEMA,
    MAINTENANCE_SCHEMA,
    TIME,
    FleetHistory,
    RecordedFleet,
)
from foreworn.fleet.machine import Attachment, Machine
from foreworn.telemetry.sample import to_epoch_ms
from foreworn.telemetry.signal import Signal, SignalCatalogue, SignalType

SETTINGS: Final = ("setting_1", "setting_2", "setting_3")
SENSORS: Final = tuple(f"sensor_{number}" for number in range(1, 22))
CYCLES: Final = "cycles"
COMPONENT: Final = "engine"
MODEL: Final = "turbofan"
CYCLE: Final = timedelta(hours=1)
START: Final = datetime(2000, 1, 1, tzinfo=UTC)
TRAIN, TEST = "train", "test"

_COLUMNS: Final = ("unit", "cycle", *SETTINGS, *SENSORS)
_LABELS: Final = (
    *("Altitude", "Mach number", "Throttle resolver angle"),
    *("T2 at fan inlet", "T24 at LPC outlet", "T30 at HPC outlet", "T50 at LPT outlet", "P2 at fan inlet"),
    *("P15 in bypass duct", "P30 at HPC outlet", "Nf fan speed", "Nc core speed", "epr engine pressure ratio"),
    *("Ps30 at HPC outlet", "phi fuel flow to Ps30", "NRf corrected fan speed", "NRc corrected core speed"),
    *("BPR bypass ratio", "farB burner fuel-air ratio", "htBleed bleed enthalpy", "Nf_dmd demanded fan speed"),
    *("PCNfR_dmd demanded corrected fan speed", "W31 HPT coolant bleed", "W32 LPT coolant bleed"),
)
_NOTES: Final = (
    "the set has no wall clock: one cycle is taken as one hour, and every engine's first ends at 2000-01-01 01:00 UTC",
    "an engine of the train part fails at its last cycle; one of the test part still runs at the end of its record, "
    "and how long it lived on is not imported",
)


def read_cmapss(source: Path, subset: str, *, parts: Sequence[str] = (TRAIN, TEST)) -> RecordedFleet:
    """Read a subset, such as `FD001`, from the folder of its files.

    Unit 7 of the train part becomes the machine `train-007` with the one component `engine`, installed an hour
    before its first cycle. Cycle n ends n hours after that.

    Parameters
    ----------
    source
        The folder.
    subset
        What the files' names end with.
    parts
        Which files: `train`, `test`, or both.

    Raises
    ------
    NotFound
        If the folder holds other subsets, but not this one.
    MalformedHistory
        The first problem there is, naming file, row and column.
    """
    _check_is_there(source, subset, parts)
    found = {part: _rows(source / f"{part}_{subset}.txt") for part in parts}
    machines = tuple(
        Machine(_name(part, int(unit)), MODEL, subset, START, (COMPONENT,))
        for part in sorted(found)
        for unit in np.unique(found[part][:, 0])
    )
    history = FleetHistory(
        machines,
        pa.concat_tables([_telemetry(part, found[part]) for part in sorted(found)]),
        EVENT_SCHEMA.empty_table(),
        MAINTENANCE_SCHEMA.empty_table(),
        _failures(found[TRAIN]) if TRAIN in found else FAILURE_SCHEMA.empty_table(),
    )
    return RecordedFleet(history, catalogue(), tuple(Attachment(m.id, m.id, START) for m in machines), notes=_NOTES)


def _check_is_there(source: Path, subset: str, parts: Sequence[str]) -> None:
    known = sorted({file.stem.removeprefix(f"{part}_") for part in parts for file in source.glob(f"{part}_*.txt")})
    if known and subset not in known:
        raise NotFound(f"C-MAPSS set in {source}:", subset, known=known)


def read_remaining_cycles(source: Path, subset: str) -> NDArray[np.int64]:
    """Return how many cycles the engines of the test part had left: the answers, for judging alone.

    Returns
    -------
    (n_units,) int
        By unit.

    Raises
    ------
    MalformedHistory
        If the file cannot be read.
    """
    file = source / f"RUL_{subset}.txt"
    try:
        return np.array([int(line) for line in _lines(file)], dtype=np.int64)
    except ValueError as problem:
        raise MalformedHistory(file, f"a line is not a whole number: {problem}") from problem


def catalogue() -> SignalCatalogue:
    """Return the signals of an engine; the set's published units are not repeated here."""
    pairs = zip(_COLUMNS[2:], _LABELS, strict=True)
    readings = [Signal(name, label=label, cadence=CYCLE) for name, label in pairs]
    counter = Signal(CYCLES, "", SignalType.COUNTER, low=0, label="Cycles flown", cadence=CYCLE)
    return SignalCatalogue({"*": [*readings, counter]})


def _name(part: str, unit: int) -> str:
    return f"{part}-{unit:03d}"


def _rows(file: Path) -> NDArray[np.float64]:
    """Return the file's rows, sorted by unit and cycle, once they have proved to be whole."""
    rows = _numbers(file)
    for column in (0, 1):
        strange = (rows[:, column] < 1) | (rows[:, column] % 1 != 0)
        _report(file, strange, _COLUMNS[column], "is not a whole number of at least 1", rows[:, column])
    order = np.lexsort((rows[:, 1], rows[:, 0]))
    rows = rows[order]
    first = np.append(True, np.diff(rows[:, 0]) != 0)
    expected = np.where(first, 1, np.append(0, rows[:-1, 1]) + 1)
    gap = np.zeros(len(rows), dtype=bool)
    gap[order] = rows[:, 1] != expected
    cycles = np.empty(len(rows))
    cycles[order] = rows[:, 1]
    _report(file, gap, "cycle", "does not follow the unit's cycle before it: each unit counts 1, 2, 3", cycles)
    return rows


def _numbers(file: Path) -> NDArray[np.float64]:
    rows = []
    for number, line in enumerate(_lines(file), start=1):
        fields = line.split()
        if len(fields) != len(_COLUMNS):
            raise MalformedHistory(file, f"it has {len(fields)} numbers, not {len(_COLUMNS)}", row=number)
        try:
            values = [float(field) for field in fields]
        except ValueError as problem:
            raise MalformedHistory(file, str(problem), row=number) from problem
        if not np.isfinite(values).all():
            raise MalformedHistory(file, "a value is not a finite number", row=number)
        rows.append(values)
    if not rows:
        raise MalformedHistory(file, "there are no rows in it")
    return np.array(rows)


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise MalformedHistory(file, f"it cannot be read: {problem}") from problem


def _report(file: Path, strange: NDArray[np.bool_], column: str, what: str, values: NDArray[np.float64]) -> None:
    if strange.any():
        place = int(np.flatnonzero(strange)[0])
        raise MalformedHistory(file, f"{values[place]:g} {what}", row=place + 1, column=column)


def _time(cycles: NDArray[np.float64]) -> pa.Array:
    return pa.array(to_epoch_ms(START) + cycles.astype(np.int64) * (CYCLE // timedelta(milliseconds=1))).cast(TIME)


def _telemetry(part: str, rows: NDArray[np.float64]) -> pa.Table:
    columns = {
        "time": _time(rows[:, 1]),
        "machine": pa.array([_name(part, int(unit)) for unit in rows[:, 0]], pa.string()),
        CYCLES: pa.array(rows[:, 1].astype(np.int64)),
    }
    return pa.table(columns | {name: pa.array(rows[:, 2 + i]) for i, name in enumerate(_COLUMNS[2:])})


def _failures(rows: NDArray[np.float64]) -> pa.Table:
    last = np.append(np.diff(rows[:, 0]) != 0, True)
    units = rows[last, 0]
    columns = {
        "time": _time(rows[last, 1]),
        "machine": pa.array([_name(TRAIN, int(unit)) for unit in units], pa.string()),
        "component": pa.repeat(COMPONENT, len(units)),
        "mode": pa.repeat("run to failure", len(units)),
    }
    return pa.table(columns, schema=FAILURE_SCHEMA)
