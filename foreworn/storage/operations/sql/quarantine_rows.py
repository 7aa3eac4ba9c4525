"""What was refused as rows of the quarantine's table, written in bulk."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

from foreworn.storage.operations.quarantine_bound import kept_size
from foreworn.storage.operations.sql.tables import QUARANTINE
from foreworn.storage.operations.sql.transactions import insert
from foreworn.telemetry.quarantine import Rejection
from foreworn.telemetry.sample import EPOCH

_FIELDS = ("received_at", "topic", "reason", "detail", "device", "signal")
_MICROSECOND = timedelta(microseconds=1)

Bind = Callable[[Any], Any]


def insert_new_rows(connection: sa.Connection, rejections: Sequence[Rejection]) -> None:
    """Insert what is not there yet.

    The statement is handed to the driver with values that are ready for it: a flood of refusals holds one
    device, one topic, a few details, and to have SQLAlchemy prepare each value of each row anew takes most of
    the time.
    """
    new = insert(connection, QUARANTINE)
    key = ["received_at", "fingerprint"]
    columns = [column for column in QUARANTINE.columns if column.name != "id"]
    statement = new.values({column: sa.bindparam(column.name) for column in columns})
    compiled = statement.on_conflict_do_nothing(index_elements=key).compile(dialect=connection.dialect)
    row = _RowMaker(connection.dialect)
    places: Sequence[str] | None = getattr(compiled, "positiontup", None)
    rows: list[Any] = [row.of(rejection) for rejection in rejections]
    if places is not None:
        rows = [tuple(row[name] for name in places) for row in rows]
    connection.exec_driver_sql(str(compiled), rows)


class _RowMaker:
    """Makes rows as one database's driver takes them; a value that comes again is made once."""

    def __init__(self, dialect: Dialect) -> None:
        self._binds = {name: lru_cache(maxsize=256)(_bind(QUARANTINE.c[name], dialect)) for name in _FIELDS}
        self._device_digest = lru_cache(maxsize=256)(device_digest)

    def of(self, rejection: Rejection) -> dict[str, Any]:
        binds = self._binds
        return {
            "received_at": binds["received_at"](rejection.received_at),
            "topic": binds["topic"](rejection.topic),
            "reason": rejection.reason,
            "detail": binds["detail"](rejection.detail),
            "device": binds["device"](rejection.device),
            "signal": binds["signal"](rejection.signal),
            "payload": rejection.payload,
            "size": kept_size(rejection),
            "fingerprint": fingerprint(rejection),
            "device_digest": self._device_digest(rejection.device),
        }


def _bind(column: "sa.Column[Any]", dialect: Dialect) -> Bind:
    process = column.type.dialect_impl(dialect).bind_processor(dialect)
    return process or (lambda value: value)


def fingerprint(rejection: Rejection) -> bytes:
    """Return a digest of what makes a rejection the one it is: each part, led by its length."""
    microseconds = str((rejection.received_at - EPOCH) // _MICROSECOND).encode()
    signal = "" if rejection.signal is None else f"={rejection.signal}"
    parts = (
        len(microseconds).to_bytes(8) + microseconds,
        _led(rejection.topic),
        len(rejection.payload).to_bytes(8),
        rejection.payload,
        _led(rejection.reason),
        _led(signal),
    )
    return hashlib.sha256(b"".join(parts)).digest()


@lru_cache(maxsize=1024)
def _led(text: str) -> bytes:
    content = text.encode("utf-8", "surrogatepass")
    return len(content).to_bytes(8) + content


def device_digest(device: str | None) -> bytes | None:
    """Return what stands for a device in the index."""
    return None if device is None else hashlib.sha256(device.encode("utf-8", "surrogatepass")).digest()
