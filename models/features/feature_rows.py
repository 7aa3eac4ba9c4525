"""Computed feature rows, and the one function that computes them for a history and for live data."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from foreworn.fleet.history import FleetHistory
from models.features.definition import WindowMean, WindowSpread
from models.features.feature_set import FeatureSet
from models.features.fleet_record import FleetRecord
from models.features.row_index import RowIndex
from models.features.window import Values, WindowMoments

_DIGITS = ".9g"  # a double keeps 15 to 17; nine survive another summation order


@dataclass(frozen=True, slots=True)
class FeatureRows:
    """One row of features per (machine, time).

    Parameters
    ----------
    names
        The columns.
    index
        The rows' machines and times.
    matrix : (n_rows, n_features) float
        NaN where a feature is not known.
    """

    names: tuple[str, ...]
    index: RowIndex
    matrix: Values

    def where(self, keep: NDArray[np.bool_]) -> "FeatureRows":
        """Return the rows where `keep` is true."""
        return FeatureRows(self.names, self.index.where(keep), self.matrix[keep])

    def digest(self) -> str:
        """Return a SHA-256 of names and rows, values at nine significant digits, rows by machine and time."""
        content = hashlib.sha256("\t".join(self.names).encode())
        order = np.lexsort((self.index.time, self.index.machine.astype(str)))
        for i in order:
            values = "\t".join(format(v + 0.0, _DIGITS) for v in self.matrix[i])  # + 0.0 turns -0 into 0
            content.update(f"\n{self.index.machine[i]}\t{self.index.time[i]}\t{values}".encode())
        return content.hexdigest()


def compute(
    features: FeatureSet, history: FleetHistory, rows: RowIndex | Sequence[tuple[str, datetime]]
) -> FeatureRows:
    """Compute the features of each row.

    A row's values depend on nothing but what the row may see (see `models.features.definition`), so
    that a live window of `features.lookback` gives the same bits as the whole history, in any order
    of rows. All maintenance must be there, however old.

    Raises
    ------
    NotFound
        If a row names a machine that the history does not have.
    """
    index = rows if isinstance(rows, RowIndex) else RowIndex.of(rows)
    # Written, and learned from, column by column.
    matrix = np.empty((len(index), len(features.features)), order="F")
    if len(index):
        record = FleetRecord(history, index, features.lookback)
        _make_room(features, record, matrix)
        for column, feature in enumerate(features.features):
            matrix[:, column] = feature.values(record)
    return FeatureRows(features.names, index, matrix)


def _make_room(features: FeatureSet, record: FleetRecord, matrix: Values) -> None:
    """Have means and spreads written where they belong, of windows of which both are features."""
    column = {f: number for number, f in enumerate(features.features) if isinstance(f, WindowMean | WindowSpread)}
    for feature, mean in column.items():
        spread = column.get(WindowSpread(feature.signal, feature.width))
        if isinstance(feature, WindowMean) and spread is not None:
            record.make_room(feature.signal, feature.width, WindowMoments(matrix[:, mean], matrix[:, spread]))
