"""What models say, in the DuckDB file."""

from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa

from foreworn.health.anomaly import HEALTH_SCHEMA, AnomalyScore
from foreworn.health.demand import DEMAND_SCHEMA, DemandForecast
from foreworn.health.forecast import FORECAST_SCHEMA, Forecast
from foreworn.storage.telemetry import duck_sql
from foreworn.storage.telemetry.admission import Admission
from foreworn.storage.telemetry.arrow_rows import FORECAST_KEYS, forecast_rows
from foreworn.storage.telemetry.duck_file import DuckFile
from foreworn.storage.telemetry.prediction_rows import DEMAND_KEYS, HEALTH_KEYS, demand_rows, health_rows


class DuckPredictions:
    """Keeps forecasts, anomaly scores and demand forecasts in a DuckDB file that has the tables.

    Parameters
    ----------
    file, admission
        Where they are kept, and what is let in.
    """

    def __init__(self, file: DuckFile, admission: Admission) -> None:
        self._file = file
        self._admission = admission

    def write_forecasts(self, forecasts: Sequence[Forecast]) -> None:
        """Store forecasts; see `ForecastStore.write_forecasts`."""
        self._admission.forecasts(forecasts)
        with self._file.transaction() as cursor:
            duck_sql.merge(cursor, "forecast", forecast_rows(forecasts), FORECAST_KEYS)

    def write_forecast_table(self, forecasts: pa.Table) -> None:
        """Store many forecasts; see `ForecastStore.write_forecast_table`."""
        rows = self._admission.forecast_table(forecasts)
        with self._file.transaction() as cursor:
            if duck_sql.none_between(cursor, "forecast", rows["time"]):
                duck_sql.append(cursor, "forecast", rows)
            else:
                duck_sql.merge(cursor, "forecast", rows, FORECAST_KEYS)

    def forecasts(self, start: datetime, end: datetime, *, machines: Sequence[str] | None = None) -> pa.Table:
        """Return all revisions; see `ForecastStore.forecasts`."""
        where, values = duck_sql.in_range(start, end, "machine", machines)
        return self._file.read(f"SELECT * FROM forecast WHERE {where}", values, FORECAST_SCHEMA, FORECAST_KEYS)

    def write_health(self, scores: Sequence[AnomalyScore]) -> None:
        """Store anomaly scores; see `HealthStore.write_health`."""
        self._admission.scores(scores)
        with self._file.transaction() as cursor:
            duck_sql.merge(cursor, "health", health_rows(scores), HEALTH_KEYS)

    def health(self, start: datetime, end: datetime, *, machines: Sequence[str] | None = None) -> pa.Table:
        """Return anomaly scores; see `HealthStore.health`."""
        where, values = duck_sql.in_range(start, end, "machine", machines)
        return self._file.read(f"SELECT * FROM health WHERE {where}", values, HEALTH_SCHEMA, HEALTH_KEYS)

    def write_demand(self, forecasts: Sequence[DemandForecast]) -> None:
        """Store demand forecasts; see `DemandStore.write_demand`."""
        self._admission.demand(forecasts)
        with self._file.transaction() as cursor:
            duck_sql.merge(cursor, "demand", demand_rows(forecasts), DEMAND_KEYS)

    def demand(
        self, start: datetime, end: datetime, *, parts: Sequence[str] | None = None, places: Sequence[str] | None = None
    ) -> pa.Table:
        """Return demand forecasts; see `DemandStore.demand`."""
        where, values = duck_sql.in_range(start, end, "part", parts)
        if places is not None:
            where += " AND place IN (SELECT unnest($places::VARCHAR[]))"
            values["places"] = list(places)
        return self._file.read(f"SELECT * FROM demand WHERE {where}", values, DEMAND_SCHEMA, DEMAND_KEYS)
