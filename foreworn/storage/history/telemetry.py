"""telemetry.parquet or telemetry.csv: what machines said."""

import math
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from foreworn.errors import MalformedHistory
from foreworn.fleet.history import TIME
from foreworn.storage.history.columns import float_column, integer_column, text_column, time_column
from foreworn.storage.history.findings import Findings
from foreworn.storage.history.machines import Fleet
from foreworn.storage.history.repeats import sorted_and_distinct
from foreworn.storage.history.rows import Rows, read_rows
from foreworn.storage.history.signals import SIGNALS_FILE, infer_signals, name_problem
from foreworn.telemetry.sample import EPOCH
from foreworn.telemetry.signal import LARGEST_INTEGER, Signal, SignalCatalogue, SignalType

TELEMETRY_PARQUET = "telemetry.parquet"
TELEMETRY_CSV = "telemetry.csv"
KEY = ("machine", "time")


@dataclass(frozen=True, slots=True)
class Telemetry:
    """Telemetry as read, what its signals are, and what had to be assumed."""

    table: pa.Table
    catalogue: SignalCatalogue
    notes: tuple[str, ...]


def has_telemetry(folder: Path) -> bool:
    """Tell whether a folder holds telemetry at all."""
    return (folder / TELEMETRY_PARQUET).exists() or (folder / TELEMETRY_CSV).exists()


def read_telemetry(
    folder: Path, fleet: Fleet, catalogue: SignalCatalogue | None, findings: Findings
) -> Telemetry | None:
    """Read the telemetry, sorted by machine and time; None where it has problems."""
    before = len(findings)
    rows = _rows(folder, findings)
    if rows is None:
        return None
    names = [name for name in rows.table.column_names if name not in ("time", "machine")]
    if not _check_names(rows, names):
        return None
    notes: tuple[str, ...] = ()
    if catalogue is None:
        catalogue = infer_signals(rows, names)
        notes = (_inferred_note(rows.path, catalogue),)
    time, machine = time_column(rows, "time"), fleet.machine_column(rows)
    rows.report(pc.less(time, pa.scalar(EPOCH, TIME)), "time", lambda _: "telemetry begins in 1970; correct the time")
    fleet.check_installed(rows, machine, time)
    values = {name: signal_column(rows, name, fleet, machine, catalogue) for name in names}
    if not findings.clean_since(before):
        return None
    table = sorted_and_distinct(pa.table({"time": time, "machine": machine} | values), KEY, rows)
    spoken, empty = _without_empty_rows(table, names)
    if empty:
        notes += (f"{rows.path.name}: {empty} rows without any value were left out.",)
    return Telemetry(spoken, catalogue, notes) if findings.clean_since(before) else None


def _rows(folder: Path, findings: Findings) -> Rows | None:
    parquet, csv = folder / TELEMETRY_PARQUET, folder / TELEMETRY_CSV
    if parquet.exists() and csv.exists():
        problem = f"{TELEMETRY_CSV} stands beside it and nobody can tell which is meant; remove one of them"
        findings.add(MalformedHistory(parquet, problem))
        return None
    return read_rows(csv if csv.exists() else parquet, ("time", "machine"), None, findings, may_be_empty=False)


def _check_names(rows: Rows, names: list[str]) -> bool:
    before = len(rows.findings)
    seen: dict[str, str] = {}
    if not names:
        rows.findings.add(MalformedHistory(rows.path, "there is no signal; add a column for each", row=1))
    for name in names:
        problem = name_problem(name)
        if other := seen.get(name.lower()):
            problem = f"differs from column {other!r} in capitals only, which stores do not tell apart; rename one"
        seen[name.lower()] = name
        if problem:
            rows.findings.add(MalformedHistory(rows.path, problem, row=1, column=name))
    return rows.findings.clean_since(before)


def _inferred_note(path: Path, catalogue: SignalCatalogue) -> str:
    types = ", ".join(f"{signal.name} {signal.type}" for _, signal in catalogue)
    return (
        f"There is no {SIGNALS_FILE}; types were told from the values of {path.name}, without units or ranges: {types}."
    )


def signal_column(
    rows: Rows, name: str, fleet: Fleet, machine: pa.ChunkedArray, catalogue: SignalCatalogue
) -> pa.ChunkedArray:
    """Return one signal's values, of its type and within what is possible for the machine's model."""
    models: dict[Signal | None, list[str]] = {}
    for model in fleet.models:
        models.setdefault(catalogue.find(model, name), []).append(model)
    if set(models) == {None}:
        problem = f"the column is not a signal of any machine's model; add it to {SIGNALS_FILE} or remove it"
        rows.findings.add(MalformedHistory(rows.path, problem, row=1, column=name))
        return pa.chunked_array([pa.nulls(rows.table.num_rows, pa.string())])
    values = _typed(rows, name, catalogue.by_name(name))
    model_of = fleet.of(machine, lambda m: m.model, pa.string())
    for signal, having in models.items():
        here = None if len(models) == 1 else pc.is_in(model_of, pa.array(having, pa.string()))
        _check_possible(rows, name, values, signal, here)
    return values


def _typed(rows: Rows, name: str, signal: Signal) -> pa.ChunkedArray:
    if signal.type is SignalType.FLOAT:
        return float_column(rows, name)
    if signal.type is SignalType.STATE:
        return text_column(rows, name, optional=True)
    return integer_column(rows, name)


def _check_possible(
    rows: Rows, name: str, values: pa.ChunkedArray, signal: Signal | None, here: pa.ChunkedArray | None
) -> None:
    """Report values that the signal cannot take in the rows `here` (None: all rows)."""

    def report(bad: pa.ChunkedArray, why: str) -> None:
        mask = bad if here is None else pc.and_(bad, here)
        rows.report(mask, name, lambda index: f"{values[index].as_py()!r} {why}")

    if signal is None:
        report(pc.is_valid(values), f"stands there though the machine's model has no such signal in {SIGNALS_FILE}")
        return
    if signal.type is SignalType.STATE:
        strange = pc.and_(pc.is_valid(values), pc.invert(pc.is_in(values, pa.array(signal.states, pa.string()))))
        report(strange, f"is not one of the states {', '.join(signal.states)}; correct it or list it in {SIGNALS_FILE}")
        return
    unit = f" {signal.unit}" if signal.unit else ""
    low, high = _limits(signal)
    if low is not None:
        report(pc.less(values, low), f"is below {signal.low:g}{unit}, the least that is possible")
    if high is not None:
        report(pc.greater(values, high), f"is above {signal.high:g}{unit}, the most that is possible")


def _limits(signal: Signal) -> tuple[float | int | None, float | int | None]:
    """Return the limits as exact as the values are: whole numbers past 2^53 are not compared as floats."""
    if signal.type is SignalType.FLOAT:
        return signal.low, signal.high
    low = None if signal.low is None else min(max(math.ceil(signal.low), -LARGEST_INTEGER), LARGEST_INTEGER)
    high = None if signal.high is None else min(max(math.floor(signal.high), -LARGEST_INTEGER), LARGEST_INTEGER)
    return low, high


def _without_empty_rows(table: pa.Table, names: list[str]) -> tuple[pa.Table, int]:
    said = pc.is_valid(table[names[0]])
    for name in names[1:]:
        said = pc.or_(said, pc.is_valid(table[name]))
    spoken = table.filter(said)
    return spoken, table.num_rows - spoken.num_rows
