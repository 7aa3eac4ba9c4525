"""The telemetry store in an InfluxDB 2 bucket, read through InfluxQL, which 1.8, 2 and 3 all speak."""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from foreworn.errors import ConfigurationError
from foreworn.storage.telemetry import influx_rows, influxql, line_protocol
from foreworn.storage.telemetry.admission import Admission
from foreworn.storage.telemetry.arrow_rows import (
    EVENT_KEYS,
    LOG_KEYS,
    WINDOW_KEYS,
    in_order,
    sample_rows,
    sample_schema,
)
from foreworn.storage.telemetry.influx_bucket import create_bucket
from foreworn.storage.telemetry.influx_http import LINES_PER_BODY, InfluxConnection
from foreworn.storage.telemetry.influx_lives import InfluxLives
from foreworn.storage.telemetry.influx_predictions import ranged
from foreworn.storage.telemetry.sample_lines import sample_lines
from foreworn.telemetry.sample import MILLISECOND, TelemetryBatch
from foreworn.telemetry.signal import Signal, SignalCatalogue, SignalType, SignalValue
from foreworn.telemetry.store import EVENT_SCHEMA, LARGEST_SQUARED, LOG_SCHEMA, TIME, WINDOW_SCHEMA

__all__ = ["InfluxTelemetryStore", "create_bucket"]

_FIELD_TYPES = {
    SignalType.FLOAT: "float",
    SignalType.INTEGER: "integer",
    SignalType.COUNTER: "integer",
    SignalType.STATE: "string",
}
_WINDOW_COLUMNS = ("min", "max", "mean", "stddev", "count", "first", "last")


class InfluxTelemetryStore(InfluxLives):
    """A store of telemetry and of what models say of it, in one bucket.

    Nothing is asked of the server before the first read or write, so a store can be opened while it is down.

    Parameters
    ----------
    url
        The server, such as `http://127.0.0.1:8086`.
    org, bucket, token
        Where to write, and a token that may read and write there; see `create_bucket`.
    catalogue
        The signals and their types.
    timeout
        How long one call may take before the store counts as unavailable.
    prepare
        Called once before the first read or write of telemetry, again until it succeeds: what could not be made
        ready while the server was away.
    """

    def __init__(
        self,
        *,
        url: str,
        org: str,
        bucket: str,
        token: str,
        catalogue: SignalCatalogue,
        timeout: timedelta = timedelta(seconds=30),
        prepare: Callable[[], None] | None = None,
    ) -> None:
        influx = InfluxConnection(url=url, org=org, bucket=bucket, token=token, timeout=timeout)
        super().__init__(influx, Admission("InfluxDB", catalogue))
        self._bucket = bucket
        self._receiving = threading.Lock()
        self._received = 0
        self._prepare = prepare
        self._unchecked: SignalCatalogue | None = catalogue

    def use(self, catalogue: SignalCatalogue) -> None:
        """Go by this catalogue from now on."""
        self._admission.use(catalogue)
        self._unchecked = catalogue

    def write(self, batch: TelemetryBatch) -> None:
        """Store the batch; see `TelemetryStore.write`."""
        samples = self._admission.batch(batch)
        self._check_fields()
        self._write_samples(samples)
        events = (line_protocol.event_line(event, self._next_received()) for event in batch.events)
        self._influx.write(events, precision="ms")
        self._influx.write(map(line_protocol.log_line, batch.logs), precision="ns")

    def write_table(self, samples: pa.Table) -> None:
        """Store many samples; see `TelemetryStore.write_table`."""
        admitted = self._admission.table(samples)
        self._check_fields()
        self._write_samples(admitted)

    def samples(
        self,
        start: datetime,
        end: datetime,
        *,
        devices: Sequence[str] | None = None,
        signals: Sequence[str] | None = None,
    ) -> pa.Table:
        """Return one row per sample; see `TelemetryStore.samples`."""
        asked = self._admission.asked(signals)
        self._check_fields()
        schema = sample_schema(asked)
        if not asked:
            return schema.empty_table()
        conditions = list(ranged(start, end, "device", devices))
        columns = [influxql.tag("device"), *(influxql.field(s.name) for s in asked)]
        rows = self._select("telemetry", columns, schema, conditions)
        for signal in asked:
            if signal.type is SignalType.STATE:
                rows = self._with_empty_states(rows, signal, conditions)
        return in_order(rows, ("device", "time"))

    def events(self, start: datetime, end: datetime, *, devices: Sequence[str] | None = None) -> pa.Table:
        """Return events; see `TelemetryStore.events`."""
        columns = [*map(influxql.tag, EVENT_SCHEMA.names[1:4]), *map(influxql.field, EVENT_SCHEMA.names[4:])]
        schema = EVENT_SCHEMA.append(pa.field("received", pa.int64()))
        conditions = ranged(start, end, "device", devices)
        rows = self._select("event", [*columns, influxql.field("received")], schema, conditions)
        return influx_rows.texts_filled(in_order(influx_rows.last_received(rows), EVENT_KEYS))

    def logs(self, start: datetime, end: datetime, *, devices: Sequence[str] | None = None) -> pa.Table:
        """Return log lines; see `TelemetryStore.logs`."""
        columns = [*map(influxql.tag, LOG_SCHEMA.names[1:4]), *map(influxql.field, LOG_SCHEMA.names[4:])]
        schema = LOG_SCHEMA.set(0, pa.field("time", pa.int64()))
        rows = self._select("log", columns, schema, ranged(start, end, "device", devices), epoch="ns")
        ms = pa.array(rows["time"].to_numpy() // line_protocol.NS_PER_MS).cast(TIME)
        return influx_rows.texts_filled(in_order(rows.set_column(0, "time", ms), LOG_KEYS))

    def last(self, *, devices: Sequence[str] | None = None) -> pa.Table:
        """Return the newest value of every signal; see `TelemetryStore.last`."""
        asked = self._admission.asked(None)
        self._check_fields()
        found: list[tuple[int, str, str, SignalValue]] = []
        for condition in influxql.choices("device", devices):
            selects = [
                influxql.select("telemetry", [f"last({influxql.field(s.name)})"], condition, group_by='"device"')
                for s in asked
            ]
            for signal, series in zip(asked, self._influx.series(selects) if selects else [], strict=True):
                found += ((*influx_rows.first_row(one, signal),) for one in series)
        rows: dict[str, tuple[int, dict[str, SignalValue]]] = {}
        for ms, device, name, value in found:
            newest, values = rows.get(device, (ms, {}))
            rows[device] = (max(newest, ms), {**values, name: value})
        return sample_rows(((device, *rows[device]) for device in sorted(rows)), asked)

    def windows(
        self,
        start: datetime,
        end: datetime,
        every: timedelta,
        *,
        devices: Sequence[str] | None = None,
        signals: Sequence[str] | None = None,
    ) -> pa.Table:
        """Return aggregates of numeric signals; see `TelemetryStore.windows`."""
        asked = [s for s in self._admission.asked(signals) if s.type is not SignalType.STATE]
        self._check_fields()
        conditions = list(ranged(start, end, "device", devices))
        parts = [self._windows(signal, every // MILLISECOND, condition) for signal in asked for condition in conditions]
        return in_order(pa.concat_tables([WINDOW_SCHEMA.empty_table(), *parts]), WINDOW_KEYS)

    def count_samples(self, start: datetime, end: datetime) -> int:
        """Return how many samples lie in the range."""
        # A count of a field is not a count of samples, and InfluxQL has no other: the rows are read, times alone.
        columns = [influxql.field(name) for name in self._stored_fields()]
        if not columns:
            return 0
        schema = pa.schema([("time", pa.int64())])
        return len(self._select("telemetry", columns, schema, ranged(start, end, "device", None)))

    def close(self) -> None:
        """Close all connections."""
        self._influx.close()

    def _write_samples(self, admitted: pa.Table) -> None:
        for first in range(0, len(admitted), LINES_PER_BODY):
            self._influx.write_lines(sample_lines(admitted.slice(first, LINES_PER_BODY)), precision="ms")

    def _check_fields(self) -> None:
        """Compare the bucket's field types with the catalogue's: a value of another type could become invisible."""
        if self._prepare is not None:
            self._prepare()
            self._prepare = None
        catalogue = self._unchecked
        if catalogue is None:
            return
        for name, kinds in self._stored_fields().items():
            wanted = _FIELD_TYPES[catalogue.by_name(name).type] if name in catalogue.names else None
            if wanted and kinds != {wanted}:
                raise ConfigurationError(
                    f"bucket {self._bucket!r} keeps signal {name!r} as {' and '.join(sorted(kinds))}, the catalogue "
                    f"says {wanted}: give the signal another name, or start with another bucket"
                )
        if self._unchecked is catalogue:
            self._unchecked = None

    def _stored_fields(self) -> dict[str, set[str]]:
        fields: dict[str, set[str]] = {}
        for series in self._influx.series(['SHOW FIELD KEYS FROM "telemetry"'])[0]:
            for name, kind in series["values"]:
                fields.setdefault(name, set()).add(kind)
        return fields

    def _with_empty_states(self, rows: pa.Table, signal: Signal, conditions: Sequence[str]) -> pa.Table:
        """Put empty texts where CSV, which cannot say them, has null."""
        empty = [f"{condition} AND {influxql.field(signal.name)} = ''" for condition in conditions]
        columns = [influxql.tag("device"), influxql.field(signal.name)]
        found = self._select("telemetry", columns, sample_schema([signal]), empty)
        if not len(found):
            return rows
        # No signal is called "".
        marked = found.select(["device", "time"]).append_column("", pa.array([True] * len(found)))
        joined = rows.join(marked, ["device", "time"])
        text = pc.if_else(pc.fill_null(joined[""], False), "", joined[signal.name])
        place = joined.column_names.index(signal.name)
        return joined.set_column(place, signal.name, text).select(rows.column_names)

    def _windows(self, signal: Signal, step: int, condition: str) -> pa.Table:
        # As float: the mean of integers would overflow.
        value = f"{influxql.name(signal.name)}::float"
        select = influxql.select(
            "telemetry",
            [f"{aggregate}({value})" for aggregate in _WINDOW_COLUMNS],
            condition,
            group_by=f'time({step}ms), "device" fill(none)',
        )
        kinds = [("time", TIME), *((c, pa.int64() if c == "count" else pa.float64()) for c in _WINDOW_COLUMNS)]
        found = influx_rows.as_selected(pa.schema(kinds)).insert(0, pa.field("tags", pa.string()))
        rows = self._influx.rows(select, len(_WINDOW_COLUMNS), found).rename_columns(["tags", *dict(kinds)])
        rows = rows.append_column("device", influx_rows.devices_of(rows["tags"])).append_column("sd", _spread(rows))
        signals = pa.array([signal.name] * len(rows), pa.string())
        return rows.append_column("signal", signals).select(WINDOW_SCHEMA.names)

    def _next_received(self) -> int:
        """Return the present in ns, growing with every call: of two severities of one event the later one counts."""
        with self._receiving:
            self._received = max(time.time_ns(), self._received + 1)
            return self._received


def _spread(rows: pa.Table) -> pa.ChunkedArray:
    largest = pc.max_element_wise(pc.abs(rows["min"]), pc.abs(rows["max"]))
    return pc.if_else(pc.less(largest, LARGEST_SQUARED), rows["stddev"], None)
