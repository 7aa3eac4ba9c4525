"""The operations store in memory: for tests, demos, and for reading what the SQL one must do."""

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pyarrow as pa

from foreworn.errors import NotFound
from foreworn.fleet.history import FAILURE_SCHEMA, MAINTENANCE_SCHEMA
from foreworn.fleet.machine import Attachment, Machine
from foreworn.health.forecast import Forecast
from foreworn.storage.operations import rules
from foreworn.telemetry.intake import DeviceProgress, DirtyWindow, IntakeBatch
from foreworn.telemetry.quarantine import Rejection
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


class MemoryQuarantine:
    """A quarantine that forgets everything with its process."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Any, ...], Rejection] = {}
        self._lock = threading.Lock()

    def put(self, rejections: Sequence[Rejection]) -> None:
        """Keep them; keeping the same one twice keeps it once."""
        with self._lock:
            for r in rejections:
                self._kept.setdefault((r.received_at, r.topic, r.payload, r.reason, r.signal), r)

    def newest(self, limit: int = 100, *, device: str | None = None) -> list[Rejection]:
        """Return the newest first; of one time, the last kept first."""
        rules.check_limit(limit)
        with self._lock:
            latest_first = list(reversed(self._kept.values()))
        wanted = [r for r in latest_first if device is None or r.device == device]
        return sorted(wanted, key=lambda r: r.received_at, reverse=True)[:limit]

    def count(self) -> dict[str, int]:
        """Return how many are kept, by reason."""
        with self._lock:
            return dict(Counter(r.reason for r in self._kept.values()))


class MemoryDeviceProgressLog:
    """A device progress log that forgets everything with its process."""

    def __init__(self) -> None:
        self._progress: dict[str, DeviceProgress] = {}
        self._lock = threading.Lock()

    def observe(self, batch: IntakeBatch) -> None:
        """Add a batch to the devices' progress; the forwarder calls it once per batch."""
        changes = rules.status_changes(batch.statuses)
        with self._lock:
            for said in rules.batch_progress(batch):
                known = self._progress.get(said.device, DeviceProgress(said.device))
                self._progress[said.device] = replace(_advanced(known, said), **changes.get(said.device, {}))

    def all(self) -> list[DeviceProgress]:
        """Return every device ever heard of, sorted by id."""
        with self._lock:
            return [self._progress[device] for device in sorted(self._progress)]


def _advanced(known: DeviceProgress, said: DeviceProgress) -> DeviceProgress:
    return replace(
        known,
        watermark=_latest(known.watermark, said.watermark),
        last_received_at=_latest(known.last_received_at, said.last_received_at),
        last_seq=_latest(known.last_seq, said.last_seq),
        samples=known.samples + said.samples,
        events=known.events + said.events,
        logs=known.logs + said.logs,
        rejected=known.rejected + said.rejected,
    )


def _latest(one: Any, other: Any) -> Any:
    return max((x for x in (one, other) if x is not None), default=None)


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
