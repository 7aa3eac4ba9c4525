"""The recent past of the live fleet, put together from the stores in the form that models read."""

from collections.abc import Collection, Sequence
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from foreworn.fleet.history import EVENT_SCHEMA, LOG_SCHEMA, FleetHistory
from foreworn.fleet.machine import Attachment
from foreworn.fleet.registry import FleetRegistry
from foreworn.telemetry.sample import to_epoch_ms
from foreworn.telemetry.store import TelemetryStore

EARLIEST = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


class LiveHistory:
    """Reads a stretch of the fleet's past from the telemetry store and the registry.

    What a device said belongs to the machine it sat on at that time.
    """

    def __init__(self, registry: FleetRegistry, telemetry: TelemetryStore) -> None:
        self._registry = registry
        self._telemetry = telemetry

    def between(
        self, start: datetime, end: datetime, *, machines: Collection[str] | None = None, with_logs: bool = False
    ) -> FleetHistory:
        """Return telemetry and events of [start, end), and all maintenance and failures before `end`.

        Of the whole fleet, or of some machines; maintenance and failures are the fleet's either way. Lines of operation
        logs can be many: they are read only `with_logs`.
        """
        attachments = [a for a in self._registry.attachments() if machines is None or a.machine in machines]
        devices = None if machines is None else sorted({a.device for a in attachments})
        samples = of_machines(self._telemetry.samples(start, end, devices=devices), attachments)
        events = of_machines(self._telemetry.events(start, end, devices=devices), attachments)
        logs = LOG_SCHEMA.empty_table()
        if with_logs:
            logs = _distinct(of_machines(self._telemetry.logs(start, end, devices=devices), attachments))
        return FleetHistory(
            machines=tuple(m for m in self._registry.machines() if machines is None or m.id in machines),
            telemetry=_merged(samples),
            events=events.select(EVENT_SCHEMA.names).sort_by(
                [("machine", "ascending"), ("time", "ascending"), ("code", "ascending")]
            ),
            maintenance=self._registry.maintenance(EARLIEST, end),
            failures=self._registry.failures(EARLIEST, end),
            logs=logs,
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
    times = pc.cast(table["time"], pa.int64()).to_numpy()
    runs = pc.run_end_encode(table["device"].combine_chunks())
    ends = runs.run_ends.to_numpy().tolist()
    stretches = dict(zip(runs.values.to_pylist(), zip([0, *ends], ends, strict=False), strict=True))
    names = sorted({attachment.machine for attachment in attachments})
    places = {name: place for place, name in enumerate(names)}
    machines = np.full(len(table), len(names))  # whose place that is no machine has
    for attachment in attachments:
        first, last = stretches.get(attachment.device, (0, 0))
        since = first + np.searchsorted(times[first:last], to_epoch_ms(attachment.since))
        until = last
        if attachment.until is not None:
            until = first + np.searchsorted(times[first:last], to_epoch_ms(attachment.until))
        machines[since:until] = places[attachment.machine]
    found = table.drop_columns("device").append_column("machine", pa.array([*names, None], pa.string()).take(machines))
    return found.filter(pc.is_valid(found["machine"])) if found["machine"].null_count else found


def _distinct(logs: pa.Table) -> pa.Table:
    """Return each log line once, sorted; a device may have sent one under two numbers."""
    once = logs.group_by(LOG_SCHEMA.names, use_threads=False).aggregate([])
    return once.sort_by([(name, "ascending") for name in ("machine", "time", "level", "logger", "message")])


def _merged(samples: pa.Table) -> pa.Table:
    """Return one row per (machine, time), sorted; several devices may speak for one machine."""
    signals = [name for name in samples.column_names if name not in ("time", "machine")]
    samples = _in_order(samples.select(["time", "machine", *signals]))
    if len(samples) < 2 or not _repeats(samples):
        return samples
    first = pc.ScalarAggregateOptions(skip_nulls=True, min_count=1)
    merged = samples.group_by(["time", "machine"], use_threads=False).aggregate(
        [(name, "first", first) for name in signals]
    )
    merged = merged.rename_columns([name.removesuffix("_first") for name in merged.column_names])
    return merged.select(["time", "machine", *signals]).sort_by([("machine", "ascending"), ("time", "ascending")])


def _in_order(samples: pa.Table) -> pa.Table:
    """Return the rows sorted by machine and time; as they are where they are so, which is much faster to see."""
    machine, time = samples["machine"], samples["time"]
    rises = pc.less(machine[:-1], machine[1:])
    goes_on = pc.and_(pc.equal(machine[:-1], machine[1:]), pc.less_equal(time[:-1], time[1:]))
    if pc.all(pc.or_(rises, goes_on), min_count=0).as_py():
        return samples
    return samples.sort_by([("machine", "ascending"), ("time", "ascending")])


def _repeats(samples: pa.Table) -> bool:
    time, machine = samples["time"], samples["machine"]
    same = pc.and_(pc.equal(time[1:], time[:-1]), pc.equal(machine[1:], machine[:-1]))
    return bool(pc.any(same).as_py())
