"""The operations store in SQL: SQLite or PostgreSQL, through SQLAlchemy, with Alembic's migrations."""

from foreworn.storage.operations.sql.dirty import SqlDirtyWindows
from foreworn.storage.operations.sql.engine import open_operations
from foreworn.storage.operations.sql.lives import SqlLifeBoard
from foreworn.storage.operations.sql.operations import SqlOperations, SqlTransaction
from foreworn.storage.operations.sql.progress import SqlDeviceProgressLog
from foreworn.storage.operations.sql.quarantine import SqlQuarantine
from foreworn.storage.operations.sql.registry import SqlFleetRegistry
from foreworn.storage.operations.sql.verdicts import SqlVerdictBoard

__all__ = [
    "SqlDeviceProgressLog",
    "SqlDirtyWindows",
    "SqlFleetRegistry",
    "SqlLifeBoard",
    "SqlOperations",
    "SqlQuarantine",
    "SqlTransaction",
    "SqlVerdictBoard",
    "open_operations",
]
