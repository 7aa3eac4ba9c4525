"""Parts and the bill of parts in SQL."""

from typing import Any

import sqlalchemy as sa

from foreworn.errors import NotFound
from foreworn.spares.part import Part, PartUse
from foreworn.storage.operations.sql.references import check_there
from foreworn.storage.operations.sql.tables import PART_USES, PARTS
from foreworn.storage.operations.sql.transactions import upsert

_SPANS = ("lead_time", "lead_time_sd")
_PLAIN = (
    *("id", "description", "price", "unit", "supplier", "pack_size"),
    *("holding_rate", "service_level", "order_cost", "stockout_cost"),
)


class SqlPartBook:
    """Keeps parts, and which component takes which."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def put(self, part: Part) -> None:
        """Add or update a part, by id."""
        row = {name: getattr(part, name) for name in _PLAIN}
        upsert(self._connection, PARTS, [row | {f"{name}_us": getattr(part, name) for name in _SPANS}])

    def get(self, id: str) -> Part:
        """Return a part; see `PartBook.get`."""
        row = self._connection.execute(sa.select(PARTS).where(PARTS.c.id == id)).mappings().one_or_none()
        if row is None:
            raise NotFound("part", id)
        return _part(row)

    def all(self) -> list[Part]:
        """Return all parts, sorted by id."""
        rows = self._connection.execute(sa.select(PARTS)).mappings()
        return sorted((_part(row) for row in rows), key=lambda p: p.id)

    def put_use(self, use: PartUse) -> None:
        """Say that a component takes a part; see `PartBook.put_use`."""
        check_there(self._connection, PARTS, "part", use.part)
        key = {"machine_model": use.machine_model, "component": use.component, "part": use.part}
        upsert(self._connection, PART_USES, [key | {"quantity": use.quantity}])

    def uses(self) -> list[PartUse]:
        """Return the bill of parts, sorted by machine model, component, part."""
        rows = self._connection.execute(sa.select(PART_USES))
        found = [PartUse(row.machine_model, row.component, row.part, row.quantity) for row in rows]
        return sorted(found, key=lambda u: (u.machine_model, u.component, u.part))


def _part(row: Any) -> Part:
    return Part(**{name: row[name] for name in _PLAIN}, **{name: row[f"{name}_us"] for name in _SPANS})
