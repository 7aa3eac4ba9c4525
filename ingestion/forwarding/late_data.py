"""Which windows of time data that comes after its scoring makes dirty."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from foreworn.telemetry.intake import DirtyWindow
from foreworn.telemetry.sample import MILLISECOND, Event, LogLine, Sample, TelemetryBatch, from_epoch_ms, to_epoch_ms
from foreworn.telemetry.sample_columns import SampleColumns


def dirty_windows(batch: TelemetryBatch, scored_until: datetime, reach: timedelta) -> list[DirtyWindow]:
    """Return the windows whose scores rest on data that comes only now, joined where they touch.

    Parameters
    ----------
    batch
        What comes.
    scored_until
        Up to where machines are scored: what lies there or before is late.
    reach
        How long a reading goes on having a part in scores: its window is [time, time + reach].

    Returns
    -------
    list of DirtyWindow
        Sorted by device and start.
    """
    until = to_epoch_ms(scored_until)
    late = pa.concat_tables([_late(batch.samples, until), _late(batch.events, until), _late(batch.logs, until)])
    if not len(late):
        return []
    ordered = late.sort_by([("device", "ascending"), ("time", "ascending")])
    devices, times = ordered["device"].combine_chunks(), ordered["time"].to_numpy()
    changed = pc.not_equal(devices[1:], devices[:-1]).to_numpy(zero_copy_only=False)
    starts = np.concatenate([[True], changed | (np.diff(times) > reach / MILLISECOND)])
    first = np.flatnonzero(starts)
    last = np.append(first[1:], len(times)) - 1
    return [
        DirtyWindow(device, from_epoch_ms(int(start)), from_epoch_ms(int(end)) + reach)
        for device, start, end in zip(devices.take(pa.array(first)).to_pylist(), times[first], times[last], strict=True)
    ]


def _late(entries: Sequence[Sample] | Sequence[Event] | Sequence[LogLine], until: int) -> pa.Table:
    """Return device and time, in epoch ms, of the entries up to a time."""
    if isinstance(entries, SampleColumns):
        columns = [entries.table["device"].cast(pa.string()), entries.table["time"].cast(pa.int64())]
    else:
        devices = pa.array([entry.device for entry in entries], pa.string())
        columns = [devices, pa.array([to_epoch_ms(entry.time) for entry in entries], pa.int64())]
    table = pa.table(columns, names=["device", "time"])
    return table.filter(pc.less_equal(table["time"], until))
