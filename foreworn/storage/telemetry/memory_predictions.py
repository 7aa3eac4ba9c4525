"""What models say, in memory."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pyarrow as pa

from foreworn.health.anomaly import AnomalyScore
from foreworn.health.demand import DemandForecast
from foreworn.health.forecast import Forecast
from foreworn.storage.telemetry.admission import Admission
from foreworn.storage.telemetry.arrow_rows import FORECAST_KEYS, forecast_rows, in_order, range_ms
from foreworn.storage.telemetry.prediction_rows import DEMAND_KEYS, HEALTH_KEYS, demand_rows, health_rows
from foreworn.telemetry.sample import to_epoch_ms


class MemoryPredictions:
    """Keeps forecasts, anomaly scores and demand forecasts until its process ends.

    Parameters
    ----------
    admission
        Says what is let in.
    """

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._lock = threading.Lock()
        self._forecasts: dict[tuple[object, ...], Forecast] = {}
        self._health: dict[tuple[object, ...], AnomalyScore] = {}
        self._demand: dict[tuple[object, ...], DemandForecast] = {}

    def write_forecasts(self, forecasts: Sequence[Forecast]) -> None:
        """Keep forecasts; see `ForecastStore.write_forecasts`."""
        self._admission.forecasts(forecasts)
        with self._lock:
            for f in forecasts:
                key = (f.machine, f.component, f.horizon, to_epoch_ms(f.time), f.model_version, f.revision)
                self._forecasts[key] = replace(f, reasons=())

    def write_forecast_table(self, forecasts: pa.Table) -> None:
        """Keep many forecasts; see `ForecastStore.write_forecast_table`."""
        rows = self._admission.forecast_table(forecasts).to_pylist()
        self.write_forecasts([Forecast(horizon=timedelta(hours=row.pop("horizon_h")), **row) for row in rows])

    def forecasts(self, start: datetime, end: datetime, *, machines: Sequence[str] | None = None) -> pa.Table:
        """Return all revisions; see `ForecastStore.forecasts`."""
        first, last = range_ms(start, end)
        with self._lock:
            kept = [
                f
                for f in self._forecasts.values()
                if first <= to_epoch_ms(f.time) < last and (machines is None or f.machine in machines)
            ]
        return in_order(forecast_rows(kept), FORECAST_KEYS)

    def write_health(self, scores: Sequence[AnomalyScore]) -> None:
        """Keep anomaly scores; see `HealthStore.write_health`."""
        self._admission.scores(scores)
        with self._lock:
            self._health.update({(s.machine, s.detector, to_epoch_ms(s.time)): s for s in scores})

    def health(self, start: datetime, end: datetime, *, machines: Sequence[str] | None = None) -> pa.Table:
        """Return anomaly scores; see `HealthStore.health`."""
        first, last = range_ms(start, end)
        with self._lock:
            kept = [
                s
                for s in self._health.values()
                if first <= to_epoch_ms(s.time) < last and (machines is None or s.machine in machines)
            ]
        return in_order(health_rows(kept), HEALTH_KEYS)

    def write_demand(self, forecasts: Sequence[DemandForecast]) -> None:
        """Keep demand forecasts; see `DemandStore.write_demand`."""
        self._admission.demand(forecasts)
        with self._lock:
            for f in forecasts:
                self._demand[f.part, f.place, f.source, f.issue, to_epoch_ms(f.start)] = f

    def demand(
        self, start: datetime, end: datetime, *, parts: Sequence[str] | None = None, places: Sequence[str] | None = None
    ) -> pa.Table:
        """Return demand forecasts; see `DemandStore.demand`."""
        first, last = range_ms(start, end)
        with self._lock:
            kept = [
                f
                for f in self._demand.values()
                if first <= to_epoch_ms(f.start) < last
                and (parts is None or f.part in parts)
                and (places is None or f.place in places)
            ]
        return in_order(demand_rows(kept), DEMAND_KEYS)

    def close(self) -> None:
        """Forget everything."""
        with self._lock:
            for kept in (self._forecasts, self._health, self._demand):
                kept.clear()
