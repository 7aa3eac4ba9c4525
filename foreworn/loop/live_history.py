"""The recent past of the live fleet, put together from the stores in the form that models read."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from foreworn.fleet.history import EVENT_SCHEMA, FleetHistory
from foreworn.fleet.machine import Attachment
from foreworn.fleet.registry import FleetRegistry
from foreworn.telemetry.store import TelemetryStore

EARLIEST = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


class LiveHistory:
    """Reads a stretch of the fleet's past from the telemetry store and the registry.

    What a device said belongs to the machine it sat on at that time.
    """

    def __init__(self, registry: FleetRegistry, telemetry: TelemetryStore) -> None:
        self._registry = registry
        self._telemetry = telemetry

    def between(self, start: datetime, end: datetime) -> FleetHistory:
        """Return telemetry and events of [start, end), and all maintenance and failures before `end`."""
        attachments = self._registry.attachments()
        samples = of_machines(self._telemetry.samples(start, end), attachments)
        events = of_machines(self._telemetry.events(start, end), attachments)
        return FleetHistory(
            machines=tuple(self._registry.machines()),
            telemetry=_merged(samples),
            events=events.select(EVENT_SCHEMA.names).sort_by(
                [("machine", "ascending"), ("time", "ascending"), ("code", "ascending")]
            ),
            maintenance=self._registry.maintenance(EARLIEST, end),
            failures=self._registry.failures(EARLIEST, end),
        )


def of_machines(table: pa.Table, attachments: Sequence[Attachment]) -> pa.Table:
    """Replace `device` by the `machine` it sat on at the row's time; rows of loose devices are left out.

    Parameters
    ----------
    table
        With `time` (ms, UTC) and `device`, sorted by device, then time.
    attachments
        Which device sat where, and when.
    """
    devices = np.asarray(table["device"].to_pylist(), dtype=object)
    times = pc.cast(table["time"], pa.int64()).to_numpy()
    machines = np.full(len(table), None, dtype=object)
    for attachment in attachments:
        first, last = np.searchsorted(devices, attachment.device), np.searchsorted(devices, attachment.device, "right")
        since = first + np.searchsorted(times[first:last], _epoch_ms(attachment.since))
        until = last
        if attachment.until is not None:
            until = first + np.searchsorted(times[first:last], _epoch_ms(attachment.until))
        machines[since:until] = attachment.machine
    found = table.drop_columns("device").append_column("machine", pa.array(machines, pa.string()))
    return found.filter(pc.is_valid(found["machine"]))


def _epoch_ms(time: datetime) -> int:
    return int(pa.scalar(time, pa.timestamp("ms", tz="UTC")).cast(pa.int64()).as_py())


def _merged(samples: pa.Table) -> pa.Table:
    """Return one row per (machine, time), sorted; several devices may speak for one machine."""
    signals = [name for name in samples.column_names if name not in ("time", "machine")]
    samples = samples.select(["time", "machine", *signals]).sort_by([("machine", "ascending"), ("time", "ascending")])
    if len(samples) < 2 or not _repeats(samples):
        return samples
    first = pc.ScalarAggregateOptions(skip_nulls=True, min_count=1)
    merged = samples.group_by(["time", "machine"], use_threads=False).aggregate(
        [(name, "first", first) for name in signals]
    )
    merged = merged.rename_columns([name.removesuffix("_first") for name in merged.column_names])
    return merged.select(["time", "machine", *signals]).sort_by([("machine", "ascending"), ("time", "ascending")])


def _repeats(samples: pa.Table) -> bool:
    time, machine = samples["time"], samples["machine"]
    same = pc.and_(pc.equal(time[1:], time[:-1]), pc.equal(machine[1:], machine[:-1]))
    return bool(pc.any(same).as_py())
