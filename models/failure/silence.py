"""Signals that training heard and that are silent now: what trees were never taught to do without.

Where no training row lacked a value, LightGBM has no branch for one that is missing and takes it for 0, which is a
value as good as any other and mostly a wrong one. Where some lacked it and none of them failed, the branch says that
nothing fails. So a row in which too much of what a component's trees go by is silent is not theirs to forecast.
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
"""A feature that so large a share of a machine model's training rows knew was always known."""

ALL_ROWS: Final = 0
"""The group of all training rows, whatever their machine model; groups of one model each follow."""

NO_FAILURE: Final = -1


@dataclass(frozen=True, slots=True)
class SignalsHeard:
    """How much of the training rows knew of each feature, by machine model, and what trees learned to do without.

    Parameters
    ----------
    signals
        Those that the features read, in the order of their first columns.
    share
        By group, those of `group_of_rows`, and column: in which share of the rows it was known.
    done_without
        By component, the signals of which enough failures were learned from rows that knew nothing of them.
    """

    signals: tuple[str, ...]
    share: tuple[tuple[float, ...], ...]
    done_without: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, features: FeatureSet, matrix: Values, foretold: Mapping[str, Places], *, fewest: int) -> "SignalsHeard":
        """Return what was heard in training rows, (n_rows, n_features) float.

        Parameters
        ----------
        foretold : (n_rows,) int
            By component learned, the number of the failure that each row foretells, or `NO_FAILURE`.
        fewest
            How many failures are enough to learn from.
        """
        columns, known, group = signal_columns(features), ~np.isnan(matrix), group_of_rows(features, matrix)
        rows = [known if g == ALL_ROWS else known[group == g] for g in range(groups(features))]
        share = tuple(tuple((own.sum(axis=0) / max(len(own), 1)).tolist()) for own in rows)
        heard = cls(tuple(columns), share, {})
        lacked = np.zeros((len(matrix), len(columns)), dtype=bool)
        for place, own in enumerate(columns.values()):
            lacked[:, place] = ~known[:, own].any(axis=1)
        lacked &= heard.had(features)[group]
        learned = {name: _learned_without(tuple(columns), lacked, of, fewest) for name, of in foretold.items()}
        return cls(heard.signals, share, learned)

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data for JSON."""
        without = {name: list(signals) for name, signals in self.done_without.items()}
        return {"signals": list(self.signals), "share": [list(own) for own in self.share], "done_without": without}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "SignalsHeard":
        """Build it from what `as_data` gave."""
        without = {name: tuple(signals) for name, signals in data["done_without"].items()}
        return cls(tuple(data["signals"]), tuple(tuple(own) for own in data["share"]), without)

    def had(self, features: FeatureSet) -> Flags:
        """Tell which signals machines of each group ever had, (n_groups, n_signals) bool."""
        share, columns = np.array(self.share), signal_columns(features)
        found = np.zeros((len(share), len(columns)), dtype=bool)
        for place, own in enumerate(columns.values()):
            found[:, place] = (share[:, own] > 0).any(axis=1)
        return found

    def silence(self, features: FeatureSet, matrix: Values) -> "Silence":
        """Return what rows, (n_rows, n_features) float, do not know of signals."""
        unknown = np.isnan(matrix)
        unknown &= np.isin(np.arange(matrix.shape[1]), [c for own in signal_columns(features).values() for c in own])
        rows = np.flatnonzero(unknown.any(axis=1))
        return Silence(self, features, len(matrix), rows, unknown[rows], group_of_rows(features, matrix[rows]))

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
        weights, columns = self.weights(features, gain), signal_columns(features)
        found = np.zeros((len(weights), len(columns)))
        for place, own in enumerate(columns.values()):
            found[:, place] = weights[:, own].sum(axis=1)
        return found

    def weights(self, features: FeatureSet, gain: Values) -> Values:
        """Return `leaning` by column, (n_groups, n_features) float."""
        own, had = np.tile(gain, (len(self.share), 1)), self.had(features)
        for place, columns in enumerate(signal_columns(features).values()):
            own[np.ix_(np.flatnonzero(~had[:, place]), np.array(columns))] = 0.0
        total = own.sum(axis=1, keepdims=True)
        return np.asarray(np.divide(own, total, out=np.zeros_like(own), where=total > 0))


@dataclass(frozen=True, slots=True)
class Silence:
    """What some rows do not know of signals.

    Parameters
    ----------
    heard, features
        What training knew.
    count
        How many rows there are.
    rows : (n,) int
        Those that do not know everything.
    unknown : (n, n_features) bool
        Which columns of signals they do not know.
    group : (n,) int
        Their groups.
    """

    heard: SignalsHeard
    features: FeatureSet
    count: int
    rows: Places
    unknown: Flags
    group: Places

    @property
    def any(self) -> bool:
        """Whether any row does not know everything."""
        return bool(len(self.rows))

    def lost(self, component: str, gain: Values) -> "Lost":
        """Return what a component's trees go by and miss in each row.

        A column that was always known and is not now, and all of a signal that is wholly silent, unless machines like
        the row's never had it or the trees learned to do without.

        Parameters
        ----------
        gain : (n_features,) float
            What each column gained in training.
        """
        heard, had = self.heard, self.heard.had(self.features)
        columns = signal_columns(self.features)
        gone = self.unknown & (np.array(heard.share) >= ALWAYS)[self.group]
        signals = np.zeros((len(self.rows), len(columns)), dtype=bool)
        for place, (signal, own) in enumerate(columns.items()):
            if signal not in heard.done_without.get(component, ()):
                wholly = self.unknown[:, own].all(axis=1) & had[self.group, place]
                gone[np.ix_(wholly, own)] = True
            signals[:, place] = gone[:, own].any(axis=1)
        share = np.zeros(self.count)
        share[self.rows] = (gone * heard.weights(self.features, gain)[self.group]).sum(axis=1)
        return Lost(share, heard.signals, dict(zip(self.rows.tolist(), signals, strict=True)))


@dataclass(frozen=True, slots=True)
class Lost:
    """What one component's trees go by and miss.

    Parameters
    ----------
    share : (n_rows,) float
        Of what they gained in training.
    signals
        Those that the features read.
    of_row
        By row that lacks something, of which of them.
    """

    share: Values
    signals: tuple[str, ...]
    of_row: Mapping[int, Flags]

    def names(self, row: int) -> list[str]:
        """Return the signals of which something is missing in one row."""
        return [self.signals[place] for place in np.flatnonzero(self.of_row.get(row, ()))]


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


def _learned_without(signals: tuple[str, ...], lacked: Flags, foretold: Places, fewest: int) -> tuple[str, ...]:
    """Return the signals that at least `fewest` failures were foretold without."""
    failing = foretold != NO_FAILURE
    lacked, failure = lacked[failing], foretold[failing]
    return tuple(signal for place, signal in enumerate(signals) if len(np.unique(failure[lacked[:, place]])) >= fewest)
