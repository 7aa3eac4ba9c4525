"""The board of remaining lives in SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from foreworn.health.forecast import Reason
from foreworn.health.remaining_life import LifeForecast
from foreworn.storage.operations.life_rules import check_life, standing_lives
from foreworn.storage.operations.sql.tables import REMAINING_LIVES
from foreworn.storage.operations.sql.transactions import insert, reading, upsert, writing

_PLAIN = (
    *("machine", "component", "time", "p10", "p50", "p90", "expected", "cap"),
    *("unit", "model_version", "issued_at", "note"),
)


class SqlLifeBoard:
    """Keeps the remaining life told last of each machine and component, with reasons and note."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def post(self, lives: Sequence[LifeForecast]) -> None:
        """Put them up; see `LifeBoard.post`."""
        for life in lives:
            check_life(life)
        if not lives:
            return
        standing = standing_lives(lives)
        with writing(self._engine) as connection:
            said = insert(connection, REMAINING_LIVES).excluded
            rows = [_row(standing[key]) for key in sorted(standing)]
            upsert(connection, REMAINING_LIVES, rows, where=said.time >= REMAINING_LIVES.c.time)

    def latest(self, *, machine: str | None = None) -> list[LifeForecast]:
        """Return those that stand; see `LifeBoard.latest`."""
        query = sa.select(REMAINING_LIVES)
        if machine is not None:
            query = query.where(REMAINING_LIVES.c.machine == machine)
        with reading(self._engine) as connection:
            found = [_life(row) for row in connection.execute(query).mappings()]
        return sorted(found, key=lambda x: (x.machine, x.component))


def _row(life: LifeForecast) -> dict[str, Any]:
    return {name: getattr(life, name) for name in _PLAIN} | {"reasons": [asdict(r) for r in life.reasons]}


def _life(row: Mapping[Any, Any]) -> LifeForecast:
    return LifeForecast(**{name: row[name] for name in _PLAIN}, reasons=tuple(Reason(**r) for r in row["reasons"]))
