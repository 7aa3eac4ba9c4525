"""What a gradient-boosted model says of a matrix of features, by column; objects and reasons only where asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from foreworn.fleet.history import FleetHistory
from foreworn.health.forecast import FORECAST_SCHEMA, TIME, Forecast
from foreworn.telemetry.sample import to_epoch_ms
from models.failure.known_rows import KnownRows
from models.features import RowIndex

if TYPE_CHECKING:
    from models.failure.gradient_boosted import GradientBoostedFailureModel

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ScoredMatrix:
    """Rows whose features are known, scored by a model; implements `ScoredRows`.

    The table is sorted by component, then as the rows are.

    Parameters
    ----------
    model
        Who scores.
    history
        What the features were computed from: the machines, and all maintenance.
    index
        The rows.
    matrix : (n_rows, n_features) float
        Their features.
    issued_at
        When it is said.
    """

    model: "GradientBoostedFailureModel"
    history: FleetHistory
    index: RowIndex
    matrix: NDArray[np.float64]
    issued_at: datetime

    def table(self) -> pa.Table:
        """Return all forecasts at the model's own horizon as `FORECAST_SCHEMA`, revision 0."""
        names, place = self.index.machines()
        machine, time = pa.array(names, pa.string()).take(pa.array(place)), pa.array(self.index.time).cast(TIME)
        known = self._known()
        parts = [self._columns(name, rows, known, machine, time) for name, rows in known.told()]
        return pa.concat_tables([FORECAST_SCHEMA.empty_table(), *parts])

    def forecasts(self, chosen: Sequence[int]) -> list[Forecast]:
        """Return the forecasts in these rows of the table, in this order, with reasons and curve."""
        seats = [(row, name) for name, rows in self._known().told() for row in rows.tolist()]
        rows = np.array(sorted({seats[i][0] for i in chosen}), np.intp)
        pairs = self.index.where(rows).pairs()
        said = self.model.forecasts_of(
            self.matrix[rows], self.history, pairs, (self.model.horizon,), issued_at=self.issued_at
        )
        found = {(f.machine, f.component, f.time): f for f in said}
        row_of = dict(zip(rows.tolist(), pairs, strict=True))
        return [found[row_of[row][0], name, row_of[row][1]] for row, name in (seats[i] for i in chosen)]

    def _known(self) -> KnownRows:
        return KnownRows(self.model, self.history, self.index, self.matrix)

    def _columns(
        self, component: str, rows: NDArray[np.intp], known: KnownRows, machine: pa.Array, time: pa.Array
    ) -> pa.Table:
        every = len(rows) == len(self.index)
        said = known.probability(component, rows, known.by_signs(component)[rows], (self.model.horizon,))
        columns = {
            "time": time if every else time.take(pa.array(rows)),
            "machine": machine if every else machine.take(pa.array(rows)),
            "component": pa.repeat(component, len(rows)),
            "horizon_h": pa.repeat(self.model.horizon / _HOUR, len(rows)),
            "probability": pa.array(said[:, 0]),
            "model_version": pa.repeat(self.model.version, len(rows)),
            "revision": pa.repeat(pa.scalar(0, pa.int64()), len(rows)),
            "issued_at": pa.repeat(pa.scalar(to_epoch_ms(self.issued_at), pa.int64()), len(rows)).cast(TIME),
        }
        return pa.table(columns, schema=FORECAST_SCHEMA)
