"""What models say, in an InfluxDB bucket."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from foreworn.health.anomaly import HEALTH_SCHEMA, AnomalyScore
from foreworn.health.demand import DEMAND_SCHEMA, DemandForecast
from foreworn.health.forecast import FORECAST_SCHEMA, Forecast
from foreworn.storage.telemetry import influx_rows, influxql, line_protocol
from foreworn.storage.telemetry.admission import Admission
from foreworn.storage.telemetry.arrow_rows import FORECAST_KEYS, in_order, range_ms
from foreworn.storage.telemetry.forecast_lines import forecast_lines
from foreworn.storage.telemetry.influx_http import InfluxConnection
from foreworn.storage.telemetry.prediction_rows import DEMAND_KEYS, HEALTH_KEYS
from foreworn.telemetry.store import TIME

_HEALTH_TAGS = ("machine", "detector")
_DEMAND_TAGS = ("part", "place", "source", "issue")


class InfluxPredictions:
    """Keeps forecasts, anomaly scores and demand forecasts in one bucket.

    Parameters
    ----------
    influx, admission
        Where they are kept, and what is let in.
    """

    def __init__(self, influx: InfluxConnection, admission: Admission) -> None:
        self._influx = influx
        self._admission = admission

    def write_forecasts(self, forecasts: Sequence[Forecast]) -> None:
        """Store forecasts; see `ForecastStore.write_forecasts`."""
        self._admission.forecasts(forecasts)
        self._influx.write(map(line_protocol.forecast_line, forecasts), precision="ms")

    def write_forecast_table(self, forecasts: pa.Table) -> None:
        """Store many forecasts; see `ForecastStore.write_forecast_table`."""
        self._influx.write_lines(forecast_lines(self._admission.forecast_table(forecasts)), precision="ms")

    def forecasts(self, start: datetime, end: datetime, *, machines: Sequence[str] | None = None) -> pa.Table:
        """Return all revisions; see `ForecastStore.forecasts`."""
        tags = ("machine", "component", "horizon", "model_version", "revision")
        columns = [*map(influxql.tag, tags), influxql.field("probability"), influxql.field("issued_at")]
        kinds = [("time", TIME), *((t, pa.string()) for t in tags), ("probability", pa.float64()), ("issued_at", TIME)]
        stored = pa.schema(kinds)
        rows = self._select("forecast", columns, stored, ranged(start, end, "machine", machines))
        horizon = pc.utf8_rtrim(rows["horizon"], "h").cast(pa.float64())
        rows = influx_rows.texts_filled(rows.append_column("horizon_h", horizon)).select(FORECAST_SCHEMA.names)
        return in_order(rows.cast(FORECAST_SCHEMA), FORECAST_KEYS)

    def write_health(self, scores: Sequence[AnomalyScore]) -> None:
        """Store anomaly scores; see `HealthStore.write_health`."""
        self._admission.scores(scores)
        self._influx.write(map(line_protocol.health_line, scores), precision="ms")

    def health(self, start: datetime, end: datetime, *, machines: Sequence[str] | None = None) -> pa.Table:
        """Return anomaly scores; see `HealthStore.health`."""
        columns = _columns(HEALTH_SCHEMA, _HEALTH_TAGS)
        rows = self._select("health", columns, HEALTH_SCHEMA, ranged(start, end, "machine", machines))
        return in_order(rows, HEALTH_KEYS)

    def write_demand(self, forecasts: Sequence[DemandForecast]) -> None:
        """Store demand forecasts; see `DemandStore.write_demand`."""
        self._admission.demand(forecasts)
        self._influx.write(map(line_protocol.demand_line, forecasts), precision="ms")

    def demand(
        self, start: datetime, end: datetime, *, parts: Sequence[str] | None = None, places: Sequence[str] | None = None
    ) -> pa.Table:
        """Return demand forecasts; see `DemandStore.demand`."""
        conditions = (
            " AND ".join(filter(None, [condition, choice]))
            for condition in ranged(start, end, "part", parts)
            for choice in influxql.choices("place", places)
        )
        rows = self._select("demand", _columns(DEMAND_SCHEMA, _DEMAND_TAGS), DEMAND_SCHEMA, conditions)
        return in_order(rows, DEMAND_KEYS)

    def _select(
        self,
        measurement: str,
        columns: Sequence[str],
        schema: pa.Schema,
        conditions: Sequence[str] | Iterator[str],
        *,
        epoch: str = "ms",
    ) -> pa.Table:
        found = influx_rows.as_selected(schema)
        parts = [
            self._influx.rows(influxql.select(measurement, columns, condition), len(columns), found, epoch=epoch)
            for condition in conditions
        ]
        return pa.concat_tables([found.empty_table(), *parts]).rename_columns(schema.names)


def ranged(start: datetime, end: datetime, key: str, chosen: Sequence[str] | None) -> Iterator[str]:
    """Return conditions that together choose [start, end) and some words; see `influxql.conditions`."""
    return influxql.conditions(*range_ms(start, end), key, chosen)


def _columns(schema: pa.Schema, tags: Iterable[str]) -> list[str]:
    """Return the columns of a schema after its time, as tags or as fields."""
    return [influxql.tag(name) if name in tags else influxql.field(name) for name in schema.names[1:]]
