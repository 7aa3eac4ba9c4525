"""What both twins of the operations store hold to, whatever keeps the rows."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from foreworn.errors import Conflict, NotFound
from foreworn.fleet.machine import Attachment, Machine
from foreworn.health.forecast import Forecast
from foreworn.telemetry.intake import DirtyWindow
from foreworn.telemetry.signal import Signal, SignalCatalogue

MAINTENANCE_KINDS = ("corrective", "preventive")
RECORD_KEY = ("machine", "time", "component")


def normal_machine(machine: Machine) -> Machine:
    """Return the machine with its components sorted, each once."""
    return replace(machine, components=tuple(sorted(set(machine.components))))


def check_attachments(attachments: Iterable[Attachment]) -> None:
    """Hold that a device sits on one machine at a time.

    Raises
    ------
    ValueError
        If an attachment ends before it begins.
    Conflict
        If a device would sit on two machines at once.
    """
    by_device: dict[str, list[Attachment]] = defaultdict(list)
    for attachment in attachments:
        if attachment.until is not None and attachment.until <= attachment.since:
            raise ValueError(
                f"device {attachment.device!r} would leave machine {attachment.machine!r} at {attachment.until}, "
                f"before it came at {attachment.since}"
            )
        by_device[attachment.device].append(attachment)
    for placed in by_device.values():
        for earlier, later in pairwise(sorted(placed, key=lambda a: a.since)):
            if earlier.machine != later.machine and earlier.covers(later.since):
                raise Conflict(
                    f"device {earlier.device!r} sits on machine {earlier.machine!r} since {earlier.since}: "
                    f"end that before it comes to {later.machine!r} at {later.since}"
                )


def merged_catalogue(catalogue: SignalCatalogue, more: SignalCatalogue) -> SignalCatalogue:
    """Return both; where they differ on (machine model, signal), `more` wins."""
    models: dict[str, dict[str, Signal]] = defaultdict(dict)
    for part in (catalogue, more):
        for model, signal in part:
            models[model][signal.name] = signal
    return SignalCatalogue({model: signals.values() for model, signals in models.items()})


def record_rows(records: pa.Table, schema: pa.Schema, machines: Iterable[str]) -> list[dict[str, Any]]:
    """Return the rows of a record of maintenance or failures, the last of those that name the same thing.

    Raises
    ------
    ValueError
        If a column is missing, holds a null or another type, or `kind` is not one that exists.
    NotFound
        If a row names a machine that is not among `machines`.
    """
    missing = sorted(set(schema.names) - set(records.column_names))
    if missing:
        raise ValueError(f"records lack the columns {', '.join(missing)}; given: {', '.join(records.column_names)}")
    table = records.select(schema.names).cast(schema)
    for name in schema.names:
        if table[name].null_count:
            raise ValueError(f"records have {table[name].null_count} rows without a {name}")
    _check_known(table, machines)
    return list({tuple(row[k] for k in RECORD_KEY): row for row in table.to_pylist()}.values())


def _check_known(table: pa.Table, machines: Iterable[str]) -> None:
    known = set(machines)
    for machine in pc.unique(table["machine"]).to_pylist():
        if machine not in known:
            raise NotFound("machine", machine)
    if "kind" in table.column_names:
        for kind in pc.unique(table["kind"]).to_pylist():
            if kind not in MAINTENANCE_KINDS:
                raise ValueError(f"maintenance is {' or '.join(MAINTENANCE_KINDS)}, not {kind!r}")


def record_table(rows: Sequence[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    """Return rows as Arrow, sorted by machine, time, component."""
    table = pa.Table.from_pylist(list(rows), schema=schema)
    return table.sort_by([(name, "ascending") for name in RECORD_KEY])


def check_limit(limit: int) -> None:
    """Hold that a limit is a number of rows.

    Raises
    ------
    ValueError
        If it is below 0.
    """
    if limit < 0:
        raise ValueError(f"the limit is a number of entries, 0 or more, not {limit}")


def check_windows(windows: Iterable[DirtyWindow]) -> None:
    """Hold that windows end after they begin, or at once.

    Raises
    ------
    ValueError
        If one does not.
    """
    for window in windows:
        if window.end < window.start:
            raise ValueError(f"a dirty window of {window.device!r} ends at {window.end}, before {window.start}")


def sorted_windows(windows: Iterable[DirtyWindow]) -> list[DirtyWindow]:
    """Return windows by device, start, end."""
    return sorted(windows, key=lambda w: (w.device, w.start, w.end))


def latest_verdicts(forecasts: Iterable[Forecast]) -> dict[tuple[str, str], Forecast]:
    """Return which of the forecasts, in the order they were posted, stands for each machine and component."""
    standing: dict[tuple[str, str], Forecast] = {}
    for forecast in forecasts:
        key = (forecast.machine, forecast.component)
        if key not in standing or supersedes(forecast, standing[key]):
            standing[key] = forecast
    return standing


def supersedes(new: Forecast, standing: Forecast) -> bool:
    """Tell whether a forecast takes a standing one's place on the verdict board."""
    return (new.time, new.revision) >= (standing.time, standing.revision)


def check_forecast(forecast: Forecast) -> None:
    """Hold that a forecast is made of numbers.

    Raises
    ------
    ValueError
        If a probability is not within [0, 1], or a reason holds a NaN or an infinity.
    """
    whose = f"the forecast of {forecast.component!r} of {forecast.machine!r} at {forecast.time}"
    if not 0 <= forecast.probability <= 1:
        raise ValueError(f"{whose} has the probability {forecast.probability}, which is not within [0, 1]")
    if not all(0 <= probability <= 1 for _, probability in forecast.curve):
        raise ValueError(f"{whose} has a curve that is not within [0, 1]: {forecast.curve}")
    for reason in forecast.reasons:
        numbers = (reason.value, reason.usual_low, reason.usual_high, reason.contribution)
        if not all(n is None or math.isfinite(n) for n in numbers):
            raise ValueError(f"{whose} has a reason, {reason.feature!r}, that is not finite: {numbers}")


def standing_order(forecast: Forecast) -> tuple[float, str, str]:
    """Return the key that sorts the most probable first, then by machine and component."""
    return (-forecast.probability, forecast.machine, forecast.component)
