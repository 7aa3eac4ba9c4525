"""The operations store in memory: for tests, demos, and for reading what the SQL one must do."""

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from foreworn.errors import NotFound
from foreworn.fleet.history import FAILURE_SCHEMA, MAINTENANCE_SCHEMA
from foreworn.fleet.machine import Attachment, Machine
from foreworn.health.forecast import Forecast
from foreworn.storage.operations import rules
from foreworn.storage.operations.counting import count_turns
from foreworn.storage.operations.device_memory import DeviceMemory
from foreworn.storage.operations.heard_turn import HeardTurn
from foreworn.storage.operations.memory_quarantine import MemoryQuarantine as MemoryQuarantine
from foreworn.telemetry.intake import DeviceProgress, DirtyWindow, IntakeBatch
from foreworn.telemetry.sample import to_epoch_ms
from foreworn.telemetry.signal import SignalCatalogue

Rows = dict[tuple[Any, ...], dict[str, Any]]


class MemoryFleetRegistry:
    """A fleet registry that forgets everything with its process."""

    def __init__(self) -> None:
        self._machines: dict[str, Machine] = {}
        self._attachments: dict[tuple[str, datetime], Attachment] = {}
        self._catalogue = SignalCatalogue({})
        self._maintenance: Rows = {}
        self._failures: Rows = {}
        self._lock = threading.Lock()

    def add(self, machines: Sequence[Machine], attachments: Sequence[Attachment]) -> None:
        """Add or update machines (by id) and attachments (by device and since)."""
        with self._lock:
            known = self._machines | {m.id: rules.normal_machine(m) for m in machines}
            placed = self._attachments | {(a.device, a.since): a for a in attachments}
            for attachment in attachments:
                if attachment.machine not in known:
                    raise NotFound("machine", attachment.machine)
            rules.check_attachments(placed.values())
            self._machines, self._attachments = known, placed

    def machines(self) -> list[Machine]:
        """Return all machines, sorted by id."""
        with self._lock:
            return [self._machines[key] for key in sorted(self._machines)]

    def attachments(self) -> list[Attachment]:
        """Return all attachments, sorted by device, since."""
        with self._lock:
            return [self._attachments[key] for key in sorted(self._attachments)]

    def add_signals(self, catalogue: SignalCatalogue) -> None:
        """Add or update signals, by machine model and name."""
        with self._lock:
            self._catalogue = rules.merged_catalogue(self._catalogue, catalogue)

    def catalogue(self) -> SignalCatalogue:
        """Return the signal catalogue of the whole fleet."""
        with self._lock:
            return self._catalogue

    def record_maintenance(self, records: pa.Table) -> None:
        """Add `MAINTENANCE_SCHEMA` rows; of two of the same (time, machine, component) the later one stands."""
        self._record(self._maintenance, records, MAINTENANCE_SCHEMA)

    def record_failures(self, records: pa.Table) -> None:
        """Add `FAILURE_SCHEMA` rows; of two of the same (time, machine, component) the later one stands."""
        self._record(self._failures, records, FAILURE_SCHEMA)

    def maintenance(self, start: datetime, end: datetime) -> pa.Table:
        """Return the records in [start, end) as `MAINTENANCE_SCHEMA`, sorted by machine, time, component."""
        return self._between(self._maintenance, MAINTENANCE_SCHEMA, start, end)

    def failures(self, start: datetime, end: datetime) -> pa.Table:
        """Return the records in [start, end) as `FAILURE_SCHEMA`, sorted by machine, time, component."""
        return self._between(self._failures, FAILURE_SCHEMA, start, end)

    def _record(self, kept: Rows, records: pa.Table, schema: pa.Schema) -> None:
        with self._lock:
            rows = rules.record_rows(records, schema, self._machines)
            kept.update({tuple(row[k] for k in rules.RECORD_KEY): row for row in rows})

    def _between(self, kept: Rows, schema: pa.Schema, start: datetime, end: datetime) -> pa.Table:
        with self._lock:
            return rules.record_table([row for row in kept.values() if start <= row["time"] < end], schema)


class MemoryDeviceProgressLog:
    """A device progress log that forgets everything with its process."""

    def __init__(self) -> None:
        self._memories: dict[str, DeviceMemory] = {}
        self._lock = threading.Lock()

    def observe(self, batch: IntakeBatch) -> None:
        """Add a batch to the devices' progress; the forwarder calls it once per batch."""
        turn = HeardTurn.of(batch)
        with self._lock:
            count_turns(self._memories, [turn])

    def stored(self, newest: Mapping[str, datetime]) -> None:
        """Note how far what is stored reaches; see `DeviceProgressLog`."""
        with self._lock:
            for device, time in newest.items():
                self._memories.setdefault(device, DeviceMemory(device)).reach(to_epoch_ms(time))

    def all(self) -> list[DeviceProgress]:
        """Return every device ever heard of, sorted by id."""
        with self._lock:
            return [self._memories[device].progress() for device in sorted(self._memories)]


class MemoryDirtyWindows:
    """Dirty windows that are forgotten with their process."""

    def __init__(self) -> None:
        self._windows: dict[DirtyWindow, int] = {}
        self._generation = 0
        self._lock = threading.Lock()

    def mark(self, windows: Sequence[DirtyWindow]) -> None:
        """Add windows; marking one again moves it to the new generation."""
        rules.check_windows(windows)
        with self._lock:
            self._generation += 1
            self._windows.update(dict.fromkeys(windows, self._generation))

    def pending(self) -> tuple[int, list[DirtyWindow]]:
        """Return the present generation and the windows marked up to it, sorted by device, start, end."""
        with self._lock:
            return self._generation, rules.sorted_windows(self._windows)

    def clear(self, generation: int) -> None:
        """Forget the windows marked up to `generation`."""
        with self._lock:
            self._windows = {w: marked for w, marked in self._windows.items() if marked > generation}


class MemoryVerdictBoard:
    """A verdict board that forgets everything with its process."""

    def __init__(self) -> None:
        self._standing: dict[tuple[str, str], Forecast] = {}
        self._lock = threading.Lock()

    def post(self, forecasts: Sequence[Forecast]) -> None:
        """Put them up; one of older data, or of the same data and a lower revision, changes nothing."""
        for forecast in forecasts:
            rules.check_forecast(forecast)
        with self._lock:
            self._standing = rules.latest_verdicts([*self._standing.values(), *forecasts])

    def latest(self) -> list[Forecast]:
        """Return the standing forecasts, the most probable first, then by machine and component."""
        with self._lock:
            return sorted(self._standing.values(), key=rules.standing_order)
