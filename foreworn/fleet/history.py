"""A fleet's history in memory: what machines said and what was done to them, as Arrow tables."""

from dataclasses import dataclass, field, replace
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from foreworn.fleet.machine import Attachment, Machine
from foreworn.fleet.renewal import renewals
from foreworn.telemetry.signal import SignalCatalogue

TIME = pa.timestamp("ms", tz="UTC")
EVENT_SCHEMA = pa.schema(
    [
        ("time", TIME),
        ("machine", pa.string()),
        ("code", pa.string()),
        ("severity", pa.string()),
        ("message", pa.string()),
    ]
)
LOG_SCHEMA = pa.schema(
    [
        ("time", TIME),
        ("machine", pa.string()),
        ("level", pa.string()),
        ("logger", pa.string()),
        ("message", pa.string()),
    ]
)
MAINTENANCE_SCHEMA = pa.schema(
    [
        ("time", TIME),
        ("machine", pa.string()),
        ("component", pa.string()),
        ("action", pa.string()),
        ("kind", pa.string()),
    ]
)
FAILURE_SCHEMA = pa.schema(
    [("time", TIME), ("machine", pa.string()), ("component", pa.string()), ("mode", pa.string())]
)
ARRIVAL_SCHEMA = pa.schema([("received_at", TIME), ("topic", pa.string()), ("payload", pa.binary())])


@dataclass(frozen=True, slots=True)
class FleetHistory:
    """What is known of a fleet over some stretch of time.

    Parameters
    ----------
    machines
        The fleet, sorted by id.
    telemetry
        `time`, `machine` and one column per signal (float64, int64 or string), sorted by machine, time;
        one row per (machine, time), null where a signal was not reported.
    events
        `EVENT_SCHEMA`, sorted by machine, time, code.
    maintenance
        `MAINTENANCE_SCHEMA`; `kind` is preventive or corrective; sorted by machine, time, component. Which of it
        begins a new life is for `foreworn.fleet.renewal` to tell.
    failures
        `FAILURE_SCHEMA`; sorted by machine, time, component.
    logs
        `LOG_SCHEMA`: the lines of operation logs, where they are on record; sorted by machine, time, level, logger,
        message. A line that is said again within its millisecond is the same line.
    """

    machines: tuple[Machine, ...]
    telemetry: pa.Table
    events: pa.Table
    maintenance: pa.Table
    failures: pa.Table
    logs: pa.Table = field(default_factory=LOG_SCHEMA.empty_table)

    def between(self, start: datetime, end: datetime) -> "FleetHistory":
        """Return the part in [start, end) of every table; the machines stay."""
        return replace(
            self,
            telemetry=_between(self.telemetry, start, end),
            events=_between(self.events, start, end),
            maintenance=_between(self.maintenance, start, end),
            failures=_between(self.failures, start, end),
            logs=_between(self.logs, start, end),
        )

    def until(self, end: datetime) -> "FleetHistory":
        """Return what was stamped before `end`."""
        return self.between(datetime.min.replace(year=1900, tzinfo=end.tzinfo), end)

    @property
    def renewals(self) -> pa.Table:
        """The maintenance that began a component's life anew."""
        return renewals(self.maintenance)

    @property
    def components(self) -> tuple[str, ...]:
        """Every component id in the fleet, sorted."""
        return tuple(sorted({c for m in self.machines for c in m.components}))

    @property
    def signals(self) -> tuple[str, ...]:
        """The telemetry's signal names, sorted."""
        return tuple(sorted(set(self.telemetry.column_names) - {"time", "machine"}))


@dataclass(frozen=True, slots=True)
class RecordedFleet:
    """A fleet's history with what is needed to live through it again.

    Parameters
    ----------
    history
        What machines said and what was done to them.
    catalogue
        The signals of every machine model in it.
    attachments
        The devices that speak for the machines, sorted by device, since.
    arrivals
        Where they were recorded: the raw messages in the order they came, repeats and broken ones
        included, as `ARRIVAL_SCHEMA`.
    notes
        What was assumed where the record leaves something open; sentences for people.
    """

    history: FleetHistory
    catalogue: SignalCatalogue
    attachments: tuple[Attachment, ...]
    arrivals: pa.Table | None = None
    notes: tuple[str, ...] = ()


def _between(table: pa.Table, start: datetime, end: datetime) -> pa.Table:
    time = table["time"]
    first, last = pa.scalar(start, TIME), pa.scalar(end, TIME)
    return table.filter(pc.and_(pc.greater_equal(time, first), pc.less(time, last)))
