"""The tables of a spool's SQLite file, how it is opened, and how an older one is brought up to date."""

import sqlite3
from pathlib import Path

from foreworn.errors import SpoolFailed

LAYOUT = 2
PAGE = 4096
LONGEST_LOG = 64 * 1024 * 1024
"""The write-ahead log is cut to this when it begins anew. [bytes]"""
_ACKNOWLEDGED = "CREATE TABLE acknowledged (device TEXT PRIMARY KEY, through INTEGER NOT NULL) WITHOUT ROWID;"
# AUTOINCREMENT: a number is never given twice, so a late discard cannot take a new batch with it.
_NEW = f"""
CREATE TABLE batch (number INTEGER PRIMARY KEY AUTOINCREMENT, entries INTEGER, body BLOB NOT NULL); {_ACKNOWLEDGED}
"""
_FROM_LAYOUT_1 = f"ALTER TABLE batch ADD COLUMN entries INTEGER; {_ACKNOWLEDGED}"


def open_spool(path: Path, *, synchronous: str, most_bytes: int | None) -> sqlite3.Connection:
    """Open a spool's file, laid out as this version reads it.

    Parameters
    ----------
    path
        The file.
    synchronous
        `FULL` if a commit is to wait for the disk, `NORMAL` if not.
    most_bytes
        How large the file may become; None: no limit.

    Raises
    ------
    SpoolFailed
        If the file has a later layout.
    sqlite3.Error
        If it cannot be opened or written.
    """
    connection = sqlite3.connect(path, check_same_thread=False, timeout=30, isolation_level=None)
    try:
        connection.execute(f"PRAGMA page_size = {PAGE}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute("PRAGMA wal_autocheckpoint = 0")  # it would not tell when it fails
        connection.execute("PRAGMA secure_delete = OFF")  # on in some builds; it writes zeros over all it forgets
        connection.execute(f"PRAGMA journal_size_limit = {LONGEST_LOG}")
        if most_bytes is not None:
            connection.execute(f"PRAGMA max_page_count = {most_bytes // PAGE}")
        _lay_out(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _lay_out(connection: sqlite3.Connection, path: Path) -> None:
    (layout,) = connection.execute("PRAGMA user_version").fetchone()
    if layout == LAYOUT:
        return
    if layout > LAYOUT:
        raise SpoolFailed(
            f"the spool {path} has layout {layout}, this version reads up to {LAYOUT}: let the version that wrote it "
            "forward what is in it, then start this one"
        )
    tables = _FROM_LAYOUT_1 if layout else _NEW
    connection.executescript(f"BEGIN IMMEDIATE; {tables} PRAGMA user_version = {LAYOUT}; COMMIT;")
