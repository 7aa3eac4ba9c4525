"""Rows whose features are known: which of them a component's signs can tell of, and which only its age."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from foreworn.fleet.history import FleetHistory
from foreworn.fleet.machine import Machine
from foreworn.health.forecast import Reason
from models.failure.reasons import age_reasons, reasons, silence_reasons
from models.failure.silence import Lost, Silence
from models.features import RowIndex

if TYPE_CHECKING:
    from models.failure.gradient_boosted import GradientBoostedFailureModel

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]
Places = NDArray[np.intp]


@dataclass(frozen=True)
class KnownRows:
    """Rows of features, and what a model says of them; all that is ever forecast comes from here.

    A row is forecast by a component's signs if they were learned of machines like its own, and if no more of what they
    rest on is silent than the model's settings allow (`most_silent`). Any other is forecast by the component's age, or
    by its signs nevertheless where it has no age model.

    Parameters
    ----------
    model
        Who says it.
    history
        What the features were computed from: the machines, and all maintenance.
    index
        The rows.
    matrix : (n_rows, n_features) float
        Their features.
    """

    model: "GradientBoostedFailureModel"
    history: FleetHistory
    index: RowIndex
    matrix: Values

    @cached_property
    def silence(self) -> Silence:
        """What rows do not know of signals."""
        return self.model.heard.silence(self.model.features, self.matrix)

    def told(self) -> list[tuple[str, Places]]:
        """Return the components, sorted, and the rows of which something is said of each."""
        names = sorted({*self.model.components, *self.model.ages})
        return [(name, np.flatnonzero(self._kinds.rows(partial(self._is_told, name)))) for name in names]

    def by_signs(self, component: str) -> Flags:
        """Tell which rows are forecast by a component's signs."""
        known = self._kinds.rows(partial(self._is_learned, component))
        return known & self.heard(component) if known.any() else known

    def heard(self, component: str) -> Flags:
        """Tell in which rows enough is heard of what a learned component's signs rest on."""
        if component not in self.model.ages or not self.silence.any:
            return np.ones(len(self.index), dtype=bool)
        return self._lost(component).share <= self.model.provenance.settings.most_silent

    def probability(self, component: str, rows: Places, signs: Flags, horizons: Sequence[timedelta]) -> Values:
        """Return the probability of failing within each horizon.

        Parameters
        ----------
        component
            Which one.
        rows : (n,) int
            Of which rows, each once and rising.
        signs : (n,) bool
            Which of them are told by the component's signs, and not by its age.
        horizons
            Within which.

        Returns
        -------
        (n, n_horizons) float
        """
        told = np.empty((len(rows), len(horizons)))
        if signs.any():
            whole = signs.all() and len(rows) == len(self.matrix)
            own = self.matrix if whole else self.matrix[rows[signs]]
            told[signs] = self.model.components[component].probabilities(own, horizons)
        if not signs.all():
            by_age, days = self.model.ages[component], self._age_days(component, rows[~signs])
            told[~signs] = np.stack([by_age.within(days, horizon).probability for horizon in horizons], axis=1)
        return told

    def age_is_known(self, component: str, rows: Places) -> Flags:
        """Tell of which of some rows it is on record when the component's life began; of none without an age model."""
        if component not in self.model.ages:
            return np.zeros(len(rows), dtype=bool)
        return ~np.isnan(self._age_days(component, rows))

    def why(self, component: str, rows: Places, signs: Flags) -> list[tuple[Reason, ...]]:
        """Return the reasons of each of the rows; parameters as of `probability`."""
        found: list[tuple[Reason, ...]] = [()] * len(rows)
        for one, said in zip(np.flatnonzero(signs).tolist(), self._signs_say(component, rows[signs]), strict=True):
            found[one] = said
        for one, said in zip(np.flatnonzero(~signs).tolist(), self._age_says(component, rows[~signs]), strict=True):
            found[one] = said
        return found

    def _signs_say(self, component: str, rows: Places) -> list[tuple[Reason, ...]]:
        if not len(rows):
            return []
        matrix, model = self.matrix[rows], self.model
        shares = model.components[component].contributions(matrix, model.horizon)
        return reasons(model.features, model.usual, matrix, shares)

    def _age_says(self, component: str, rows: Places) -> list[tuple[Reason, ...]]:
        """Return the reasons of forecasts by age; of a machine whose signs are known also what fell silent."""
        if not len(rows):
            return []
        said = age_reasons(self.model.ages[component], self._age_days(component, rows), self.model.horizon)
        known = self._kinds.rows(partial(self._is_learned, component))[rows]
        if not known.any():
            return said
        lost = self._lost(component)
        return [
            silence_reasons(own, lost.names(row), float(lost.share[row])) if silent else own
            for own, row, silent in zip(said, rows.tolist(), known.tolist(), strict=True)
        ]

    def _age_days(self, component: str, rows: Places) -> Values:
        return self.model.ages[component].age_days(self.history, self.index.where(rows))

    def _lost(self, component: str) -> Lost:
        return self.silence.lost(component, self.model.components[component].gain())

    def _is_told(self, component: str, machine: Machine) -> bool:
        model = self.model
        return component in machine.components and (self._is_learned(component, machine) or component in model.ages)

    def _is_learned(self, component: str, machine: Machine) -> bool:
        return component in self.model.components and self.model.knows(machine, component)

    @cached_property
    def _kinds(self) -> "_Kinds":
        """The rows' machines by what decides how they are scored, which few of them differ in."""
        names, place = self.index.machines()
        known = {machine.id: machine for machine in self.history.machines}
        kinds: dict[tuple[str, tuple[str, ...]], int] = {}
        machines = [known[name] for name in names]
        of_machine = [kinds.setdefault((m.model, m.components), len(kinds)) for m in machines]
        first = dict(zip(reversed(of_machine), reversed(machines), strict=True))
        return _Kinds(tuple(first[kind] for kind in range(len(kinds))), np.array(of_machine, np.intp)[place])


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

    def rows(self, holds: Callable[[Machine], bool]) -> Flags:
        """Return of which rows' machines something holds."""
        return np.array([holds(machine) for machine in self.machines], np.bool_)[self.kind]
