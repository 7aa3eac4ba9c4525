"""From InfluxDB's answers to the rows the port promises."""

import re

import pyarrow as pa
import pyarrow.compute as pc

from foreworn.storage.telemetry.arrow_rows import EVENT_KEYS, in_order
from foreworn.telemetry.signal import Signal, SignalType, SignalValue
from foreworn.telemetry.store import EVENT_SCHEMA


def as_selected(schema: pa.Schema) -> pa.Schema:
    """Return the schema, `time` first, with the names that columns have in an answer."""
    return pa.schema([schema.field(0), *(pa.field(f"c{i}", f.type) for i, f in enumerate(list(schema)[1:]))])


def last_received(rows: pa.Table) -> pa.Table:
    """Keep of each event the row received last: two severities are two series, but one event."""
    keys = list(EVENT_KEYS)
    grouped = in_order(rows, [*keys, "received"]).group_by(keys, use_threads=False)
    others = [c for c in EVENT_SCHEMA.names if c not in keys]
    last = grouped.aggregate([(c, "last", pc.ScalarAggregateOptions(skip_nulls=False)) for c in others])
    return last.rename_columns([*keys, *others]).select(EVENT_SCHEMA.names).cast(EVENT_SCHEMA)


def texts_filled(rows: pa.Table) -> pa.Table:
    """Return the rows with empty texts for null: a tag that is left out and an empty text both read as null."""
    for i, field in enumerate(rows.schema):
        if pa.types.is_string(field.type):
            rows = rows.set_column(i, field, pc.fill_null(rows[field.name], ""))
    return rows


def devices_of(tags: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the devices of the `tags` column that GROUP BY gives, with their escapes undone."""
    told = pc.dictionary_encode(tags).combine_chunks()
    words = [re.sub(r"\\([,= ])", r"\1", word.removeprefix("device=")) for word in told.dictionary.to_pylist()]
    return pa.chunked_array([pa.array(words, pa.string()).take(told.indices)])


def first_row(series: dict[str, object], signal: Signal) -> tuple[int, str, str, SignalValue]:
    """Return epoch ms, device, signal and value of the one row of a series that is grouped by device."""
    tags, values = series["tags"], series["values"]
    assert isinstance(tags, dict)
    assert isinstance(values, list)
    ms, value = values[0]
    return ms, tags["device"], signal.name, float(value) if signal.type is SignalType.FLOAT else value
