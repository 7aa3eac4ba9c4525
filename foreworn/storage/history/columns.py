"""Columns of a history file, read as what they should be; whatever does not fit is reported by row."""

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum

import pyarrow as pa
import pyarrow.compute as pc

from foreworn.errors import MalformedHistory
from foreworn.fleet.history import TIME
from foreworn.storage.history.rows import Rows
from foreworn.telemetry.signal import LARGEST_INTEGER

ZONED = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$"
ZONELESS = r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?)?$"
NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
INTEGER = r"^[+-]?\d+(\.0*)?$"
NOT_A_NUMBER = re.compile(r"[+-]?(nan|na|n/a|null|none|inf|infinity)", re.IGNORECASE)
LARGEST_EXACT_FLOAT = 2.0**53


class Zone(Enum):
    """What a time without a zone means."""

    REQUIRED = "an error: nobody can tell which hour it was"
    UTC = "UTC, because the publisher says so"


def text_column(rows: Rows, name: str, *, default: str | None = None, optional: bool = False) -> pa.ChunkedArray:
    """Return a column as text; where empty it is `default`, null where `optional`, and otherwise an error."""
    column = rows.table[name]
    if pa.types.is_integer(column.type) or pa.types.is_boolean(column.type):
        column = pc.cast(column, pa.string())
    if not pa.types.is_string(column.type):
        return _wrong_storage(rows, name, pa.string())
    if optional:
        return column
    if default is not None:
        return pc.fill_null(column, default)
    rows.report(pc.is_null(column), name, lambda _: "the field is empty; fill it in or remove the row")
    return column


def known_column(rows: Rows, name: str, known: Sequence[str], remedy: str) -> pa.ChunkedArray:
    """Return a text column whose values are all among `known`; `remedy` says what to do if not."""
    column = text_column(rows, name)
    strange = pc.and_(pc.is_valid(column), pc.invert(pc.is_in(column, pa.array(known, pa.string()))))
    rows.report(strange, name, lambda index: f"{column[index].as_py()!r} is not known; {remedy}")
    return column


def time_column(rows: Rows, name: str, *, zone: Zone = Zone.REQUIRED) -> pa.ChunkedArray:
    """Return a column of times as `TIME`, parts of a millisecond dropped; null where unreadable."""
    column = rows.table[name]
    if pa.types.is_timestamp(column.type):
        return _stored_times(rows, name, zone)
    if not pa.types.is_string(column.type):
        return _wrong_storage(rows, name, TIME)
    text = text_column(rows, name)
    readable = pc.match_substring_regex(text, ZONED if zone is Zone.REQUIRED else ZONELESS)
    rows.report(pc.invert(readable), name, lambda index: _time_problem(text[index].as_py(), zone))
    return _parsed_times(rows, name, pc.if_else(readable, text, pa.scalar(None, pa.string())), zone)


def optional_time_column(rows: Rows, name: str) -> pa.ChunkedArray:
    """Return a CSV file's column of times that may be empty as `TIME`, null where it is."""
    empty = pc.is_null(rows.table[name])
    index = rows.table.column_names.index(name)
    filled = rows.table.set_column(
        index, name, pc.fill_null(pc.cast(rows.table[name], pa.string()), "1970-01-01T00:00Z")
    )
    return pc.if_else(empty, pa.scalar(None, TIME), time_column(replace(rows, table=filled), name))


def _stored_times(rows: Rows, name: str, zone: Zone) -> pa.ChunkedArray:
    column = rows.table[name]
    rows.report(pc.is_null(column), name, lambda _: "the time is empty; fill it in or remove the row")
    if column.type.tz is None and zone is Zone.REQUIRED:
        problem = "the column's times have no zone; store it as timestamp in UTC"
        rows.report(pc.is_valid(column), name, lambda _: problem)
    return pc.cast(pc.cast(column, pa.timestamp("ms", column.type.tz), safe=False), TIME)


def _time_problem(text: str, zone: Zone) -> str:
    if zone is Zone.REQUIRED and re.search(ZONELESS, text):
        example = f"{text[:10]}T{text[11:] or '00:00:00'}"
        return f"{text!r} does not say in which zone; write {example}Z for UTC, or with an offset like {example}+01:00"
    form = "2026-01-05T06:00:00Z" if zone is Zone.REQUIRED else "2026-01-05 06:00:00"
    return f"{text!r} is not a time; write it like {form}"


def _parsed_times(rows: Rows, name: str, text: pa.ChunkedArray, zone: Zone) -> pa.ChunkedArray:
    kind = pa.timestamp("ns", "UTC" if zone is Zone.REQUIRED else None)
    try:
        return pc.cast(pc.cast(pc.cast(text, kind), pa.timestamp("ms", kind.tz), safe=False), TIME)
    except pa.ArrowInvalid:  # a thirteenth month, or a year that nanoseconds cannot reach: one by one
        parsed = pa.chunked_array([[_parse_time(value) for value in text.to_pylist()]], TIME)
        rows.report(
            pc.and_(pc.is_null(parsed), pc.is_valid(text)),
            name,
            lambda index: f"{text[index].as_py()!r} is not a time; there is no such day or hour",
        )
        return parsed


def _parse_time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
        time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def float_column(rows: Rows, name: str) -> pa.ChunkedArray:
    """Return a column of finite numbers as float64; null where empty or unreadable."""
    column = rows.table[name]
    if pa.types.is_string(column.type):
        column = pc.cast(_numerals(rows, name, NUMBER, "a number"), pa.float64())
    elif _is_numeric(column.type):
        column = pc.cast(column, pa.float64(), safe=False)
    else:
        return _wrong_storage(rows, name, pa.float64())
    finite = pc.is_finite(column)
    rows.report(pc.invert(finite), name, lambda index: f"{column[index].as_py()} is not finite; leave the field empty")
    return pc.if_else(finite, column, pa.scalar(None, pa.float64()))


def integer_column(rows: Rows, name: str) -> pa.ChunkedArray:
    """Return a column of whole numbers as int64; null where empty or unreadable."""
    column = rows.table[name]
    if pa.types.is_integer(column.type):
        return _fitting(rows, name, column)
    if pa.types.is_floating(column.type):
        return _whole_numbers(rows, name)
    if not pa.types.is_string(column.type):
        return _wrong_storage(rows, name, pa.int64())
    text = _numerals(rows, name, INTEGER, "a whole number")
    digits = pc.replace_substring_regex(pc.replace_substring_regex(text, r"\.0*$", ""), r"^\+", "")
    return _fitting(rows, name, digits)


def _fitting(rows: Rows, name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return integers, or their digits, as int64."""
    try:
        return pc.cast(column, pa.int64())
    except pa.ArrowInvalid:
        values = [None if value is None else int(value) for value in column.to_pylist()]
        too_large = pa.chunked_array([[value is not None and abs(value) > LARGEST_INTEGER for value in values]])
        rows.report(too_large, name, lambda index: f"{values[index]} is too large; 2^63 - 1 is the largest")
        return pc.cast(pc.if_else(too_large, pa.scalar(None, column.type), column), pa.int64())


def _whole_numbers(rows: Rows, name: str) -> pa.ChunkedArray:
    column = pc.cast(rows.table[name], pa.float64())
    whole = pc.and_(pc.equal(column, pc.floor(column)), pc.less(pc.abs(column), LARGEST_EXACT_FLOAT))
    rows.report(pc.invert(whole), name, lambda index: f"{column[index].as_py()} is not a whole number")
    return pc.cast(pc.if_else(whole, column, pa.scalar(None, pa.float64())), pa.int64())


def _numerals(rows: Rows, name: str, pattern: str, called: str) -> pa.ChunkedArray:
    text = rows.table[name]
    readable = pc.match_substring_regex(text, pattern)
    rows.report(pc.invert(readable), name, lambda index: _number_problem(text[index].as_py(), called))
    return pc.if_else(readable, text, pa.scalar(None, pa.string()))


def _number_problem(text: str, called: str) -> str:
    if NOT_A_NUMBER.fullmatch(text):
        return f"{text!r} is not a number; leave the field empty where there is no value"
    comma = "; use a point as decimal mark" if re.fullmatch(r"[+-]?\d+,\d+", text) else ""
    return f"{text!r} is not {called}{comma}"


def _is_numeric(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind))


def _wrong_storage(rows: Rows, name: str, wanted: pa.DataType) -> pa.ChunkedArray:
    column = rows.table[name]
    problem = f"the column is stored as {column.type}; store it as {wanted}"
    rows.findings.add(MalformedHistory(rows.path, problem, column=name))
    return pa.chunked_array([pa.nulls(len(column), wanted)])


def read_number(text: str) -> float | None:
    """Return the finite number that `text` spells, or None.

    Examples
    --------
    >>> read_number("-1.5e3"), read_number("nan"), read_number("1,5")
    (-1500.0, None, None)
    """
    number = float(text) if re.search(NUMBER, text) else math.nan
    return number if math.isfinite(number) else None
