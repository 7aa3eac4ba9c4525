"""The audit trail: every change with who, when, what and why, from the first change on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

PLATFORM = "foreworn"
"""The actor of what the platform does by itself."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change.

    Parameters
    ----------
    time, actor
        When, and who.
    action
        What was done, such as `work_order.approved`.
    subject
        To what, such as `WO-1043`.
    detail
        What else is worth keeping, as JSON-able values: the reason, what changed from and to.
    """

    time: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, object] = field(default_factory=dict)


class AuditTrail(Protocol):
    """Keeps the changes; lives in the operations store, inside the transaction of the change itself."""

    def record(self, entry: AuditEntry) -> None:
        """Add a change; nothing is ever changed or removed."""
        ...

    def find(
        self, *, subject: str | None = None, before: int | None = None, limit: int = 100
    ) -> list[tuple[int, AuditEntry]]:
        """Return numbered changes, the newest first; those before the number `before`, of one subject where given."""
        ...
