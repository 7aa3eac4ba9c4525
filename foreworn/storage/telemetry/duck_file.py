"""One DuckDB file, its connections and its transactions."""

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from foreworn.errors import ConfigurationError, StoreUnavailable
from foreworn.storage.telemetry.arrow_rows import in_order


class DuckFile:
    """A DuckDB file that this process has open; its threads may read and write at the same time.

    Parameters
    ----------
    path
        The file; it is created where there is none, as is its folder.

    Raises
    ------
    ConfigurationError
        If another process has the file, or it is no DuckDB file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = _open(path)
        self._writing = threading.Lock()
        self._connecting = threading.Lock()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def read(self, query: str, values: Mapping[str, object], schema: pa.Schema, keys: Sequence[str] = ()) -> pa.Table:
        """Return what a query finds, its columns in this order, as a table of the schema, sorted by the keys."""
        with self.cursor() as cursor:
            # Not `sql`: with values it makes an object of every field first, and takes twenty times as long.
            rows: pa.Table = cursor.execute(query, values).to_arrow_table()
        rows = rows.rename_columns(schema.names).cast(schema)
        return in_order(rows, keys) if keys else rows

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a connection in a transaction, one writer at a time; committed at the end."""
        with self._writing, self.cursor() as cursor:
            cursor.begin()
            yield cursor
            cursor.commit()

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a connection of the caller's own; closing it takes back a transaction that was not committed."""
        try:
            with self._connecting:
                cursor = self._connection.cursor()
            with cursor:
                yield cursor
        except (duckdb.OperationalError, duckdb.FatalException) as error:
            raise StoreUnavailable("DuckDB", f"{self.path}: {error}") from error


def _open(path: Path) -> duckdb.DuckDBPyConnection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Whoever reads sorts; to keep the order of many rows that are inserted costs as much again as to insert them.
        return duckdb.connect(path, config={"autoinstall_known_extensions": False, "preserve_insertion_order": False})
    except (duckdb.Error, OSError) as error:
        holder = re.search(r"held in (.+?) \(PID (\d+)\)", str(error))
        if holder:
            why = f"process {holder[2]} ({holder[1]}) has it open: stop that process, or use its API"
        else:
            why = f"it cannot be opened ({error}): choose another file with FOREWORN_STORE__TELEMETRY"
        raise ConfigurationError(f"{path}: {why}") from error
