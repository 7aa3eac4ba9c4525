"""How far every device has come, in SQL."""

from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from foreworn.storage.operations import rules
from foreworn.storage.operations.sql.tables import DEVICE_PROGRESS
from foreworn.storage.operations.sql.transactions import insert, reading, upsert, writing
from foreworn.telemetry.intake import DeviceProgress, IntakeBatch

_COUNTERS = ("samples", "events", "logs", "rejected")
_LATEST = ("watermark", "last_received_at", "last_seq")


class SqlDeviceProgressLog:
    """Remembers in the operations store how far every device has come."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def observe(self, batch: IntakeBatch) -> None:
        """Add a batch to the devices' progress; the forwarder calls it once per batch.

        The database adds, so several forwarders may observe at once; devices come in order of their
        id, so none waits for another in a circle.
        """
        said = [asdict(progress) for progress in rules.batch_progress(batch)]
        changes = rules.status_changes(batch.statuses)
        if not said:
            return
        with writing(self._engine) as connection:
            upsert(connection, DEVICE_PROGRESS, said, update=_addition(connection))
            for device in sorted(changes):
                row = DEVICE_PROGRESS.c.device == device
                connection.execute(sa.update(DEVICE_PROGRESS).where(row).values(**changes[device]))

    def all(self) -> list[DeviceProgress]:
        """Return every device ever heard of, sorted by id."""
        with reading(self._engine) as connection:
            rows = connection.execute(sa.select(DEVICE_PROGRESS)).mappings()
            return sorted((DeviceProgress(**row) for row in rows), key=lambda p: p.device)


def _addition(connection: sa.Connection) -> dict[str, Any]:
    known, said = DEVICE_PROGRESS.c, insert(connection, DEVICE_PROGRESS).excluded
    counted = {name: known[name] + said[name] for name in _COUNTERS}
    return counted | {
        name: sa.case((sa.or_(known[name].is_(None), said[name] > known[name]), said[name]), else_=known[name])
        for name in _LATEST
    }
