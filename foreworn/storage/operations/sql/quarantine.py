"""The quarantine in SQL."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from foreworn.storage.operations import rules
from foreworn.storage.operations.sql.tables import QUARANTINE
from foreworn.storage.operations.sql.transactions import lock, reading, upsert, writing
from foreworn.telemetry.quarantine import Rejection
from foreworn.telemetry.sample import EPOCH

_FIELDS = ("received_at", "topic", "payload", "reason", "detail", "device", "signal")


class SqlQuarantine:
    """Keeps what was refused in the operations store."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def put(self, rejections: Sequence[Rejection]) -> None:
        """Keep them; keeping the same one twice keeps it once."""
        if not rejections:
            return
        with writing(self._engine) as connection:
            lock(connection, QUARANTINE)  # two that put the same in another order would wait in a circle
            upsert(connection, QUARANTINE, [_row(r) for r in rejections], update={}, by=["fingerprint"])

    def newest(self, limit: int = 100, *, device: str | None = None) -> list[Rejection]:
        """Return the newest first; of one time, the last kept first."""
        rules.check_limit(limit)
        query = sa.select(*(QUARANTINE.c[name] for name in _FIELDS))
        if device is not None:
            query = query.where(QUARANTINE.c.device_digest == _digest(device))
        query = query.order_by(QUARANTINE.c.received_at.desc(), QUARANTINE.c.id.desc()).limit(limit)
        with reading(self._engine) as connection:
            return [Rejection(**row) for row in connection.execute(query).mappings()]

    def count(self) -> dict[str, int]:
        """Return how many are kept, by reason."""
        query = sa.select(QUARANTINE.c.reason, sa.func.count()).group_by(QUARANTINE.c.reason)
        with reading(self._engine) as connection:
            return {reason: count for reason, count in connection.execute(query)}


def _row(rejection: Rejection) -> dict[str, Any]:
    row = {name: getattr(rejection, name) for name in _FIELDS}
    return row | {
        "fingerprint": _fingerprint(rejection),
        "device_digest": None if rejection.device is None else _digest(rejection.device),
    }


def _fingerprint(r: Rejection) -> bytes:
    """Return a digest of what makes a rejection the one it is: each part, led by its length."""
    microseconds = str((r.received_at - EPOCH) // timedelta(microseconds=1))
    digest = hashlib.sha256()
    for part in (microseconds, r.topic, r.payload, r.reason, "" if r.signal is None else f"={r.signal}"):
        content = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
        digest.update(len(content).to_bytes(8) + content)
    return digest.digest()


def _digest(device: str) -> bytes:
    return hashlib.sha256(device.encode("utf-8", "surrogatepass")).digest()
