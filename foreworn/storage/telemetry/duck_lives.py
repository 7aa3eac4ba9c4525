"""Remaining lives, in the DuckDB file."""

from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa

from foreworn.health.remaining_life import REMAINING_LIFE_SCHEMA, LifeForecast
from foreworn.storage.telemetry import duck_sql
from foreworn.storage.telemetry.duck_predictions import DuckPredictions
from foreworn.storage.telemetry.life_rows import LIFE_KEYS, life_rows


class DuckLives(DuckPredictions):
    """Keeps remaining lives, beside what other models say, in a DuckDB file that has the tables."""

    def write_life_forecasts(self, lives: Sequence[LifeForecast]) -> None:
        """Store remaining lives; see `LifeForecastStore.write_life_forecasts`."""
        self._admission.lives(lives)
        with self._file.transaction() as cursor:
            duck_sql.merge(cursor, "remaining_life", life_rows(lives), LIFE_KEYS)

    def life_forecasts(self, start: datetime, end: datetime, *, machines: Sequence[str] | None = None) -> pa.Table:
        """Return remaining lives; see `LifeForecastStore.life_forecasts`."""
        where, values = duck_sql.in_range(start, end, "machine", machines)
        query = f"SELECT * FROM remaining_life WHERE {where}"
        return self._file.read(query, values, REMAINING_LIFE_SCHEMA, LIFE_KEYS)
