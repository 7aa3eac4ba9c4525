"""Spools: where batches wait, durable, between the broker's acknowledgement and the telemetry store."""

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from foreworn.errors import SpoolFailed
from foreworn.telemetry.intake import IntakeBatch
from ingestion.spool_format import decode_batch, encode_batch

_LAYOUT = 1


class MemorySpool:
    """A spool that keeps nothing over a restart; for tests and for replays that may be run again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._batches: dict[int, IntakeBatch] = {}
        self._last = 0

    def commit(self, batch: IntakeBatch) -> None:
        """Keep the batch."""
        with self._lock:
            self._last += 1
            self._batches[self._last] = batch

    def pending(self, limit: int = 100) -> Sequence[tuple[int, IntakeBatch]]:
        """Return the oldest batches and their numbers, oldest first."""
        with self._lock:
            return list(self._batches.items())[:limit]

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

    `commit` returns once the batch is on the disk (write-ahead log, synchronous FULL). Reading and
    discarding go through a second connection that does not wait for the disk: a discard that is lost in
    a crash only means that its batches are forwarded once more.

    Parameters
    ----------
    path
        The file; its folder is made where it is missing.
    page_limit
        Most pages of 4096 bytes the file may have, so that a long outage of the store cannot fill the
        disk; None: no limit but the disk's.

    Raises
    ------
    SpoolFailed
        If the file cannot be opened, or is no spool of this layout.
    """

    def __init__(self, path: Path, *, page_limit: int | None = None) -> None:
        self._path = path
        self._turn = threading.Lock()  # SQLite takes one writer at a time, and polls where it has to wait
        with self._translated("opened"):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = self._connect("FULL", page_limit)
            try:
                self._lay_out()
                self._reader = self._connect("NORMAL", page_limit)
            except BaseException:
                self._writer.close()
                raise
            _sync_folder(path.parent)

    def commit(self, batch: IntakeBatch) -> None:
        """Make the batch durable.

        Raises
        ------
        SpoolFailed
            If it could not be made durable. Nothing of the batch may be acknowledged.
        """
        body = encode_batch(batch)
        with self._translated("written"), self._turn, self._writer:
            self._writer.execute("INSERT INTO batch (body) VALUES (?)", (body,))

    def pending(self, limit: int = 100) -> Sequence[tuple[int, IntakeBatch]]:
        """Return the oldest batches and their numbers, oldest first.

        Raises
        ------
        SpoolFailed
            If the file cannot be read.
        """
        with self._translated("read"), self._turn:
            rows = self._reader.execute("SELECT number, body FROM batch ORDER BY number LIMIT ?", (limit,)).fetchall()
        return [(number, decode_batch(body)) for number, body in rows]

    def discard(self, through: int) -> None:
        """Forget all batches up to and including number `through`.

        Raises
        ------
        SpoolFailed
            If the file cannot be written.
        """
        with self._translated("written"), self._turn, self._reader:
            self._reader.execute("DELETE FROM batch WHERE number <= ?", (through,))

    def depth(self) -> int:
        """Return how many batches wait.

        Raises
        ------
        SpoolFailed
            If the file cannot be read.
        """
        with self._translated("read"), self._turn:
            (depth,) = self._reader.execute("SELECT count(*) FROM batch").fetchone()
        return int(depth)

    def close(self) -> None:
        """Close the file; what waits in it waits on."""
        with self._turn:
            self._reader.close()
            self._writer.close()

    def __enter__(self) -> "SqliteSpool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _connect(self, synchronous: str, page_limit: int | None) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, check_same_thread=False, timeout=30)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {synchronous}")
            if page_limit is not None:
                connection.execute(f"PRAGMA max_page_count = {page_limit}")
        except BaseException:
            connection.close()
            raise
        return connection

    def _lay_out(self) -> None:
        (layout,) = self._writer.execute("PRAGMA user_version").fetchone()
        if layout not in (0, _LAYOUT):
            raise SpoolFailed(
                f"the spool {self._path} has layout {layout}, this version reads {_LAYOUT}: let the version that wrote "
                "it forward what is in it, then start this one"
            )
        with self._writer:
            # AUTOINCREMENT: a number is never given twice, so a late discard cannot take a new batch with it.
            self._writer.execute(
                "CREATE TABLE IF NOT EXISTS batch (number INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL)"
            )
            self._writer.execute(f"PRAGMA user_version = {_LAYOUT}")

    @contextmanager
    def _translated(self, done: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise SpoolFailed(
                f"the spool {self._path} cannot be {done} ({error}): free space on its disk, or mend or move the file, "
                "and start again; nothing that was acknowledged is lost"
            ) from error


def _sync_folder(folder: Path) -> None:
    """Make a new file's name durable too, where the system can."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
