"""Joins what the express read by column and what was read message by message into the samples of one turn."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from foreworn.telemetry.sample import Sample, to_epoch_ms
from foreworn.telemetry.sample_columns import KEYS, SampleColumns
from foreworn.telemetry.store import TIME
from ingestion.formats.native_json.columns import NO_SEQ
from ingestion.reception.express import Load, Lot

_TYPES: dict[type, pa.DataType] = {float: pa.float64(), int: pa.int64(), str: pa.string()}


def samples_of(load: Load, others: Sequence[tuple[int, Sample]]) -> Sequence[Sample]:
    """Return all samples of a turn in the order they came, by column.

    Only where a signal has two types in the same turn, because the catalogue changed in the middle of it, is
    the result a tuple, in which each sample keeps its own.

    Parameters
    ----------
    load
        What the express took.
    others
        The other samples, each with the number of the message it came in, in order.
    """
    parts = [(lot.messages, _columns_of(lot, load.seats.names)) for lot in load.lots if len(lot.messages)]
    if others:
        rows = _columns([sample for _, sample in others])
        if rows is None or not _agree([rows, *(columns for _, columns in parts)]):
            return _one_by_one(parts, others)
        parts.append((np.array([message for message, _ in others], np.intp), rows))
    if len(parts) < 2:
        return parts[0][1] if parts else ()
    order = np.argsort(np.concatenate([messages for messages, _ in parts]), kind="stable")
    table = pa.concat_tables([columns.table for _, columns in parts], promote_options="default")
    seqs = pa.chunked_array([chunk for _, columns in parts for chunk in columns.seqs.chunks])
    return SampleColumns(table.take(order), seqs.take(order))


def _columns_of(lot: Lot, names: pa.StringArray) -> SampleColumns:
    table = pa.Table.from_arrays(
        [pa.array(lot.times).view(TIME), names.take(pa.array(lot.numbers)), *lot.columns.values()],
        names=[*KEYS, *lot.columns],
    )
    return SampleColumns(table, pa.chunked_array([pa.array(lot.seqs, mask=lot.seqs == NO_SEQ)]))


def _columns(samples: Sequence[Sample]) -> SampleColumns | None:
    """Return samples by column, or None where they do not fit into columns."""
    types: dict[str, pa.DataType] = {}
    for sample in samples:
        for name, value in sample.values.items():
            if types.setdefault(name, _TYPES[type(value)]) != _TYPES[type(value)] or name in KEYS:
                return None
    table = pa.Table.from_arrays(
        [
            pa.array([to_epoch_ms(sample.time) for sample in samples], pa.int64()).view(TIME),
            pa.array([sample.device for sample in samples], pa.string()),
            *(pa.array([sample.values.get(name) for sample in samples], kind) for name, kind in types.items()),
        ],
        names=[*KEYS, *types],
    )
    return SampleColumns(table, pa.chunked_array([pa.array([sample.seq for sample in samples], pa.int64())]))


def _agree(parts: Sequence[SampleColumns]) -> bool:
    types: dict[str, pa.DataType] = {}
    return all(types.setdefault(field.name, field.type) == field.type for part in parts for field in part.table.schema)


def _one_by_one(
    parts: Sequence[tuple[NDArray[np.intp], SampleColumns]], others: Sequence[tuple[int, Sample]]
) -> tuple[Sample, ...]:
    told = [pair for messages, columns in parts for pair in zip(messages.tolist(), columns, strict=True)]
    return tuple(sample for _, sample in sorted([*told, *others], key=lambda pair: pair[0]))
