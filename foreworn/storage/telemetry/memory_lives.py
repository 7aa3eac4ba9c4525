"""Remaining lives, in memory."""

from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa

from foreworn.health.remaining_life import LifeForecast
from foreworn.storage.telemetry.admission import Admission
from foreworn.storage.telemetry.arrow_rows import in_order, range_ms
from foreworn.storage.telemetry.life_rows import LIFE_KEYS, life_rows
from foreworn.storage.telemetry.memory_predictions import MemoryPredictions
from foreworn.telemetry.sample import to_epoch_ms


class MemoryLives(MemoryPredictions):
    """Keeps remaining lives, beside what other models say, until its process ends."""

    def __init__(self, admission: Admission) -> None:
        super().__init__(admission)
        self._lives: dict[tuple[object, ...], LifeForecast] = {}

    def write_life_forecasts(self, lives: Sequence[LifeForecast]) -> None:
        """Keep remaining lives; see `LifeForecastStore.write_life_forecasts`."""
        self._admission.lives(lives)
        with self._lock:
            self._lives.update({(x.machine, x.component, to_epoch_ms(x.time), x.model_version): x for x in lives})

    def life_forecasts(self, start: datetime, end: datetime, *, machines: Sequence[str] | None = None) -> pa.Table:
        """Return remaining lives; see `LifeForecastStore.life_forecasts`."""
        first, last = range_ms(start, end)
        with self._lock:
            kept = [
                x
                for x in self._lives.values()
                if first <= to_epoch_ms(x.time) < last and (machines is None or x.machine in machines)
            ]
        return in_order(life_rows(kept), LIFE_KEYS)

    def close(self) -> None:
        """Forget everything."""
        super().close()
        with self._lock:
            self._lives.clear()
