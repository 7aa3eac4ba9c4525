"""The SQL of the DuckDB file: its tables, and what is read from and merged into them."""

from collections.abc import Sequence
from datetime import datetime

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from foreworn.storage.telemetry.arrow_rows import range_ms
from foreworn.telemetry.signal import SignalType

COLUMN_TYPES = {
    SignalType.FLOAT: "DOUBLE",
    SignalType.INTEGER: "BIGINT",
    SignalType.COUNTER: "BIGINT",
    SignalType.STATE: "VARCHAR",
}
# No index enforces the keys: every write is one MERGE at a time from the only process that has the file. Rows lie
# in the order they came, mostly by time, so a window of time is found by the blocks' bounds; with an index on
# (device, time) the file was three times as large, and writing 5,000 rows took twice as long.
TABLES = """
CREATE TABLE IF NOT EXISTS telemetry (time TIMESTAMP_MS NOT NULL, device VARCHAR NOT NULL);
CREATE TABLE IF NOT EXISTS event (
    time TIMESTAMP_MS NOT NULL, device VARCHAR NOT NULL, code VARCHAR NOT NULL, severity VARCHAR NOT NULL,
    message VARCHAR NOT NULL, count BIGINT NOT NULL, seq BIGINT
);
CREATE TABLE IF NOT EXISTS log (
    time TIMESTAMP_MS NOT NULL, device VARCHAR NOT NULL, level VARCHAR NOT NULL, logger VARCHAR NOT NULL,
    message VARCHAR NOT NULL, fields VARCHAR NOT NULL, seq BIGINT
);
CREATE TABLE IF NOT EXISTS forecast (
    time TIMESTAMP_MS NOT NULL, machine VARCHAR NOT NULL, component VARCHAR NOT NULL, horizon_h DOUBLE NOT NULL,
    probability DOUBLE NOT NULL, model_version VARCHAR NOT NULL, revision BIGINT NOT NULL,
    issued_at TIMESTAMP_MS NOT NULL
);
CREATE TABLE IF NOT EXISTS remaining_life (
    time TIMESTAMP_MS NOT NULL, machine VARCHAR NOT NULL, component VARCHAR NOT NULL, p10 DOUBLE NOT NULL,
    p50 DOUBLE NOT NULL, p90 DOUBLE NOT NULL, expected DOUBLE NOT NULL, cap DOUBLE NOT NULL, unit VARCHAR NOT NULL,
    model_version VARCHAR NOT NULL, issued_at TIMESTAMP_MS NOT NULL
);
CREATE TABLE IF NOT EXISTS health (
    time TIMESTAMP_MS NOT NULL, machine VARCHAR NOT NULL, detector VARCHAR NOT NULL, score DOUBLE NOT NULL,
    threshold DOUBLE NOT NULL, p_value DOUBLE NOT NULL
);
CREATE TABLE IF NOT EXISTS demand (
    time TIMESTAMP_MS NOT NULL, part VARCHAR NOT NULL, place VARCHAR NOT NULL, source VARCHAR NOT NULL,
    issue VARCHAR NOT NULL, mean DOUBLE NOT NULL, p50 DOUBLE NOT NULL, p80 DOUBLE NOT NULL, p90 DOUBLE NOT NULL,
    p95 DOUBLE NOT NULL, p99 DOUBLE NOT NULL
);
"""
AMONG = "{} IN (SELECT unnest($chosen::VARCHAR[]))"
# DuckDB would refuse the whole read for one value that cannot be squared.
WINDOWS = """
SELECT ms - ((ms % $step) + $step) % $step AS time, device, {0} AS signal, min(x), max(x), avg(x) AS mean,
    CASE WHEN max(abs(x)) < $squared THEN stddev_samp(x) FILTER (abs(x) < $squared) END AS sd,
    count(x), arg_min(x, ms) AS first, arg_max(x, ms) AS last
FROM (SELECT epoch_ms(time) AS ms, device, {1}::DOUBLE AS x FROM telemetry WHERE {2} AND {1} IS NOT NULL)
GROUP BY 1, 2
"""


def signal_columns(cursor: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Return the types of the signals' columns, by name."""
    found = cursor.execute("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'telemetry'")
    return {name: kind for name, kind in found.fetchall() if name not in ("time", "device")}


def merge(
    cursor: duckdb.DuckDBPyConnection, table: str, rows: pa.Table, keys: Sequence[str], *, keep_known: bool = False
) -> None:
    """Insert rows, or overwrite the row of the same keys; with `keep_known`, null overwrites nothing."""
    if not len(rows):
        return
    taken = "coalesce(new.{0}, old.{0})" if keep_known else "new.{0}"
    values = [quoted(c) for c in rows.column_names if c not in keys]
    # A key that can be null makes the join slower, and only a log line's seq can be.
    same = " AND ".join(f"old.{k} {'IS NOT DISTINCT FROM' if k == 'seq' else '='} new.{k}" for k in keys)
    cursor.register("new_rows", _without_zone(rows))
    cursor.execute(
        f"MERGE INTO {table} AS old USING new_rows AS new ON {same} "
        f"WHEN MATCHED THEN UPDATE SET {', '.join(f'{v} = {taken.format(v)}' for v in values)} "
        "WHEN NOT MATCHED THEN INSERT BY NAME"
    )
    cursor.unregister("new_rows")


def none_between(cursor: duckdb.DuckDBPyConnection, table: str, times: pa.ChunkedArray) -> bool:
    """Tell whether a table has no row from the first of these times to the last: then nothing can be overwritten."""
    bounds = pc.min_max(times.cast(pa.int64())).as_py()
    query = f"SELECT 1 FROM {table} WHERE time BETWEEN make_timestamp_ms($min) AND make_timestamp_ms($max) LIMIT 1"
    return cursor.execute(query, bounds).fetchone() is None


def append(cursor: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> None:
    """Insert rows of which none is there yet, which is much faster than to merge them."""
    cursor.register("new_rows", _without_zone(rows))
    cursor.execute(f"INSERT INTO {table} BY NAME SELECT * FROM new_rows")
    cursor.unregister("new_rows")


def _without_zone(rows: pa.Table) -> pa.Table:
    naive = [pa.field(f.name, pa.timestamp("ms")) if pa.types.is_timestamp(f.type) else f for f in rows.schema]
    return rows.cast(pa.schema(naive))


def in_range(
    start: datetime, end: datetime, column: str, chosen: Sequence[str] | None
) -> tuple[str, dict[str, object]]:
    """Return the condition of lying in [start, end) and among the chosen, and the values it needs."""
    first, last = range_ms(start, end)
    condition = "time >= make_timestamp_ms($first) AND time < make_timestamp_ms($last)"
    values: dict[str, object] = {"first": first, "last": last}
    if chosen is None:
        return condition, values
    return f"{condition} AND {AMONG.format(column)}", {**values, "chosen": list(chosen)}


def quoted(name: str) -> str:
    """Return a column's name in quotes."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """Return a text in quotes."""
    return "'" + value.replace("'", "''") + "'"
