"""The audit trail in SQL."""

import sqlalchemy as sa

from foreworn.audit import AuditEntry
from foreworn.storage.operations import rules
from foreworn.storage.operations.sql.tables import AUDIT


class SqlAuditTrail:
    """Keeps every change; there is no way to change or remove one."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def record(self, entry: AuditEntry) -> None:
        """Add a change."""
        row = {"time": entry.time, "actor": entry.actor, "action": entry.action, "subject": entry.subject}
        self._connection.execute(sa.insert(AUDIT).values(**row, detail=dict(entry.detail)))

    def find(
        self, *, subject: str | None = None, before: int | None = None, limit: int = 100
    ) -> list[tuple[int, AuditEntry]]:
        """Return numbered changes, the newest first; see `AuditTrail.find`."""
        rules.check_limit(limit)
        query = sa.select(AUDIT).order_by(AUDIT.c.number.desc()).limit(limit)
        if subject is not None:
            query = query.where(AUDIT.c.subject == subject)
        if before is not None:
            query = query.where(AUDIT.c.number < before)
        rows = self._connection.execute(query)
        return [(row.number, AuditEntry(row.time, row.actor, row.action, row.subject, row.detail)) for row in rows]
