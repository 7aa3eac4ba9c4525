"""How anomaly scores and demand forecasts look in Arrow, the same for every adapter."""

from collections.abc import Iterable

import pyarrow as pa

from foreworn.health.anomaly import HEALTH_SCHEMA, AnomalyScore
from foreworn.health.demand import DemandForecast, demand_table
from foreworn.telemetry.sample import to_epoch_ms

HEALTH_KEYS = ("machine", "detector", "time")
DEMAND_KEYS = ("part", "place", "source", "time", "issue")


def health_rows(scores: Iterable[AnomalyScore]) -> pa.Table:
    """Return anomaly scores as `HEALTH_SCHEMA`, one per identity: of two with the same, the later one."""
    rows = {(s.machine, s.detector, to_epoch_ms(s.time)): s for s in scores}
    columns = {
        "time": [time for _, _, time in rows],
        "machine": [machine for machine, _, _ in rows],
        "detector": [detector for _, detector, _ in rows],
        "score": [float(s.score) for s in rows.values()],
        "threshold": [float(s.threshold) for s in rows.values()],
        "p_value": [float(s.p_value) for s in rows.values()],
    }
    return pa.table(columns, schema=HEALTH_SCHEMA)


def demand_rows(forecasts: Iterable[DemandForecast]) -> pa.Table:
    """Return demand forecasts as `DEMAND_SCHEMA`, one per identity: of two with the same, the later one."""
    rows = {(f.part, f.place, f.source, to_epoch_ms(f.start), f.issue): f for f in forecasts}
    return demand_table(list(rows.values()))
