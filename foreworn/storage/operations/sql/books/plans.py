"""Maintenance plans in SQL."""

import sqlalchemy as sa

from foreworn.planning.maintenance_plan import MaintenancePlan
from foreworn.storage.operations.sql.references import check_there
from foreworn.storage.operations.sql.tables import MACHINES, MAINTENANCE_PLANS
from foreworn.storage.operations.sql.transactions import upsert


class SqlPlanBook:
    """Keeps what is done by the calendar."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def put(self, plan: MaintenancePlan) -> None:
        """Add or update one, by id; see `PlanBook.put`."""
        check_there(self._connection, MACHINES, "machine", plan.machine)
        row = {
            "id": plan.id,
            "machine": plan.machine,
            "component": plan.component,
            "task": plan.task,
            "every_us": plan.every,
            "last_done": plan.last_done,
            "labour_us": plan.labour,
        }
        upsert(self._connection, MAINTENANCE_PLANS, [row])

    def all(self, *, machine: str | None = None) -> list[MaintenancePlan]:
        """Return all, or one machine's, sorted by id."""
        query = sa.select(MAINTENANCE_PLANS)
        if machine is not None:
            query = query.where(MAINTENANCE_PLANS.c.machine == machine)
        found = [
            MaintenancePlan(row.id, row.machine, row.component, row.task, row.every_us, row.last_done, row.labour_us)
            for row in self._connection.execute(query)
        ]
        return sorted(found, key=lambda p: p.id)
