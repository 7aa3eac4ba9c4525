"""Samples by column: what a fast path carries instead of one object per sample."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

import pyarrow as pa

from foreworn.telemetry.sample import Sample, from_epoch_ms

KEYS = ("time", "device")


@dataclass(frozen=True, slots=True, eq=False)
class SampleColumns(Sequence[Sample]):
    """Samples in the order they came, as an Arrow table; read one by one they are `Sample` objects.

    Parameters
    ----------
    table
        Columns `time` (ms, UTC) and `device`, then one per signal of the catalogue's type: float64, int64
        or string; null where a sample has no such value. As `TelemetryStore.write_table` takes it.
    seqs
        int64, one per row; null where the device sent none.

    Raises
    ------
    ValueError
        If the two are not of one length, or the table does not begin with `time` and `device`.
    """

    table: pa.Table
    seqs: pa.ChunkedArray

    def __post_init__(self) -> None:
        if tuple(self.table.column_names[:2]) != KEYS or len(self.table) != len(self.seqs):
            raise ValueError("sample columns are time, device, signals, and one sequence number per row")

    @property
    def signals(self) -> tuple[str, ...]:
        """The signals that have a column, in order."""
        return tuple(self.table.column_names[2:])

    def __len__(self) -> int:
        return len(self.table)

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> "SampleColumns": ...
    def __getitem__(self, index: int | slice) -> "Sample | SampleColumns":
        rows = range(len(self))[index]
        if isinstance(rows, int):
            return next(iter(self[rows : rows + 1]))
        if rows.step == 1:
            return SampleColumns(self.table.slice(rows.start, len(rows)), self.seqs.slice(rows.start, len(rows)))
        chosen = pa.array(rows, pa.int64())
        return SampleColumns(self.table.take(chosen), self.seqs.take(chosen))

    def __iter__(self) -> Iterator[Sample]:
        times = self.table["time"].cast(pa.int64()).to_pylist()
        columns = [self.table[name].to_pylist() for name in self.signals]
        for time, device, seq, *values in zip(
            times, self.table["device"].to_pylist(), self.seqs.to_pylist(), *columns, strict=True
        ):
            known = {name: value for name, value in zip(self.signals, values, strict=True) if value is not None}
            yield Sample(device, from_epoch_ms(time), known, seq)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]


def joined(parts: Sequence[Sequence[Sample]]) -> Sequence[Sample]:
    """Return all samples in the order of the parts, by column where every part is, and in the same types.

    Examples
    --------
    >>> one, two = Sample("p1", from_epoch_ms(0), {"flow": 1.0}), Sample("p1", from_epoch_ms(1), {"mode": "run"})
    >>> joined([(one,), (), (two,)]) == (one, two)
    True
    """
    told = [part for part in parts if len(part)]
    if len(told) == 1:
        return told[0]
    columns = [part for part in told if isinstance(part, SampleColumns)]
    if columns and len(columns) == len(told) and _agree(columns):
        table = pa.concat_tables([part.table for part in columns], promote_options="default")
        seqs = pa.chunked_array([chunk for part in columns for chunk in part.seqs.chunks], pa.int64())
        return SampleColumns(table, seqs)
    return tuple(sample for part in told for sample in part)


def _agree(parts: Sequence[SampleColumns]) -> bool:
    """Tell whether each signal has one type: if the catalogue changed it in between, each sample keeps its own."""
    types: dict[str, pa.DataType] = {}
    return all(types.setdefault(f.name, f.type) == f.type for part in parts for f in part.table.schema)
