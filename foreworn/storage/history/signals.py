"""signals.csv: what the telemetry's columns mean; and what they must mean where nobody says so."""

import re
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from foreworn.errors import ConfigurationError, MalformedHistory
from foreworn.storage.history.columns import INTEGER, NUMBER, read_number
from foreworn.storage.history.findings import Findings
from foreworn.storage.history.machines import split_list
from foreworn.storage.history.rows import Rows, read_rows
from foreworn.telemetry.signal import Signal, SignalCatalogue, SignalType
from foreworn.telemetry.units import conversion_of

SIGNALS_FILE = "signals.csv"
SIGNAL_COLUMNS = ("signal", "unit", "type")
OPTIONAL_SIGNAL_COLUMNS = ("model", "low", "high", "states", "cadence_s", "label", "sent_unit", "most_per_second")
ALL_MODELS = "*"
SIGNAL_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,127}")
RESERVED = ("time", "machine", "device")
MOST_STATES = 64


class _Unusable(Exception):
    def __init__(self, column: str, problem: str) -> None:
        super().__init__(problem)
        self.column, self.problem = column, problem


def read_signals(folder: Path, findings: Findings) -> SignalCatalogue | None:
    """Read signals.csv; None where it is missing or has problems."""
    path = folder / SIGNALS_FILE
    if not path.exists():
        return None
    before = len(findings)
    rows = read_rows(path, SIGNAL_COLUMNS, OPTIONAL_SIGNAL_COLUMNS, findings, may_be_empty=False)
    if rows is None:
        return None
    models: dict[str, list[Signal]] = {}
    for index, fields in enumerate(rows.table.to_pylist()):
        try:
            signal = _signal(fields)
            _add(models, fields.get("model") or ALL_MODELS, signal)
        except _Unusable as problem:
            findings.add(MalformedHistory(path, problem.problem, row=rows.row(index), column=problem.column))
    return SignalCatalogue(dict(models)) if findings.clean_since(before) else None


def _signal(fields: dict[str, str | None]) -> Signal:
    name = fields["signal"] or ""
    if problem := name_problem(name):
        raise _Unusable("signal", problem)
    kind = _type(fields["type"])
    low, high = _number(fields, "low"), _number(fields, "high")
    if low is not None and high is not None and low > high:
        raise _Unusable("low", f"{low:g} is above the column high, {high:g}; swap them")
    cadence = _number(fields, "cadence_s")
    if cadence is not None and cadence <= 0:
        raise _Unusable("cadence_s", f"{cadence:g} is not a span in seconds; write e.g. 3600 for hourly")
    signal = Signal(
        name,
        fields["unit"] or "",
        kind,
        low,
        high,
        _states(fields, kind),
        timedelta(seconds=3600.0 if cadence is None else cadence),
        fields.get("label") or "",
        fields.get("sent_unit") or "",
        _most_per_second(fields, kind),
    )
    try:
        conversion_of(signal)
    except ConfigurationError as conflict:
        raise _Unusable("sent_unit", str(conflict)) from conflict
    return signal


def name_problem(name: str) -> str | None:
    """Return what is wrong with a signal's name, or None."""
    if name in RESERVED:
        return f"a signal cannot be called {name!r}; the platform uses that name itself"
    if not SIGNAL_NAME.fullmatch(name):
        return f"a signal cannot be called {name!r}; use letters, digits and _, beginning with a letter"
    return None


def _type(text: str | None) -> SignalType:
    try:
        return SignalType(text or "")
    except ValueError:
        known = ", ".join(SignalType)
        raise _Unusable("type", f"{text or ''!r} is not a type of signal; use one of {known}") from None


def _number(fields: dict[str, str | None], column: str) -> float | None:
    text = fields.get(column)
    if text is None:
        return None
    number = read_number(text)
    if number is None:
        raise _Unusable(column, f"{text!r} is not a number; leave the field empty for no limit")
    return number


def _states(fields: dict[str, str | None], kind: SignalType) -> tuple[str, ...]:
    states = tuple(split_list(fields.get("states")))
    if kind is SignalType.STATE and not states:
        raise _Unusable("states", "a state signal needs its states; write them like running;standby")
    if kind is not SignalType.STATE and states:
        raise _Unusable("states", f"a signal of type {kind} has no states; empty the field or make the type state")
    return states


def _most_per_second(fields: dict[str, str | None], kind: SignalType) -> float | None:
    most = _number(fields, "most_per_second")
    if most is not None and kind is SignalType.STATE:
        raise _Unusable("most_per_second", "a state has no speed; empty the field or make the type a number's")
    if most is not None and most <= 0:
        raise _Unusable("most_per_second", f"{most:g} would allow no change; leave the field empty for no limit")
    return most


def _add(models: dict[str, list[Signal]], model: str, signal: Signal) -> None:
    if any(signal.name == other.name for other in models.get(model, ())):
        raise _Unusable("signal", f"{signal.name!r} of model {model!r} stands there twice; keep one")
    models.setdefault(model, []).append(signal)
    try:
        SignalCatalogue(dict(models))
    except ConfigurationError as conflict:
        raise _Unusable("signal", str(conflict)) from conflict


def infer_signals(rows: Rows, names: list[str]) -> SignalCatalogue:
    """Tell each telemetry column's type from its values: integer, float or state; no units, no ranges."""
    return SignalCatalogue({ALL_MODELS: [_infer(rows, name) for name in names]})


def _infer(rows: Rows, name: str) -> Signal:
    column = rows.table[name]
    if pa.types.is_integer(column.type):
        return Signal(name, type=SignalType.INTEGER)
    if not pa.types.is_string(column.type):
        return Signal(name)
    if _all_match(column, INTEGER):
        return Signal(name, type=SignalType.INTEGER)
    if _all_match(column, NUMBER) or _mostly_numbers(column):
        return Signal(name)
    return Signal(name, type=SignalType.STATE, states=_seen_states(rows, name))


def _all_match(column: pa.ChunkedArray, pattern: str) -> bool:
    return column.null_count < len(column) and bool(pc.all(pc.match_substring_regex(column, pattern)).as_py())


def _mostly_numbers(column: pa.ChunkedArray) -> bool:
    numbers = pc.sum(pc.match_substring_regex(column, NUMBER)).as_py() or 0
    return bool(2 * numbers > len(column) - column.null_count)


def _seen_states(rows: Rows, name: str) -> tuple[str, ...]:
    states = tuple(sorted(pc.unique(rows.table[name].drop_null()).to_pylist()))
    if not states:
        problem = f"the column has no values; remove it, or give its type in {SIGNALS_FILE}"
        rows.findings.add(MalformedHistory(rows.path, problem, column=name))
    if len(states) > MOST_STATES:
        problem = f"the column holds {len(states)} different texts; list the signal and its states in {SIGNALS_FILE}"
        rows.findings.add(MalformedHistory(rows.path, problem, column=name))
    return states
