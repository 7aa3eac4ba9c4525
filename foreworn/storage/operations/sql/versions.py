"""Optimistic concurrency: what is said to somebody whose change came second."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from foreworn.errors import Conflict
from foreworn.planning.work_order import Transition
from foreworn.spares.purchase import PurchaseTransition
from foreworn.storage.operations.sql.tables import AUDIT

Step = Transition | PurchaseTransition


def changed_meanwhile(
    connection: sa.Connection, what: str, id: str, *, state: str, steps: Sequence[Step], version: int, seen: int
) -> Conflict:
    """Return the conflict that says who changed an order, to what and when, and what to do about it."""
    who = _last_change(connection, id, steps)
    by = f" by {who[0]} at {who[1]:%Y-%m-%d %H:%M} UTC" if who else ""
    return Conflict(
        f"{what} {id} was changed{by} and is {state} now (version {version}, you saw {seen}): "
        "look at it again, then decide"
    )


def _last_change(connection: sa.Connection, id: str, steps: Sequence[Step]) -> tuple[str, datetime] | None:
    # A change that is no step, such as a label that was decided, stands in the audit trail alone.
    query = sa.select(AUDIT.c.actor, AUDIT.c.time).where(AUDIT.c.subject == id).order_by(AUDIT.c.number.desc()).limit(1)
    audited = connection.execute(query).one_or_none()
    if audited is not None:
        return audited.actor, audited.time
    return (steps[-1].actor, steps[-1].time) if steps else None
