"""Rows that say the same thing twice are one; rows that contradict each other are a problem."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from foreworn.errors import MalformedHistory
from foreworn.storage.history.rows import Rows

INDEX = "row index"


def sorted_and_distinct(table: pa.Table, key: Sequence[str], rows: Rows) -> pa.Table:
    """Return `table` sorted by `key`, one row per key.

    Rows of one key are joined value by value: an empty one takes the other's. Two different values are
    a problem, reported at the later row.

    Parameters
    ----------
    table
        Columns without nulls in `key`, in the order of the file.
    key
        What identifies a row, in sorting order.
    rows
        The file, for row numbers and findings.
    """
    numbered = table.append_column(INDEX, pa.array(range(table.num_rows), pa.int64()))
    ordered = numbered.sort_by([(name, "ascending") for name in (*key, INDEX)]).combine_chunks()
    again = _equals_row_before(ordered, key)
    if not pc.any(again, min_count=0).as_py():
        return ordered.drop_columns([INDEX])
    nothing = pa.array([False])
    repeated = pc.or_(again, pa.concat_arrays([again[1:], nothing]))
    joined = _join(ordered.filter(repeated), key, rows)
    result = pa.concat_tables([ordered.filter(pc.invert(repeated)), joined])
    return result.sort_by([(name, "ascending") for name in key]).drop_columns([INDEX])


def _equals_row_before(ordered: pa.Table, key: Sequence[str]) -> pa.Array:
    if ordered.num_rows == 0:
        return pa.array([], pa.bool_())
    same = pa.array([True] * (ordered.num_rows - 1), pa.bool_())
    for name in key:
        column = ordered[name].combine_chunks()
        same = pc.and_(same, pc.equal(column[1:], column[:-1]))
    return pa.concat_arrays([pa.array([False]), same])


def _join(repeated: pa.Table, key: Sequence[str], rows: Rows) -> pa.Table:
    joined: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in repeated.to_pylist():
        kept = joined.setdefault(tuple(row[name] for name in key), row)
        for name, value in row.items():
            if kept[name] is None:
                kept[name] = value
            elif value is not None and value != kept[name] and name != INDEX:
                _report(rows, kept, row, name, key)
    return pa.Table.from_pylist(list(joined.values()), repeated.schema)


def _report(rows: Rows, kept: dict[str, Any], row: dict[str, Any], name: str, key: Sequence[str]) -> None:
    identity = ", ".join(f"{part} {row[part]}" for part in key)
    problem = f"{row[name]!r} contradicts row {rows.row(kept[INDEX])}, {kept[name]!r} ({identity}); keep one of them"
    rows.findings.add(MalformedHistory(rows.path, problem, row=rows.row(row[INDEX]), column=name))
