"""Dirty windows in SQL."""

from collections.abc import Sequence

import sqlalchemy as sa

from foreworn.storage.operations import rules
from foreworn.storage.operations.sql.tables import DIRTY_GENERATION, DIRTY_WINDOWS
from foreworn.storage.operations.sql.transactions import reading, upsert, writing
from foreworn.telemetry.intake import DirtyWindow


class SqlDirtyWindows:
    """Keeps in the operations store which windows must be scored again."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def mark(self, windows: Sequence[DirtyWindow]) -> None:
        """Add windows; marking one again moves it to the new generation.

        The generation is a row, not a sequence: whoever has taken the next one keeps others waiting
        until its windows are there to be seen, so no generation is ever cleared unseen.
        """
        rules.check_windows(windows)
        with writing(self._engine) as connection:
            generation = _next_generation(connection)
            rows = [
                {"device": w.device, "start_at": w.start, "end_at": w.end, "generation": generation}
                for w in rules.sorted_windows(set(windows))
            ]
            upsert(connection, DIRTY_WINDOWS, rows)

    def pending(self) -> tuple[int, list[DirtyWindow]]:
        """Return the present generation and the windows marked up to it, sorted by device, start, end."""
        with reading(self._engine) as connection:
            generation = connection.scalar(sa.select(DIRTY_GENERATION.c.generation)) or 0
            columns = (DIRTY_WINDOWS.c.device, DIRTY_WINDOWS.c.start_at, DIRTY_WINDOWS.c.end_at)
            query = sa.select(*columns).where(DIRTY_WINDOWS.c.generation <= generation)
            return generation, rules.sorted_windows(DirtyWindow(*row) for row in connection.execute(query))

    def clear(self, generation: int) -> None:
        """Forget the windows marked up to `generation`."""
        with writing(self._engine) as connection:
            connection.execute(sa.delete(DIRTY_WINDOWS).where(DIRTY_WINDOWS.c.generation <= generation))


def _next_generation(connection: sa.Connection) -> int:
    present = DIRTY_GENERATION.c.generation
    upsert(connection, DIRTY_GENERATION, [{"id": 1, "generation": 1}], update={"generation": present + 1})
    return int(connection.execute(sa.select(present)).scalar_one())
