"""Technicians in SQL."""

import sqlalchemy as sa

from foreworn.planning.technician import Technician
from foreworn.storage.operations.sql.tables import TECHNICIANS
from foreworn.storage.operations.sql.transactions import upsert


class SqlTeam:
    """Keeps the technicians."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def put(self, technician: Technician) -> None:
        """Add or update one, by id."""
        row = {
            "id": technician.id,
            "name": technician.name,
            "weekly_time_us": technician.weekly_hours,
            "skills": list(technician.skills),
            "active": technician.active,
        }
        upsert(self._connection, TECHNICIANS, [row])

    def all(self) -> list[Technician]:
        """Return all, sorted by id."""
        found = [
            Technician(row.id, row.name, row.weekly_time_us, tuple(row.skills), row.active)
            for row in self._connection.execute(sa.select(TECHNICIANS))
        ]
        return sorted(found, key=lambda t: t.id)
