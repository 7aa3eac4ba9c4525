"""Which windows of time data that comes after its scoring makes dirty."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from foreworn.telemetry.intake import DirtyWindow
from foreworn.telemetry.sample import Event, Sample, TelemetryBatch


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
    times: dict[str, set[datetime]] = {}
    entries: list[Sample | Event] = [*batch.samples, *batch.events]
    for entry in entries:
        if entry.time <= scored_until:
            times.setdefault(entry.device, set()).add(entry.time)
    return [window for device in sorted(times) for window in _joined(device, sorted(times[device]), reach)]


def _joined(device: str, times: Iterable[datetime], reach: timedelta) -> list[DirtyWindow]:
    windows: list[DirtyWindow] = []
    for time in times:
        if windows and time <= windows[-1].end:
            windows[-1] = DirtyWindow(device, windows[-1].start, time + reach)
        else:
            windows.append(DirtyWindow(device, time, time + reach))
    return windows
