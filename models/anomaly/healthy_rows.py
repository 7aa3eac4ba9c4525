"""Rows that can teach what healthy machines look like."""

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from foreworn.fleet.history import FleetHistory
from foreworn.telemetry.sample import from_epoch_ms
from models.anomaly.settings import AnomalySettings
from models.features import RowIndex
from models.features.row_index import span_ms


def healthy_rows(
    history: FleetHistory, model: str, *, known_until: datetime, settings: AnomalySettings
) -> tuple[RowIndex, int]:
    """Return the healthy grid rows of one machine model's machines, and how many were left out as not healthy.

    A row is healthy where no failure follows within `before_failure` and neither a failure nor maintenance lies
    within `after_failure` and `after_maintenance` before it. Rows so late that a failure may follow which nobody
    has seen yet, and rows before a machine has spoken for a whole smoothing window, are no rows.

    Parameters
    ----------
    history
        What is known.
    model
        The machine model.
    known_until
        Up to where the record is complete.
    settings
        Grid and margins.
    """
    first = _first_telemetry(history.telemetry)
    spoke = [m.id for m in history.machines if m.model == model and m.id in first]
    if not spoke:
        return RowIndex.of([]), 0
    begin = from_epoch_ms(min(first[m] for m in spoke))
    grid = RowIndex.grid(spoke, begin, known_until - settings.before_failure, settings.every)
    heard = np.array([first[m] for m in grid.machine.tolist()], dtype=np.int64) + span_ms(settings.width)
    grid = grid.where(grid.time >= heard)
    near_failure = _near(grid, history.failures, settings.before_failure, settings.after_failure)
    healthy = ~near_failure & ~_near(grid, history.maintenance, timedelta(0), settings.after_maintenance)
    return grid.where(healthy), int((~healthy).sum())


def _near(rows: RowIndex, records: pa.Table, before: timedelta, after: timedelta) -> NDArray[np.bool_]:
    """Tell which rows lie in [record - before, record + after] of a record of their machine."""
    names = np.asarray(records["machine"].to_pylist(), dtype=object)
    stamps = records["time"].cast(pa.timestamp("ms", tz="UTC")).cast(pa.int64()).to_numpy()
    near = np.zeros(len(rows), dtype=bool)
    for machine, places in rows.places().items():
        own = np.append(np.sort(stamps[names == machine]), np.iinfo(np.int64).max)
        following = own[np.searchsorted(own, rows.time[places] - span_ms(after), side="left")]
        near[places] = following <= rows.time[places] + span_ms(before)
    return near


def _first_telemetry(telemetry: pa.Table) -> dict[str, int]:
    times = telemetry.select(["machine", "time"]).group_by("machine").aggregate([("time", "min")])
    first = times["time_min"].cast(pa.timestamp("ms", tz="UTC")).cast(pa.int64())
    return dict(zip(times["machine"].to_pylist(), first.to_pylist(), strict=True))
