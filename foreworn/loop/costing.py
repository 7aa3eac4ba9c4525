"""The cost table as people change it; what a proposal saves is reckoned with it."""

import hashlib
import json
from dataclasses import asdict

from foreworn.audit import AuditEntry
from foreworn.clock import Clock
from foreworn.economics.cost_table import CostTable
from foreworn.errors import Conflict
from foreworn.loop.operations import Operations


def version_of(table: CostTable) -> str:
    """Return what changes whenever the table does."""
    rows = [(key, asdict(cost)) for key, cost in sorted(table.rows.items())]
    return hashlib.sha256(json.dumps([table.currency, rows], default=str).encode()).hexdigest()[:16]


class Costing:
    """Changes the cost table.

    Parameters
    ----------
    operations, clock
        Where it is kept, and what time it is.
    """

    def __init__(self, operations: Operations, clock: Clock) -> None:
        self._operations = operations
        self._clock = clock

    def put(self, table: CostTable, *, seen: str, actor: str) -> CostTable:
        """Add rows, or put them in the place of those with the same key, and return the whole table.

        Raises
        ------
        Conflict
            If the table has another version than `seen` by now.
        """
        with self._operations.transaction() as tx:
            before = tx.costs.table()
            if version_of(before) != seen:
                raise Conflict("somebody else has changed the costs since you read them: read them again")
            tx.costs.put(table)
            after = tx.costs.table()
            changed = ["/".join(key) for key in sorted(after.rows) if before.rows.get(key) != after.rows[key]]
            if changed or before.currency != after.currency:
                detail = {"rows": changed, "currency": after.currency}
                tx.audit.record(AuditEntry(self._clock.now(), actor, "costs.put", "costs", detail))
            return after
