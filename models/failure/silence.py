"""Signals that training always heard and that are silent now: what trees were never taught to do without.

Where no training row lacked a value, LightGBM has no branch for one that is missing and takes it for 0, which is a
value as good as any other and mostly a wrong one. So a row in which too much of what a component's trees go by is
silent is not theirs to forecast.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.features import FeatureSet, MachineModel

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]
Places = NDArray[np.intp]

ALWAYS: Final = 0.99
"""A signal that so large a share of a machine model's training rows said something of was always heard."""

ALL_ROWS: Final = 0
"""The group of all training rows, whatever their machine model; groups of one model each follow."""


@dataclass(frozen=True, slots=True)
class SignalsHeard:
    """How much of the training rows said something of each signal, by machine model.

    Parameters
    ----------
    signals
        Those that the features read, in the order of their first columns.
    share
        By group, those of `group_of_rows`, and signal: in which share of the rows any of its features was known.
    """

    signals: tuple[str, ...]
    share: tuple[tuple[float, ...], ...]

    @classmethod
    def of(cls, features: FeatureSet, matrix: Values) -> "SignalsHeard":
        """Return what was heard in training rows, (n_rows, n_features) float."""
        signals = tuple(signal_columns(features))
        said, group = ~_unheard(features, matrix), group_of_rows(features, matrix)
        rows = [said if g == ALL_ROWS else said[group == g] for g in range(groups(features))]
        return cls(signals, tuple(tuple((own.sum(axis=0) / max(len(own), 1)).tolist()) for own in rows))

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data for JSON."""
        return {"signals": list(self.signals), "share": [list(own) for own in self.share]}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "SignalsHeard":
        """Build it from what `as_data` gave."""
        return cls(tuple(data["signals"]), tuple(tuple(own) for own in data["share"]))

    def silence(self, features: FeatureSet, matrix: Values) -> "Silence":
        """Return which signals rows, (n_rows, n_features) float, lack that machines like theirs always had."""
        unheard, group = _unheard(features, matrix), group_of_rows(features, matrix)
        if unheard.any():
            unheard &= (np.array(self.share) >= ALWAYS)[group]
        return Silence(self.signals, unheard, group)

    def leaning(self, features: FeatureSet, gain: Values) -> Values:
        """Return which share of what trees gained in training came from each signal.

        Of what machines of a group can tell: what trees gained by signals that a group never has does not count there.

        Parameters
        ----------
        gain : (n_features,) float
            What each column gained.

        Returns
        -------
        (n_groups, n_signals) float
        """
        own = np.array([gain[columns].sum() for columns in signal_columns(features).values()])
        had = np.where(np.array(self.share) > 0, own, 0.0)
        total = gain.sum() - own.sum() + had.sum(axis=1, keepdims=True)
        return np.asarray(np.divide(had, total, out=np.zeros_like(had), where=total > 0))


@dataclass(frozen=True, slots=True)
class Silence:
    """Which signals some rows lack that machines like theirs always had in training.

    Parameters
    ----------
    signals
        Those that the features read.
    silent : (n_rows, n_signals) bool
        Which of them fell silent.
    group : (n_rows,) int
        The rows' groups.
    """

    signals: tuple[str, ...]
    silent: Flags
    group: Places

    @property
    def any(self) -> bool:
        """Whether any signal fell silent in any row."""
        return bool(self.silent.any())

    def lost(self, leaning: Values) -> Values:
        """Return the share of what trees go by that is silent, (n_rows,) float; `leaning` as `SignalsHeard` has it."""
        lost = np.zeros(len(self.silent))
        rows = np.flatnonzero(self.silent.any(axis=1))
        lost[rows] = (self.silent[rows] * leaning[self.group[rows]]).sum(axis=1)
        return lost

    def names(self, row: int) -> list[str]:
        """Return the signals that fell silent in one row."""
        return [self.signals[place] for place in np.flatnonzero(self.silent[row])]


def signal_columns(features: FeatureSet) -> dict[str, list[int]]:
    """Return the columns of each signal, in the order of the first of them."""
    columns: dict[str, list[int]] = {}
    signals = features.signals
    for column, feature in enumerate(features.features):
        if feature.source in signals:
            columns.setdefault(feature.source, []).append(column)
    return columns


def group_of_rows(features: FeatureSet, matrix: Values) -> Places:
    """Return each row's group: that of its machine model, or `ALL_ROWS` where the features do not tell that."""
    if not features.categories:
        return np.full(len(matrix), ALL_ROWS)
    (column,) = features.categories
    return np.nan_to_num(matrix[:, column] + 1, nan=ALL_ROWS).astype(np.intp)


def groups(features: FeatureSet) -> int:
    """Return how many groups of rows there are: all of them, and one per machine model."""
    return 1 + sum(len(feature.models) for feature in features.features if isinstance(feature, MachineModel))


def _unheard(features: FeatureSet, matrix: Values) -> Flags:
    """Return of which signals nothing is known in each row, (n_rows, n_signals) bool."""
    columns = signal_columns(features)
    unheard = np.zeros((len(matrix), len(columns)), dtype=bool)
    for place, own in enumerate(columns.values()):
        # Nearly always the first column is known, and there is nothing more to look at.
        rows = np.flatnonzero(np.isnan(matrix[:, own[0]]))
        unheard[rows, place] = np.isnan(matrix[rows][:, own]).all(axis=1)
    return unheard
