"""A small plant for tests of ingestion: one machine, its signals, and short ways to say messages."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa

from foreworn.clock import ManualClock
from foreworn.fleet.machine import Attachment, Machine
from foreworn.settings import IngestionSettings
from foreworn.storage.operations.memory import MemoryFleetRegistry
from foreworn.telemetry.intake import IntakeBatch
from foreworn.telemetry.sample import Sample, TelemetryBatch
from foreworn.telemetry.sample_columns import SampleColumns
from foreworn.telemetry.signal import Signal, SignalCatalogue, SignalType
from foreworn.telemetry.wire import Kind, encode_sample, topic
from ingestion.formats.native_json import NativeJsonDecoder
from ingestion.reception.directory import RegistryDirectory
from ingestion.reception.reception import Reception
from ingestion.reception.validation import Validator

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DEVICE = "pump-7"
TELEMETRY = topic("west", DEVICE, Kind.TELEMETRY)

CATALOGUE = SignalCatalogue(
    {
        "px": [
            Signal("vibration", "mm/s", low=0.0, high=100.0),
            Signal("starts", type=SignalType.INTEGER),
            Signal("hours_run", "h", type=SignalType.COUNTER, low=0.0),
            Signal("mode", type=SignalType.STATE, states=("run", "stop")),
            Signal("note", type=SignalType.STATE),
        ],
        "*": [Signal("vibration", "mm/s", low=0.0, high=500.0)],
    }
)


def registry(*devices: str) -> MemoryFleetRegistry:
    """Return a registry in which each device sits on a machine of its own, of model px, since 2026."""
    fleet = MemoryFleetRegistry()
    fleet.add_signals(CATALOGUE)
    fleet.add(
        [Machine(f"machine of {d}", "px", "west", NEW_YEAR) for d in devices],
        [Attachment(d, f"machine of {d}", NEW_YEAR) for d in devices],
    )
    return fleet


def reception(
    fleet: MemoryFleetRegistry | None = None,
    settings: IngestionSettings | None = None,
    now: datetime = NEW_YEAR + timedelta(days=365),
) -> Reception:
    """Return a reception for the fleet (one known device where none is given)."""
    settings = settings or IngestionSettings()
    clock = ManualClock(now)
    directory = RegistryDirectory(fleet or registry(DEVICE))
    return Reception(NativeJsonDecoder(settings.largest_payload), Validator(directory, clock, settings), clock)


def sample(hour: int = 0, vibration: float = 40.1, *, device: str = DEVICE) -> Sample:
    """Return the device's sample of one hour of the year; its number is the hour."""
    return Sample(device, NEW_YEAR + hour * HOUR, {"vibration": vibration}, hour)


def payload(hour: int = 0, vibration: float = 40.1) -> bytes:
    """Return the telemetry payload of `sample`."""
    return encode_sample(sample(hour, vibration))


def batch(*samples: Sample) -> IntakeBatch:
    """Return a batch of samples."""
    return IntakeBatch(TelemetryBatch(samples=samples), received_at=NEW_YEAR)


def by_column(*samples: Sample) -> SampleColumns:
    """Return samples of floats by column, as a fast path carries them."""
    names = sorted({name for sample in samples for name in sample.values})
    columns = {name: pa.array([s.values.get(name) for s in samples], pa.float64()) for name in names}
    keys = {
        "time": pa.array([s.time for s in samples], pa.timestamp("ms", "UTC")),
        "device": pa.array([s.device for s in samples], pa.string()),
    }
    return SampleColumns(pa.table({**keys, **columns}), pa.chunked_array([[s.seq for s in samples]], pa.int64()))
