"""The SQLite file of a spool: its layout, its limit, and what a failing disk means for it."""

import errno
import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from foreworn.errors import SpoolFailed
from ingestion.spool.layout import LONGEST_LOG, PAGE, open_spool
from ingestion.spool.reserve import SpoolReserve

# A checkpoint waits for the disk twice, so it is made seldom; until then the log grows.
_CHECKPOINT_BYTES = 4 * 1024 * 1024
# To empty a log of that length, and of one batch more, into a file that has to grow by as much.
_RESERVE_BYTES = 2 * _CHECKPOINT_BYTES
_COMMIT_BYTES = 4 * PAGE  # the least one transaction writes to the log
# The file is made small again once this much of it is free and little is left to copy.
_COMPACT_FREE = 64 * 1024 * 1024 // PAGE
_COMPACT_USED = 16 * 1024 * 1024 // PAGE
# On a full disk sooner, but only if what is left surely finds room in the reserve, in the log and then in the file.
_TIDY_FREE = _RESERVE_BYTES // PAGE
_TIDY_USED = _RESERVE_BYTES // 4 // PAGE
# After these nothing was written and a later attempt may succeed. After any other error nobody knows what is on the
# disk: a kernel that failed to write pages may call them clean, and the next fsync then says that all is well.
_HARMLESS = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)

_log = logging.getLogger(__name__)


class SpoolFile:
    """One open spool file, read and written by one thread at a time.

    Two connections: `keep` waits for the disk (write-ahead log, synchronous FULL), `forget` does not. Once a
    durable write has failed for another reason than a want of room, none is tried again; reading goes on.

    Some room on the disk is reserved beside the file: where it cannot be had nothing is taken in, and when the
    disk is full it is given up so that what waits can be forgotten.

    Parameters
    ----------
    path
        The file; its folder is made where it is missing.
    most_bytes
        How large the file may become; the log beside it comes on top. None: as large as its disk lets it.

    Raises
    ------
    SpoolFailed
        If the file cannot be opened, or is no spool of a layout that is known.
    """

    def __init__(self, path: Path, most_bytes: int | None) -> None:
        self._path = path
        self._most_bytes = most_bytes
        self._turn = threading.Lock()  # SQLite takes one writer at a time, and polls where it has to wait
        self._unchecked = 0  # bytes in the log since the last checkpoint, about
        self._broken: sqlite3.Error | None = None
        self._reserve = SpoolReserve(path.with_name(f"{path.name}-reserve"), _RESERVE_BYTES)
        with self._translated("opened"):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = open_spool(path, synchronous="FULL", most_bytes=most_bytes)
            try:
                self._reader = open_spool(path, synchronous="NORMAL", most_bytes=most_bytes)
            except BaseException:
                self._writer.close()
                raise
            _sync_folder(path.parent)

    def keep(self, size: int, write: Callable[[sqlite3.Connection], object]) -> None:
        """Write about `size` bytes in one transaction, and wait until it is on the disk.

        Raises
        ------
        SpoolFailed
            If it is not.
        """
        with self._translated("written"), self._turn:
            if self._broken is not None:
                raise self._broken
            self._finding_room(lambda: self._commit(write))
            self._finding_room(lambda: self._checkpoint_when_due(size))

    def forget(self, statement: str, *values: object) -> None:
        """Execute a statement without waiting for the disk: a crash may take it back.

        Raises
        ------
        SpoolFailed
            If the file cannot be written.
        """
        with self._translated("written"), self._turn:
            try:
                self._forget(statement, values)
            except sqlite3.Error as error:
                if not _is_full(error):
                    raise
                # A log that is emptied into the file begins anew, and has room to say what is forgotten.
                self._reserve.release()
                self._checkpoint("PASSIVE")
                self._forget(statement, values)
            self._compact_when_due()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give a connection to read from.

        Raises
        ------
        SpoolFailed
            If the file cannot be read.
        """
        with self._translated("read"), self._turn:
            yield self._reader

    def close(self) -> None:
        """Close the file; what waits in it waits on."""
        with self._turn:
            self._reader.close()
            self._writer.close()

    def _finding_room(self, act: Callable[[], None]) -> None:
        try:
            act()
        except (sqlite3.Error, OSError) as error:
            if not (_is_full(error) and self._tidied()):
                raise
            act()

    def _commit(self, write: Callable[[sqlite3.Connection], object]) -> None:
        self._reserve.take()
        with self._minded():
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                write(self._writer)
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise

    def _forget(self, statement: str, values: Sequence[object]) -> None:
        with self._minded():
            self._reader.execute(statement, values)
        self._checkpoint_when_due(0)

    def _checkpoint_when_due(self, size: int) -> None:
        self._unchecked += size + _COMMIT_BYTES
        if self._unchecked >= _CHECKPOINT_BYTES:
            self._checkpoint("PASSIVE")

    def _checkpoint(self, mode: str) -> None:
        """Bring the log into the file, so that it begins anew: SQLite does so too, but does not tell when it fails."""
        with self._minded():
            _, frames, _ = self._writer.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
        self._unchecked = 0
        if frames * PAGE > LONGEST_LOG:
            _log.warning(
                "the spool's log %s-wal has %d MB: another programme reads the spool without an end; end it",
                self._path,
                frames * PAGE // 2**20,
            )
            if self._most_bytes is not None and frames * PAGE > self._most_bytes:
                raise SpoolFailed(f"the spool's log {self._path}-wal is as long as the spool may be: end who reads it")

    def _compact_when_due(self) -> None:
        free, used = self._pages()
        held = self._reserve.is_held
        if free >= (_COMPACT_FREE if held else _TIDY_FREE) and used <= (_COMPACT_USED if held else _TIDY_USED):
            self._compacted()

    def _tidied(self) -> bool:
        """Make room on a full disk, if this file and its log have any that is not needed; tell whether they had."""
        _, used = self._pages()
        if used > _TIDY_USED:
            return False
        self._reserve.release()
        return self._compacted()

    def _compacted(self) -> bool:
        """Copy what is left together and give the rest back to the disk; tell whether there was room to do so."""
        try:
            self._reader.execute("VACUUM")
            self._checkpoint("TRUNCATE")
        except sqlite3.Error as error:
            if not _is_harmless(error):
                raise
            _log.warning("the spool %s cannot be made small now (%s)", self._path, error)
            return False
        _log.info("the spool %s is small again", self._path)
        return True

    def _pages(self) -> tuple[int, int]:
        """Return how many pages of the file are free, and how many are not."""
        (free,) = self._reader.execute("PRAGMA freelist_count").fetchone()
        (pages,) = self._reader.execute("PRAGMA page_count").fetchone()
        return free, pages - free

    @contextmanager
    def _minded(self) -> Iterator[None]:
        """Take note of a disk that fails."""
        try:
            yield
        except sqlite3.Error as error:
            if not _is_harmless(error):
                self._broken = error
            raise

    @contextmanager
    def _translated(self, done: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise SpoolFailed(
                f"the spool {self._path} cannot be {done} ({error}): free space on its disk (or let it take more with "
                "FOREWORN_INGESTION__SPOOL_BYTES), or mend the file, and start again; nothing that was acknowledged is "
                "lost. Move the file away as the last resort only: it has what is not forwarded yet, and through which "
                "number each device was acknowledged"
            ) from error


def _is_harmless(error: sqlite3.Error) -> bool:
    return _code(error) in _HARMLESS


def _is_full(error: sqlite3.Error | OSError) -> bool:
    return error.errno == errno.ENOSPC if isinstance(error, OSError) else _code(error) == sqlite3.SQLITE_FULL


def _code(error: sqlite3.Error) -> int:
    """Return SQLite's primary code; an error of Python's own has none."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def _sync_folder(folder: Path) -> None:
    """Make a new file's name durable too, where the system can."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
