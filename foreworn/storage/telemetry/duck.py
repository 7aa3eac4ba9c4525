"""The telemetry store in one DuckDB file, owned by one process."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

from foreworn.errors import ConfigurationError
from foreworn.storage.telemetry import duck_sql
from foreworn.storage.telemetry.admission import Admission
from foreworn.storage.telemetry.arrow_rows import (
    EVENT_KEYS,
    LOG_KEYS,
    WINDOW_KEYS,
    event_rows,
    log_rows,
    one_row_per_sample,
    sample_schema,
)
from foreworn.storage.telemetry.duck_file import DuckFile
from foreworn.storage.telemetry.duck_lives import DuckLives
from foreworn.telemetry.sample import MILLISECOND, TelemetryBatch
from foreworn.telemetry.signal import Signal, SignalCatalogue, SignalType
from foreworn.telemetry.store import EVENT_SCHEMA, LARGEST_SQUARED, LOG_SCHEMA, WINDOW_SCHEMA

_ROWS_PER_MERGE = 1_000_000


class DuckTelemetryStore(DuckLives):
    """A store of telemetry and of what models say of it, in one DuckDB file.

    Threads of this process may read and write at the same time; another process cannot open the file.

    Parameters
    ----------
    path
        The file; it is created where there is none, as is its folder.
    catalogue
        The signals and their types.

    Raises
    ------
    ConfigurationError
        If another process has the file, it is no DuckDB file, or it keeps a signal as another type.
    """

    def __init__(self, path: Path | str, catalogue: SignalCatalogue) -> None:
        admission = Admission("DuckDB", catalogue)
        super().__init__(DuckFile(Path(path)), admission)
        try:
            with self._file.cursor() as cursor:
                cursor.execute(duck_sql.TABLES)
                self._columns = duck_sql.signal_columns(cursor)
            self.use(catalogue)
        except BaseException:
            self.close()
            raise

    def use(self, catalogue: SignalCatalogue) -> None:
        """Go by this catalogue from now on.

        Raises
        ------
        ConfigurationError
            If the file keeps a signal as another type.
        """
        for name in catalogue.names:
            kept, wanted = self._columns.get(name), duck_sql.COLUMN_TYPES[catalogue.by_name(name).type]
            if kept not in (None, wanted):
                raise ConfigurationError(
                    f"{self._file.path} keeps signal {name!r} as {kept}, the catalogue says {wanted}: "
                    "give the signal another name, or start with another file"
                )
        self._admission.use(catalogue)

    def write(self, batch: TelemetryBatch) -> None:
        """Store the batch in one transaction; see `TelemetryStore.write`."""
        samples = one_row_per_sample(self._admission.batch(batch))
        signals = self._admission.asked(samples.column_names[2:])
        with self._file.transaction() as cursor:
            self._merge_samples(cursor, samples, signals)
            duck_sql.merge(cursor, "event", event_rows(batch.events), EVENT_KEYS)
            duck_sql.merge(cursor, "log", log_rows(batch.logs), LOG_KEYS)
        self._columns = {**self._columns, **self._types(signals)}

    def write_table(self, samples: pa.Table) -> None:
        """Store many samples; see `TelemetryStore.write_table`."""
        rows = one_row_per_sample(self._admission.table(samples)).sort_by("time")
        signals = self._admission.asked(rows.column_names[2:])
        for first in range(0, len(rows), _ROWS_PER_MERGE):
            with self._file.transaction() as cursor:
                self._merge_samples(cursor, rows.slice(first, _ROWS_PER_MERGE), signals)
            self._columns = {**self._columns, **self._types(signals)}

    def samples(
        self,
        start: datetime,
        end: datetime,
        *,
        devices: Sequence[str] | None = None,
        signals: Sequence[str] | None = None,
    ) -> pa.Table:
        """Return one row per sample; see `TelemetryStore.samples`."""
        asked = self._admission.asked(signals)
        known = " OR ".join(f"{duck_sql.quoted(s.name)} IS NOT NULL" for s in asked if s.name in self._columns)
        columns = ", ".join(["time", "device", *(self._column(s) for s in asked)])
        where, values = duck_sql.in_range(start, end, "device", devices)
        query = f"SELECT {columns} FROM telemetry WHERE {where} AND ({known or 'false'}) ORDER BY device, time"
        return self._file.read(query, values, sample_schema(asked))

    def events(self, start: datetime, end: datetime, *, devices: Sequence[str] | None = None) -> pa.Table:
        """Return events; see `TelemetryStore.events`."""
        where, values = duck_sql.in_range(start, end, "device", devices)
        return self._file.read(f"SELECT * EXCLUDE (seq) FROM event WHERE {where}", values, EVENT_SCHEMA, EVENT_KEYS)

    def logs(self, start: datetime, end: datetime, *, devices: Sequence[str] | None = None) -> pa.Table:
        """Return log lines; see `TelemetryStore.logs`."""
        where, values = duck_sql.in_range(start, end, "device", devices)
        return self._file.read(f"SELECT * FROM log WHERE {where}", values, LOG_SCHEMA, LOG_KEYS)

    def last(self, *, devices: Sequence[str] | None = None) -> pa.Table:
        """Return the newest value of every signal; see `TelemetryStore.last`."""
        asked = self._admission.asked(None)
        newest = ", ".join(["max(time)", "device", *(f"arg_max({self._column(s)}, time)" for s in asked)])
        where = "true" if devices is None else duck_sql.AMONG.format("device")
        values = {} if devices is None else {"chosen": list(devices)}
        query = f"SELECT {newest} FROM telemetry WHERE {where} GROUP BY device ORDER BY device"
        return self._file.read(query, values, sample_schema(asked))

    def windows(
        self,
        start: datetime,
        end: datetime,
        every: timedelta,
        *,
        devices: Sequence[str] | None = None,
        signals: Sequence[str] | None = None,
    ) -> pa.Table:
        """Return aggregates of numeric signals; see `TelemetryStore.windows`."""
        asked = [s for s in self._admission.asked(signals) if s.type is not SignalType.STATE]
        where, values = duck_sql.in_range(start, end, "device", devices)
        parts = [
            duck_sql.WINDOWS.format(duck_sql.text(s.name), duck_sql.quoted(s.name), where)
            for s in asked
            if s.name in self._columns
        ]
        if not parts:
            return WINDOW_SCHEMA.empty_table()
        step = every // MILLISECOND
        values |= {"step": step, "squared": LARGEST_SQUARED}
        return self._file.read(" UNION ALL ".join(parts), values, WINDOW_SCHEMA, WINDOW_KEYS)

    def count_samples(self, start: datetime, end: datetime) -> int:
        """Return how many samples lie in the range."""
        where, values = duck_sql.in_range(start, end, "device", None)
        with self._file.cursor() as cursor:
            row = cursor.execute(f"SELECT count(*) FROM telemetry WHERE {where}", values).fetchone()
        return int(row[0]) if row else 0

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _column(self, signal: Signal) -> str:
        return (
            duck_sql.quoted(signal.name)
            if signal.name in self._columns
            else f"NULL::{duck_sql.COLUMN_TYPES[signal.type]}"
        )

    def _merge_samples(self, cursor: duckdb.DuckDBPyConnection, rows: pa.Table, signals: Sequence[Signal]) -> None:
        for name, kind in self._types(signals).items():
            if name not in self._columns:
                cursor.execute(f"ALTER TABLE telemetry ADD COLUMN IF NOT EXISTS {duck_sql.quoted(name)} {kind}")
        duck_sql.merge(cursor, "telemetry", rows, ("device", "time"), keep_known=True)

    def _types(self, signals: Sequence[Signal]) -> dict[str, str]:
        return {s.name: duck_sql.COLUMN_TYPES[s.type] for s in signals}
