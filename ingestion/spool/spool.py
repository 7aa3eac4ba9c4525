"""Spools: where batches wait, durable, between the broker's acknowledgement and the telemetry store."""

import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType

from foreworn.telemetry.intake import IntakeBatch
from ingestion.spool.file import SpoolFile
from ingestion.spool.format import decode_batch, encode_batch

# However many batches are asked for, no more of them than this is held in memory at once.
_PIECE_BYTES = 16 * 1024 * 1024
# How many entries a batch of layout 1 has is not written down; each took more than 50 bytes there.
_SIZES = "SELECT coalesce(entries, length(body) / 50), length(body) FROM batch ORDER BY number LIMIT ?"
_ACKNOWLEDGED = "INSERT INTO acknowledged VALUES (?, ?) ON CONFLICT (device) DO UPDATE SET through = excluded.through"


class MemorySpool:
    """A spool that keeps nothing over a restart; for tests and for replays that may be run again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._batches: dict[int, IntakeBatch] = {}
        self._through: dict[str, int] = {}
        self._last = 0

    def commit(self, batch: IntakeBatch, through: Mapping[str, int] | None = None) -> None:
        """Keep the batch, and up to which number devices may be told that all is kept."""
        with self._lock:
            if len(batch):
                self._last += 1
                self._batches[self._last] = batch
            self._through.update(through or {})

    def through(self) -> dict[str, int]:
        """Return up to which number each device may be told that all is kept."""
        with self._lock:
            return dict(self._through)

    def pending(self, limit: int = 1000, *, entries: int | None = None) -> Sequence[tuple[int, IntakeBatch]]:
        """Return the oldest batches and their numbers; see `Spool.pending`."""
        with self._lock:
            oldest = list(self._batches.items())[:limit]
        return oldest[: _fitting(((len(batch), 0) for _, batch in oldest), entries)]

    def discard(self, through: int) -> None:
        """Forget all batches up to and including number `through`."""
        with self._lock:
            self._batches = {number: batch for number, batch in self._batches.items() if number > through}

    def depth(self) -> int:
        """Return how many batches wait."""
        with self._lock:
            return len(self._batches)


class SqliteSpool:
    """A spool in one SQLite file.

    `commit` returns once the batch is on the disk (write-ahead log, synchronous FULL). Discarding does not wait
    for the disk: a discard that is lost in a crash only means that its batches are forwarded once more.

    A commit that fails for want of room leaves everything as it was, and a later one may succeed. After any
    other failure, a failed fsync before all, the spool takes nothing more until it is opened again, because no
    later success could be believed; what waits can still be read and forwarded.

    Parameters
    ----------
    path
        The file; its folder is made where it is missing.
    most_bytes
        How large the file may become, so that a long outage of the store cannot fill the disk; None: as large
        as its disk lets it.

    Raises
    ------
    SpoolFailed
        If the file cannot be opened, or is no spool of a layout that is known.
    """

    def __init__(self, path: Path, *, most_bytes: int | None = None) -> None:
        self._file = SpoolFile(path, most_bytes)

    def commit(self, batch: IntakeBatch, through: Mapping[str, int] | None = None) -> None:
        """Make the batch durable, and with it up to which number devices may be told so.

        Raises
        ------
        SpoolFailed
            If it could not be made durable. Nothing of the batch may be acknowledged.
        """
        entries = len(batch)
        if not entries and not through:
            return
        body = encode_batch(batch) if entries else b""

        def write(connection: sqlite3.Connection) -> None:
            if entries:
                connection.execute("INSERT INTO batch (entries, body) VALUES (?, ?)", (entries, body))
            if through:
                connection.executemany(_ACKNOWLEDGED, through.items())

        self._file.keep(len(body), write)

    def through(self) -> dict[str, int]:
        """Return up to which number each device may be told that all is durable, as last committed.

        Raises
        ------
        SpoolFailed
            If the file cannot be read.
        """
        with self._file.reading() as connection:
            return dict(connection.execute("SELECT device, through FROM acknowledged").fetchall())

    def pending(self, limit: int = 1000, *, entries: int | None = None) -> Sequence[tuple[int, IntakeBatch]]:
        """Return the oldest batches and their numbers; see `Spool.pending`.

        Raises
        ------
        SpoolFailed
            If the file cannot be read.
        """
        with self._file.reading() as connection:
            with closing(connection.execute(_SIZES, (limit,))) as sizes:
                fitting = _fitting(sizes, entries)
            rows = connection.execute("SELECT number, body FROM batch ORDER BY number LIMIT ?", (fitting,)).fetchall()
        return [(number, decode_batch(body)) for number, body in rows]

    def discard(self, through: int) -> None:
        """Forget all batches up to and including number `through`.

        Raises
        ------
        SpoolFailed
            If the file cannot be written.
        """
        self._file.forget("DELETE FROM batch WHERE number <= ?", through)

    def depth(self) -> int:
        """Return how many batches wait.

        Raises
        ------
        SpoolFailed
            If the file cannot be read.
        """
        # Numbers are given without gaps and batches go oldest first; counting them would read the whole file.
        query = "SELECT (SELECT max(number) FROM batch) - (SELECT min(number) FROM batch) + 1"
        with self._file.reading() as connection:
            (depth,) = connection.execute(query).fetchone()
        return int(depth or 0)

    def close(self) -> None:
        """Close the file; what waits in it waits on."""
        self._file.close()

    def __enter__(self) -> "SqliteSpool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _fitting(sizes: Iterable[tuple[int, int]], entries: int | None) -> int:
    """Return how many batches, of so many entries and bytes, make one piece; at least one."""
    count, held, size = 0, 0, 0
    for more, larger in sizes:
        held, size = held + more, size + larger
        if count and (size > _PIECE_BYTES or (entries is not None and held > entries)):
            break
        count += 1
    return count
