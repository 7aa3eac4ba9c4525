"""The operations store's tables; `docs/contracts/sql-schema.sql` is generated from here."""

from foreworn.storage.operations.sql.tables.answers import ANSWERS
from foreworn.storage.operations.sql.tables.fleet import (
    AREAS,
    ATTACHMENTS,
    COMPONENTS,
    CUSTOMERS,
    DEVICES,
    FAILURES,
    MACHINES,
    MAINTENANCE,
    SIGNALS,
    SITES,
    STANDINGS,
)
from foreworn.storage.operations.sql.tables.health import CASES, LABELS, VERDICTS
from foreworn.storage.operations.sql.tables.intake import (
    DIRTY_GENERATION,
    DIRTY_WINDOWS,
    QUARANTINE,
    QUARANTINE_COUNTS,
)
from foreworn.storage.operations.sql.tables.metadata import METADATA
from foreworn.storage.operations.sql.tables.planning import (
    COSTS,
    CURRENCY,
    MAINTENANCE_PLANS,
    TECHNICIANS,
    WORK_ORDER_TRANSITIONS,
    WORK_ORDERS,
)
from foreworn.storage.operations.sql.tables.platform import (
    AUDIT,
    COUNTERS,
    JOBS,
    KEYS,
    OUTBOX,
    USER_ROLES,
    USERS,
    JobState,
)
from foreworn.storage.operations.sql.tables.progress import DEVICE_PROGRESS, PROGRESS_JOURNAL, SIGNAL_QUALITY
from foreworn.storage.operations.sql.tables.spares import (
    PART_USES,
    PARTS,
    PURCHASE_ORDER_TRANSITIONS,
    PURCHASE_ORDERS,
    RESERVATIONS,
    STOCK_LEVELS,
    STOCK_MOVEMENTS,
)

__all__ = [
    "ANSWERS",
    "AREAS",
    "ATTACHMENTS",
    "AUDIT",
    "CASES",
    "COMPONENTS",
    "COSTS",
    "COUNTERS",
    "CURRENCY",
    "CUSTOMERS",
    "DEVICES",
    "DEVICE_PROGRESS",
    "DIRTY_GENERATION",
    "DIRTY_WINDOWS",
    "FAILURES",
    "JOBS",
    "KEYS",
    "LABELS",
    "MACHINES",
    "MAINTENANCE",
    "MAINTENANCE_PLANS",
    "METADATA",
    "OUTBOX",
    "PARTS",
    "PART_USES",
    "PROGRESS_JOURNAL",
    "PURCHASE_ORDERS",
    "PURCHASE_ORDER_TRANSITIONS",
    "QUARANTINE",
    "QUARANTINE_COUNTS",
    "RESERVATIONS",
    "SIGNALS",
    "SIGNAL_QUALITY",
    "SITES",
    "STANDINGS",
    "STOCK_LEVELS",
    "STOCK_MOVEMENTS",
    "TECHNICIANS",
    "USERS",
    "USER_ROLES",
    "VERDICTS",
    "WORK_ORDERS",
    "WORK_ORDER_TRANSITIONS",
    "JobState",
]
