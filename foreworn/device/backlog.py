"""What a device has said and nobody has acknowledged yet: one SQLite file beside the machine."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from foreworn.errors import ForewornError
from foreworn.telemetry.wire import Kind

_TABLES = """
CREATE TABLE IF NOT EXISTS entry (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS number (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""
_SET = "INSERT INTO number (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
_LOCK_WAIT = 1.0


class BacklogFailed(ForewornError):
    """The device's store cannot make an entry durable, so the entry is not kept."""


class BacklogFull(BacklogFailed):
    """The device's store holds as much as it may."""

    def __init__(self, file: Path, capacity: int) -> None:
        super().__init__(
            f"{file} is full: entries of {capacity} bytes wait for the platform; raise the capacity, or let the "
            "oldest go with when_full=WhenFull.DROP_OLDEST"
        )
        self.file, self.capacity = file, capacity


class WhenFull(StrEnum):
    """What happens to a new entry when the store is full."""

    REFUSE = "refuse"
    """`BacklogFull` is raised, and the entry is not kept."""
    DROP_OLDEST = "drop-oldest"
    """As many of the oldest go as the new one needs; they are counted."""


class Durability(StrEnum):
    """What an entry survives once it is kept."""

    POWER_CUT = "power-cut"
    """Waits for the disk with every entry (SQLite's `synchronous=FULL`)."""
    PROCESS = "process"
    """Survives the end of the process, kill -9 included, but a power cut may take the last moments (`NORMAL`)."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Entries of one kind, one after the other, that may travel in one message.

    `is_complete`: more would not fit into it, or the next entry is of another kind.
    """

    kind: Kind
    seqs: tuple[int, ...]
    bodies: tuple[bytes, ...]
    is_complete: bool

    def payload(self) -> bytes:
        """Return the message: an array of the entries, each with its number."""
        numbered = (b'{"seq":%d,%s' % (seq, body[1:]) for seq, body in zip(self.seqs, self.bodies, strict=True))
        return b"[" + b",".join(numbered) + b"]"


class Backlog:
    """Keeps entries in order under numbers that rise by one, over restarts too. Thread-safe.

    Parameters
    ----------
    file
        The store; made where it is missing. One process at a time has it.
    capacity
        Bytes that the entries may have together; the file is a fifth larger, and 4 MiB of log stand beside it.
    when_full
        What happens to an entry that does not fit.
    durability
        What an entry survives.

    Raises
    ------
    BacklogFailed
        If the file is no store, or another process has it.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> backlog = Backlog(Path(folder.name) / "pump-1.sqlite")
    >>> backlog.append(Kind.TELEMETRY, [b'{"ts":1}', b'{"ts":2}'])
    2
    >>> backlog.after(0, entries=10, size=1000).payload()
    b'[{"seq":1,"ts":1},{"seq":2,"ts":2}]'
    >>> backlog.forget_through(1), backlog.pending
    (1, 1)
    >>> backlog.close(); folder.cleanup()
    """

    def __init__(
        self,
        file: Path,
        *,
        capacity: int = 64 * 1024 * 1024,
        when_full: WhenFull = WhenFull.REFUSE,
        durability: Durability = Durability.POWER_CUT,
    ) -> None:
        self._file = file
        self._capacity = capacity
        self._when_full = when_full
        self._lock = threading.RLock()
        with self._failing():
            self._database = self._open(durability)
            found, lowest, highest, size = self._database.execute(
                "SELECT count(*), min(seq), max(seq), coalesce(sum(length(body)), 0) FROM entry"
            ).fetchone()
            numbers = dict(self._database.execute("SELECT name, value FROM number").fetchall())
        self._pending, self._size = int(found), int(size)
        self._last: int = max(numbers.get("last", 0), highest or 0)
        self._oldest: int = lowest if found else self._last + 1
        self._heard: int | None = numbers.get("heard")
        self._dropped: int = numbers.get("dropped", 0)

    @property
    def pending(self) -> int:
        """How many entries are kept."""
        return self._pending

    @property
    def size(self) -> int:
        """Bytes of the entries."""
        return self._size

    @property
    def dropped(self) -> int:
        """How many were dropped because the store was full, ever."""
        return self._dropped

    @property
    def oldest(self) -> int:
        """The number of the oldest entry; of the next one where none is kept."""
        return self._oldest

    @property
    def last(self) -> int:
        """The number given last; 0 if none was."""
        return self._last

    @property
    def heard(self) -> int | None:
        """Through which number the platform has acknowledged; None if it never has."""
        return self._heard

    def append(self, kind: Kind, bodies: Sequence[bytes]) -> int:
        """Keep entries, all or none, and return the number of the last; when this returns they are durable.

        Parameters
        ----------
        kind
            Of what kind they are.
        bodies
            JSON objects, not empty, without a number.

        Raises
        ------
        BacklogFull
            If they do not fit and nothing may be dropped.
        BacklogFailed
            If the disk does not take them.
        """
        size = sum(map(len, bodies))
        with self._lock:
            with self._transaction() as run:
                dropped, freed = self._make_room(run, size)
                rows = ((self._last + i, kind.value, body) for i, body in enumerate(bodies, start=1))
                run.executemany("INSERT INTO entry (seq, kind, body) VALUES (?, ?, ?)", rows)
                (oldest,) = run.execute("SELECT min(seq) FROM entry").fetchone()
            self._last += len(bodies)
            self._pending += len(bodies) - dropped
            self._size += size - freed
            self._dropped += dropped
            self._oldest = oldest
            return self._last

    def after(self, seq: int, *, entries: int, size: int) -> Stretch | None:
        """Return what may travel together and comes after a number, or None where nothing does.

        Parameters
        ----------
        seq
            The number.
        entries, size
            At most so many entries, and bytes; but one entry always.
        """
        with self._lock, self._failing():
            rows = self._database.execute(
                "SELECT seq, kind, body FROM entry WHERE seq > ? ORDER BY seq LIMIT ?", (seq, entries + 1)
            )
            chosen: list[tuple[int, str, bytes]] = []
            left, is_complete = size, False
            for row in rows:
                left -= len(row[2])
                if chosen and (left < 0 or row[1] != chosen[0][1] or len(chosen) == entries):
                    is_complete = True
                    break
                chosen.append(row)
        if not chosen:
            return None
        is_complete = is_complete or len(chosen) == entries or left <= 0
        seqs, kinds, bodies = zip(*chosen, strict=True)
        return Stretch(Kind(kinds[0]), seqs, bodies, is_complete)

    def forget_through(self, seq: int) -> int:
        """Forget the entries up to a number that the platform has acknowledged; return how many these were."""
        with self._lock:
            if self._heard is not None and seq <= self._heard and seq < self._oldest:
                return 0
            forgotten = self._forget("seq <= ?", (seq,), {"last": self._last, "heard": seq})
            self._heard = seq
            return forgotten

    def forget(self, first: int, last: int) -> int:
        """Forget the entries of a stretch that needs no other acknowledgement; return how many these were."""
        with self._lock:
            return self._forget("seq BETWEEN ? AND ?", (first, last), {"last": self._last})

    def renumber(self, first: int) -> None:
        """Give the entries new numbers, the oldest `first`: all before it are acknowledged to another store."""
        with self._lock:
            shift = first - self._oldest
            with self._transaction() as run:
                # By way of negative numbers, so that old and new ones never meet.
                run.execute("UPDATE entry SET seq = -(seq + ?)", (shift,))
                run.execute("UPDATE entry SET seq = -seq")
                run.executemany(_SET, {"last": self._last + shift, "heard": first - 1}.items())
            self._oldest, self._last, self._heard = first, self._last + shift, first - 1

    def close(self) -> None:
        """Close the file; what is kept stays."""
        with self._lock:
            self._database.close()

    def _open(self, durability: Durability) -> sqlite3.Connection:
        database = sqlite3.connect(self._file, timeout=_LOCK_WAIT, isolation_level=None, check_same_thread=False)
        try:
            database.execute("PRAGMA locking_mode=EXCLUSIVE")  # two devices numbering into one file would be a mess
            database.execute("PRAGMA journal_mode=WAL")
            database.execute(f"PRAGMA synchronous={'FULL' if durability is Durability.POWER_CUT else 'NORMAL'}")
            database.executescript("BEGIN IMMEDIATE;" + _TABLES + "COMMIT;")
        except BaseException:
            database.close()
            raise
        return database

    def _make_room(self, run: sqlite3.Connection, size: int) -> tuple[int, int]:
        """Drop the oldest until `size` more bytes fit; return how many entries and bytes these were."""
        over = self._size + size - self._capacity
        if over <= 0:
            return 0, 0
        if self._when_full is WhenFull.REFUSE or size > self._capacity:
            raise BacklogFull(self._file, self._capacity)
        count = freed = last = 0
        for seq, length in run.execute("SELECT seq, length(body) FROM entry ORDER BY seq"):
            last, count, freed = seq, count + 1, freed + length
            if freed >= over:
                break
        run.execute("DELETE FROM entry WHERE seq <= ?", (last,))
        run.execute(_SET, ("dropped", self._dropped + count))
        return count, freed

    def _forget(self, which: str, bounds: tuple[int, ...], numbers: dict[str, int]) -> int:
        with self._transaction() as run:
            count, size = run.execute(
                f"SELECT count(*), coalesce(sum(length(body)), 0) FROM entry WHERE {which}", bounds
            ).fetchone()
            run.execute(f"DELETE FROM entry WHERE {which}", bounds)
            run.executemany(_SET, numbers.items())
            (lowest,) = run.execute("SELECT min(seq) FROM entry").fetchone()
        self._pending, self._size = self._pending - count, self._size - size
        self._oldest = self._last + 1 if lowest is None else lowest
        return int(count)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._failing():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            hint = ": another process has it" if "locked" in str(error) else ""
            raise BacklogFailed(f"{self._file} cannot be used ({error}){hint}") from error
