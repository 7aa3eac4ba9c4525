"""Which rows to compute: one machine at one time each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from foreworn.clock import grid_times
from foreworn.telemetry.sample import MILLISECOND, from_epoch_ms, to_epoch_ms


def span_ms(span: timedelta) -> int:
    """Return a span in whole milliseconds."""
    return span // MILLISECOND


@dataclass(frozen=True, slots=True)
class RowIndex:
    """Rows as two arrays.

    Parameters
    ----------
    machine : (n_rows,) str objects
    time : (n_rows,) int, epoch ms
    """

    machine: NDArray[np.object_]
    time: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.time)

    @classmethod
    def of(cls, rows: Iterable[tuple[str, datetime]]) -> "RowIndex":
        """Build from pairs (machine, time)."""
        pairs = list(rows)
        machine = np.array([machine for machine, _ in pairs], dtype=object)
        return cls(machine, np.array([to_epoch_ms(time) for _, time in pairs], dtype=np.int64))

    @classmethod
    def grid(cls, machines: Sequence[str], start: datetime, end: datetime, every: timedelta) -> "RowIndex":
        """Build every machine at the multiples of `every` (since the epoch) in [start, end).

        Examples
        --------
        >>> from datetime import UTC
        >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
        >>> len(RowIndex.grid(["a", "b"], noon, noon + timedelta(hours=6), timedelta(hours=3)))
        4
        """
        moments = [to_epoch_ms(t) for t in grid_times(start - MILLISECOND, end - MILLISECOND, every)]
        machine = np.repeat(np.array(machines, dtype=object), len(moments))
        return cls(machine, np.tile(np.array(moments, dtype=np.int64), len(machines)))

    def pairs(self) -> list[tuple[str, datetime]]:
        """Return pairs (machine, time)."""
        return [(str(m), from_epoch_ms(int(t))) for m, t in zip(self.machine, self.time, strict=True)]

    def machines(self) -> tuple[list[str], NDArray[np.int64]]:
        """Return the machines that are named, sorted, and each row's place among them."""
        begins = np.flatnonzero(np.append(True, self.machine[1:] != self.machine[:-1]))[: len(self)]
        coded = pa.array(self.machine[begins], pa.string()).dictionary_encode()
        found = coded.dictionary.to_pylist()
        order = sorted(range(len(found)), key=found.__getitem__)
        place = np.empty(len(found), np.int64)
        place[order] = np.arange(len(found))
        places_of_runs = place[coded.indices.to_numpy()]
        return [found[i] for i in order], np.repeat(places_of_runs, np.diff(np.append(begins, len(self))))

    def places(self) -> dict[str, NDArray[np.intp]]:
        """Return the row numbers of each machine, in order."""
        names, codes = np.unique(self.machine.astype(str), return_inverse=True)
        order = np.argsort(codes, kind="stable")
        bounds = np.searchsorted(codes[order], np.arange(len(names) + 1))
        return {str(name): order[bounds[i] : bounds[i + 1]] for i, name in enumerate(names)}

    def where(self, keep: NDArray[np.bool_] | NDArray[np.intp]) -> "RowIndex":
        """Return the rows where `keep` is true, or whose numbers it holds."""
        return RowIndex(self.machine[keep], self.time[keep])
