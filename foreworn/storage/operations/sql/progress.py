"""How far every device has come, in SQL: turns go to a journal, and are counted from there about once a second."""

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from foreworn.errors import StoreUnavailable
from foreworn.storage.operations.counting import count_turns
from foreworn.storage.operations.device_memory import DeviceMemory
from foreworn.storage.operations.heard_turn import HeardTurn
from foreworn.storage.operations.sql.tables import DEVICE_PROGRESS, PROGRESS_JOURNAL
from foreworn.storage.operations.sql.transactions import lock, reading, translated_errors, upsert, writing
from foreworn.telemetry.intake import DeviceProgress, IntakeBatch
from foreworn.telemetry.sample import from_epoch_ms, to_epoch_ms
from foreworn.telemetry.sequence import SequenceLedger

_COUNT_EVERY_S = 1.0
_SHARE = 0.05
"""Counting takes at most this share of the time, however many devices there are."""
_MOST_UNCOUNTED = 200_000
_ASKED_AT_ONCE = 500

_SAME = ("device", "state", "firmware", "wants_ack", "samples", "events", "logs", "rejected")
_COUNTERS = ("duplicates", "late", "out_of_order")

_log = logging.getLogger(__name__)


class SqlDeviceProgressLog:
    """Remembers in the operations store how far every device has come.

    A turn is durable, as one row of the journal, when `observe` returns. About once a second the journal is counted
    into the devices' rows: adding up a second's turns costs little more than adding up one.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._next_count = 0.0
        self._uncounted = 0

    def observe(self, batch: IntakeBatch) -> None:
        """Add a batch to the devices' progress; the forwarder calls it once per batch.

        Several forwarders may observe at once, also of the same devices.
        """
        turn = HeardTurn.of(batch)
        if not turn.devices:
            return
        is_due = time.monotonic() >= self._next_count or self._uncounted > _MOST_UNCOUNTED
        with writing(self._engine) as connection:
            connection.execute(sa.insert(PROGRESS_JOURNAL), {"turn": msgspec.msgpack.encode(turn)})
            self._uncounted += len(turn)
            if is_due:
                self._count(connection)

    def stored(self, newest: Mapping[str, datetime]) -> None:
        """Note how far what is stored reaches; see `DeviceProgressLog`."""
        if not newest:
            return
        with writing(self._engine) as connection:
            lock(connection, DEVICE_PROGRESS)
            memories = {device: DeviceMemory(device) for device in newest} | _of(connection, newest)
            for device, moment in newest.items():
                memories[device].reach(to_epoch_ms(moment))
            upsert(connection, DEVICE_PROGRESS, [_row(memories[device]) for device in sorted(memories)])

    def all(self) -> list[DeviceProgress]:
        """Return every device ever heard of, sorted by id, with all that was observed until now."""
        with reading(self._engine) as connection:
            is_counted = connection.execute(sa.select(PROGRESS_JOURNAL.c.id).limit(1)).first() is None
        if not is_counted:
            with writing(self._engine) as connection:
                self._count(connection)
        with reading(self._engine) as connection:
            memories = _read(connection, sa.true())
        return [memories[device].progress() for device in sorted(memories)]

    def _count(self, connection: sa.Connection) -> None:
        begun = time.monotonic()
        lock(connection, DEVICE_PROGRESS)
        taken = sa.delete(PROGRESS_JOURNAL).returning(PROGRESS_JOURNAL.c.id, PROGRESS_JOURNAL.c.turn)
        rows = sorted(tuple(row) for row in connection.execute(taken))
        try:
            _add(connection, [turn for _, turn in rows])
        except StoreUnavailable:
            raise
        except Exception:
            _add_apart(connection, rows)
        self._uncounted = 0
        now = time.monotonic()
        self._next_count = now + max(_COUNT_EVERY_S, (now - begun) / _SHARE)


def _add(connection: sa.Connection, told: Sequence[bytes]) -> None:
    """Count turns into the devices' rows: all of them, or none."""
    with translated_errors(), connection.begin_nested():
        turns = [msgspec.msgpack.decode(turn, type=HeardTurn) for turn in told]
        memories = _of(connection, {device for turn in turns for device in turn.devices})
        count_turns(memories, turns)
        upsert(connection, DEVICE_PROGRESS, [_row(memories[device]) for device in sorted(memories)])


def _add_apart(connection: sa.Connection, rows: Sequence[tuple[int, bytes]]) -> None:
    """Count turns one by one, and drop those that cannot be counted: one must not keep all later ones waiting."""
    for number, turn in rows:
        try:
            _add(connection, [turn])
        except StoreUnavailable:
            raise
        except Exception:
            _log.exception("turn %d of the progress journal cannot be counted; it is left out", number)


def _of(connection: sa.Connection, devices: Iterable[str]) -> dict[str, DeviceMemory]:
    asked = sorted(devices)
    found: dict[str, DeviceMemory] = {}
    for first in range(0, len(asked), _ASKED_AT_ONCE):
        some = asked[first : first + _ASKED_AT_ONCE]
        found |= _read(connection, DEVICE_PROGRESS.c.device.in_(some))
    return found


def _read(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> dict[str, DeviceMemory]:
    columns = DEVICE_PROGRESS.c
    remembered = sa.select(columns.memory).where(condition, columns.memory.is_not(None))
    memories: Sequence[DeviceMemory] = [
        msgspec.msgpack.decode(memory, type=DeviceMemory) for memory in connection.scalars(remembered)
    ]
    forgotten = sa.select(DEVICE_PROGRESS).where(condition, columns.memory.is_(None))
    older = [_of_an_older_version(row) for row in connection.execute(forgotten).mappings()]
    return {memory.device: memory for memory in (*memories, *older)}


def _of_an_older_version(row: Mapping[Any, Any]) -> DeviceMemory:
    """Return what a row says that was written before memories were kept."""
    seq = row["last_seq"]
    return DeviceMemory(
        watermark=None if row["watermark"] is None else to_epoch_ms(row["watermark"]),
        last_received=None if row["last_received_at"] is None else to_epoch_ms(row["last_received_at"]),
        last_spoke=None if row["last_received_at"] is None else to_epoch_ms(row["last_received_at"]),
        sequence=SequenceLedger(first=None if seq is None else seq + 1, last=seq),
        **{name: row[name] for name in _SAME},
    )


def _row(memory: DeviceMemory) -> dict[str, Any]:
    """Return a memory with what of it others may want to read in SQL."""
    sequence = memory.sequence
    return {name: getattr(memory, name) for name in (*_SAME, *_COUNTERS)} | {
        "watermark": _time(memory.watermark),
        "last_received_at": _time(memory.last_received),
        "state_since": _time(memory.state_since),
        "last_seq": sequence.last,
        "gaps": sequence.gaps,
        "missing": sequence.missing,
        "memory": msgspec.msgpack.encode(memory),
    }


def _time(ms: int | None) -> datetime | None:
    return None if ms is None else from_epoch_ms(ms)
