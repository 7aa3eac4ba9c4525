"""The telemetry store's adapters, opened the same way for tests."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import pytest

from foreworn.health.anomaly import HealthStore
from foreworn.health.demand import DemandStore
from foreworn.health.forecast import ForecastStore
from foreworn.health.remaining_life import LifeForecastStore
from foreworn.storage.telemetry.duck import DuckTelemetryStore
from foreworn.storage.telemetry.influx import InfluxTelemetryStore
from foreworn.storage.telemetry.memory import MemoryTelemetryStore
from foreworn.telemetry.sample import Sample, TelemetryBatch
from foreworn.telemetry.signal import Signal, SignalCatalogue, SignalType, SignalValue
from foreworn.telemetry.store import TelemetryStore
from tests.servers import InfluxServer

CATALOGUE = SignalCatalogue(
    {
        "*": [
            Signal("flow", "l/min"),
            Signal("pressure", "bar"),
            Signal("strokes", type=SignalType.COUNTER),
            Signal("level", "mm", type=SignalType.INTEGER),
            Signal("mode", type=SignalType.STATE),
        ]
    }
)
MIDNIGHT = datetime(2026, 1, 5, tzinfo=UTC)
ALWAYS = (datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))


class AnyStore(TelemetryStore, ForecastStore, LifeForecastStore, HealthStore, DemandStore, Protocol):
    """What every adapter is."""

    def use(self, catalogue: SignalCatalogue) -> None: ...


NewStore = Callable[[], AnyStore]
ADAPTERS = ["memory", "duckdb", pytest.param("influx", marks=pytest.mark.server)]


def stores(request: pytest.FixtureRequest, folder: Path) -> Iterator[NewStore]:
    """Give a function that opens an empty store of the adapter the test is run with; all are closed at the end."""
    opened: list[AnyStore] = []

    def new() -> AnyStore:
        store = _opened(request, folder / f"{len(opened)}.duckdb")
        opened.append(store)
        return store

    yield new
    for store in opened:
        store.close()


def _opened(request: pytest.FixtureRequest, file: Path) -> AnyStore:
    if request.param == "memory":
        return MemoryTelemetryStore(CATALOGUE)
    if request.param == "duckdb":
        return DuckTelemetryStore(file, CATALOGUE)
    return influx_store(request.getfixturevalue("influxd"))


def influx_store(
    server: InfluxServer, bucket: str = "", *, timeout: timedelta = timedelta(seconds=10)
) -> InfluxTelemetryStore:
    """Open a store on a bucket, a new one unless it is named."""
    return InfluxTelemetryStore(
        url=server.url,
        org=server.org,
        bucket=bucket or server.new_bucket(),
        token=server.token,
        catalogue=CATALOGUE,
        timeout=timeout,
    )


def at(minutes: float) -> datetime:
    """Minutes after midnight."""
    return MIDNIGHT + timedelta(minutes=minutes)


def sample(device: str, minutes: float, **values: SignalValue) -> Sample:
    return Sample(device, at(minutes), values)


def batch(*samples: Sample) -> TelemetryBatch:
    return TelemetryBatch(samples=samples)
