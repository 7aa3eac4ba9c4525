"""What a gradient-boosted model says of a matrix of features, by column; objects and reasons only where asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from foreworn.fleet.history import FleetHistory
from foreworn.fleet.machine import Machine
from foreworn.health.forecast import FORECAST_SCHEMA, TIME, Forecast
from foreworn.telemetry.sample import to_epoch_ms
from models.features import RowIndex

if TYPE_CHECKING:
    from models.failure.gradient_boosted import GradientBoostedFailureModel

Values = NDArray[np.float64]
Places = NDArray[np.intp]

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
    matrix: Values
    issued_at: datetime

    def table(self) -> pa.Table:
        """Return all forecasts at the model's own horizon as `FORECAST_SCHEMA`, revision 0."""
        names, place = self.index.machines()
        machine, time = pa.array(names, pa.string()).take(pa.array(place)), pa.array(self.index.time).cast(TIME)
        kinds = self._kinds(names, place)
        parts = [self._columns(name, rows, kinds, machine, time) for name, rows in self._rows_by_component(kinds)]
        return pa.concat_tables([FORECAST_SCHEMA.empty_table(), *parts])

    def forecasts(self, chosen: Sequence[int]) -> list[Forecast]:
        """Return the forecasts in these rows of the table, in this order, with reasons and curve."""
        kinds = self._kinds(*self.index.machines())
        seats = [(row, name) for name, rows in self._rows_by_component(kinds) for row in rows.tolist()]
        rows = np.array(sorted({seats[i][0] for i in chosen}), np.intp)
        pairs = self.index.where(rows).pairs()
        said = self.model.forecasts_of(
            self.matrix[rows], self.history, pairs, (self.model.horizon,), issued_at=self.issued_at
        )
        found = {(f.machine, f.component, f.time): f for f in said}
        row_of = dict(zip(rows.tolist(), pairs, strict=True))
        return [found[row_of[row][0], name, row_of[row][1]] for row, name in (seats[i] for i in chosen)]

    def _kinds(self, names: Sequence[str], place: NDArray[np.int64]) -> "_Kinds":
        """Return the rows' machines by what decides how they are scored, which few of them differ in."""
        known = {machine.id: machine for machine in self.history.machines}
        kinds: dict[tuple[str, tuple[str, ...]], int] = {}
        machines = [known[name] for name in names]
        of_machine = [kinds.setdefault((m.model, m.components), len(kinds)) for m in machines]
        first = dict(zip(reversed(of_machine), reversed(machines), strict=True))
        return _Kinds(tuple(first[kind] for kind in range(len(kinds))), np.array(of_machine, np.intp)[place])

    def _rows_by_component(self, kinds: "_Kinds") -> list[tuple[str, Places]]:
        """Return the components, sorted, and the rows of which something is said of each."""
        told = sorted({*self.model.components, *self.model.ages})
        return [(name, np.flatnonzero(kinds.rows(partial(self._is_told, name)))) for name in told]

    def _is_told(self, component: str, machine: Machine) -> bool:
        return component in machine.components and (self._by_signs(component, machine) or component in self.model.ages)

    def _by_signs(self, component: str, machine: Machine) -> bool:
        return component in self.model.components and self.model.knows(machine, component)

    def _columns(self, component: str, rows: Places, kinds: "_Kinds", machine: pa.Array, time: pa.Array) -> pa.Table:
        every = len(rows) == len(self.index)
        columns = {
            "time": time if every else time.take(pa.array(rows)),
            "machine": machine if every else machine.take(pa.array(rows)),
            "component": pa.repeat(component, len(rows)),
            "horizon_h": pa.repeat(self.model.horizon / _HOUR, len(rows)),
            "probability": pa.array(self._probability(component, rows, kinds)),
            "model_version": pa.repeat(self.model.version, len(rows)),
            "revision": pa.repeat(pa.scalar(0, pa.int64()), len(rows)),
            "issued_at": pa.repeat(pa.scalar(to_epoch_ms(self.issued_at), pa.int64()), len(rows)).cast(TIME),
        }
        return pa.table(columns, schema=FORECAST_SCHEMA)

    def _probability(self, component: str, rows: Places, kinds: "_Kinds") -> Values:
        """Return what the component's signs say of the rows and, of machines whose signs are not known, its age."""
        by_signs = kinds.rows(partial(self._by_signs, component))[rows]
        told = np.empty(len(rows))
        if by_signs.any():
            whole = by_signs.all() and len(rows) == len(self.matrix)
            own = self.matrix if whole else self.matrix[rows[by_signs]]
            told[by_signs] = self.model.components[component].probability(own, self.model.horizon)
        if not by_signs.all():
            age_model, old = self.model.ages[component], self.index.where(rows[~by_signs])
            told[~by_signs] = age_model.within(age_model.age_days(self.history, old), self.model.horizon).probability
        return told


@dataclass(frozen=True, slots=True)
class _Kinds:
    """Machines of the same model and components are one kind.

    Parameters
    ----------
    machines
        One of each kind.
    kind : (n_rows,) int
        Of each row's machine.
    """

    machines: tuple[Machine, ...]
    kind: Places

    def rows(self, holds: Callable[[Machine], bool]) -> NDArray[np.bool_]:
        """Return of which rows' machines something holds."""
        return np.array([holds(machine) for machine in self.machines], np.bool_)[self.kind]
