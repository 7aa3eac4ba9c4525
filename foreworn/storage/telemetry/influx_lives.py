"""Remaining lives, in an InfluxDB bucket."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import pyarrow as pa

from foreworn.health.remaining_life import REMAINING_LIFE_SCHEMA, LifeForecast
from foreworn.storage.telemetry import influxql
from foreworn.storage.telemetry.arrow_rows import in_order
from foreworn.storage.telemetry.influx_predictions import InfluxPredictions, ranged
from foreworn.storage.telemetry.life_rows import LIFE_KEYS, LIFE_NUMBERS
from foreworn.storage.telemetry.line_protocol import integer, point
from foreworn.telemetry.sample import to_epoch_ms

_TAGS: Final = ("machine", "component", "unit", "model_version")


class InfluxLives(InfluxPredictions):
    """Keeps remaining lives, beside what other models say, in one bucket."""

    def write_life_forecasts(self, lives: Sequence[LifeForecast]) -> None:
        """Store remaining lives; see `LifeForecastStore.write_life_forecasts`."""
        self._admission.lives(lives)
        self._influx.write(map(life_line, lives), precision="ms")

    def life_forecasts(self, start: datetime, end: datetime, *, machines: Sequence[str] | None = None) -> pa.Table:
        """Return remaining lives; see `LifeForecastStore.life_forecasts`."""
        names = REMAINING_LIFE_SCHEMA.names[1:]
        columns = [influxql.tag(name) if name in _TAGS else influxql.field(name) for name in names]
        conditions = ranged(start, end, "machine", machines)
        return in_order(self._select("remaining_life", columns, REMAINING_LIFE_SCHEMA, conditions), LIFE_KEYS)


def life_line(life: LifeForecast) -> str:
    """Return a remaining life's line, time in ms."""
    tags = [(name, str(getattr(life, name))) for name in _TAGS]
    numbers = [f"{name}={float(getattr(life, name))!r}" for name in LIFE_NUMBERS]
    return point(
        "remaining_life", tags, [*numbers, f"issued_at={integer(to_epoch_ms(life.issued_at))}"], to_epoch_ms(life.time)
    )
