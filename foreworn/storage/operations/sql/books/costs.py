"""The cost table in SQL."""

import sqlalchemy as sa

from foreworn.economics.cost_table import COST_FIELDS, ComponentCost, CostTable
from foreworn.storage.operations.sql.tables import COSTS, CURRENCY
from foreworn.storage.operations.sql.transactions import upsert

_SPANS = frozenset({"planned_downtime", "unplanned_downtime", "labour"})
_COLUMNS = {name: f"{name}_us" if name in _SPANS else name for name in COST_FIELDS}


class SqlCostBook:
    """Keeps the costs that people have given, and the currency of all money."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def table(self) -> CostTable:
        """Return the costs; an empty table where nobody has given any."""
        rows = {
            (row["machine_model"], row["component"]): ComponentCost(**{f: row[c] for f, c in _COLUMNS.items()})
            for row in self._connection.execute(sa.select(COSTS)).mappings()
        }
        currency = self._connection.scalar(sa.select(CURRENCY.c.code))
        return CostTable(rows) if currency is None else CostTable(rows, currency)

    def put(self, table: CostTable) -> None:
        """Add its rows, or put them in the place of those with the same key; its currency is everybody's."""
        rows = [
            {
                "machine_model": model,
                "component": component,
                **{column: getattr(cost, field) for field, column in _COLUMNS.items()},
            }
            for (model, component), cost in sorted(table.rows.items())
        ]
        upsert(self._connection, COSTS, rows)
        upsert(self._connection, CURRENCY, [{"id": 1, "code": table.currency}])
