from datetime import UTC, datetime, timedelta

import pyarrow as pa

from foreworn.fleet.history import (
    EVENT_SCHEMA,
    FAILURE_SCHEMA,
    LOG_SCHEMA,
    MAINTENANCE_SCHEMA,
    TIME,
    FleetHistory,
)
from foreworn.fleet.machine import Attachment, Machine
from foreworn.loop.backfill import backfill, of_devices, record_work
from foreworn.loop.live_history import LiveHistory
from foreworn.storage.operations.memory import MemoryFleetRegistry
from foreworn.storage.telemetry.memory import MemoryTelemetryStore
from foreworn.telemetry.signal import Signal, SignalCatalogue

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
PUMP = Machine("pump", "px", "west", START, ("bearing",))
SWAPPED = (Attachment("old", "pump", START, START + 2 * HOUR), Attachment("new", "pump", START + 2 * HOUR))


def flow(hours: int) -> pa.Table:
    return pa.table(
        {
            "time": pa.array([START + i * HOUR for i in range(hours)], TIME),
            "machine": pa.array(["pump"] * hours, pa.string()),
            "flow": pa.array([float(i) for i in range(hours)]),
        }
    )


def history(hours: int) -> FleetHistory:
    at = START + HOUR
    return FleetHistory(
        machines=(PUMP,),
        telemetry=flow(hours),
        events=pa.table([[at], ["pump"], ["E17"], ["warning"], ["hot"]], schema=EVENT_SCHEMA),
        maintenance=pa.table([[at], ["pump"], ["bearing"], ["replaced"], ["preventive"]], schema=MAINTENANCE_SCHEMA),
        failures=pa.table([[at], ["pump"], ["bearing"], ["seized"]], schema=FAILURE_SCHEMA),
        logs=pa.table(
            [[at, at, at + HOUR], ["pump"] * 3, ["error"] * 3, ["drive"] * 3, ["hot", "stopped", "hot"]],
            schema=LOG_SCHEMA,
        ),
    )


def test_a_reading_is_written_for_the_device_that_sat_there_then() -> None:
    found = of_devices(flow(4), SWAPPED)
    assert found["device"].to_pylist() == ["new", "new", "old", "old"]
    assert found["flow"].to_pylist() == [2.0, 3.0, 0.0, 1.0]


def test_a_reading_of_two_devices_at_once_is_written_once() -> None:
    both = (Attachment("a", "pump", START), Attachment("b", "pump", START - HOUR))
    assert of_devices(flow(2), both)["device"].to_pylist() == ["a", "a"]


def test_readings_without_a_device_are_left_out() -> None:
    assert of_devices(flow(3), SWAPPED[1:])["flow"].to_pylist() == [2.0]


def test_a_history_comes_back_from_the_stores_as_it_was_put_in() -> None:
    catalogue = SignalCatalogue({"*": [Signal("flow")]})
    store, registry = MemoryTelemetryStore(catalogue), MemoryFleetRegistry()
    registry.add([PUMP], SWAPPED)
    written = history(4)
    record_work(registry, written)
    for _ in range(2):
        assert backfill(store, written, SWAPPED) == 4
        assert LiveHistory(registry, store).between(START, START + 4 * HOUR, with_logs=True) == written
