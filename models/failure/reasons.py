"""Why a forecast is what it is: shares of signals, event codes and records, the largest first."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foreworn.health.forecast import Reason
from models.features import FeatureSet, MachineModel

Values = NDArray[np.float64]

MOST_REASONS = 5


@dataclass(frozen=True, slots=True)
class UsualRange:
    """Where the middle 90 % of the training rows lay; None where the feature was never known."""

    low: float | None
    high: float | None


def usual_ranges(matrix: Values) -> tuple[UsualRange, ...]:
    """Return the usual range of each column, NaN left aside."""
    ranges = []
    for column in matrix.T:
        known = column[~np.isnan(column)]
        low, high = np.quantile(known, (0.05, 0.95)).tolist() if len(known) else (None, None)
        ranges.append(UsualRange(low, high))
    return tuple(ranges)


def reasons(
    features: FeatureSet, usual: Sequence[UsualRange], matrix: Values, contributions: Values
) -> list[tuple[Reason, ...]]:
    """Return up to five reasons per row, by falling contribution.

    Features of one source are one reason: its contribution is their sum, and it shows the feature with
    the largest share, whichever way that pulls.

    Parameters
    ----------
    features
        The columns.
    usual
        One range per column.
    matrix, contributions : (n_rows, n_features) float
    """
    columns = _columns_by_source(features)
    total = np.stack([contributions[:, own].sum(axis=1) for own in columns.values()], axis=1)
    shown = np.stack(
        [np.asarray(own)[np.argmax(np.abs(contributions[:, own]), axis=1)] for own in columns.values()], axis=1
    )
    ranking = np.argsort(-total, axis=1, kind="stable")[:, :MOST_REASONS]
    sources = tuple(columns)
    templates = [_Template.of(features, usual, column) for column in range(len(features.features))]
    return [
        tuple(
            templates[shown[row, place]].reason(sources[place], matrix[row, shown[row, place]], total[row, place])
            for place in ranking[row].tolist()
        )
        for row in range(len(matrix))
    ]


def _columns_by_source(features: FeatureSet) -> dict[str, list[int]]:
    columns: dict[str, list[int]] = {}
    for column, feature in enumerate(features.features):
        columns.setdefault(feature.source, []).append(column)
    return columns


@dataclass(frozen=True, slots=True)
class _Template:
    """What a column shows of itself; a category has a name in the place of a number."""

    name: str
    categories: tuple[str, ...]
    usual: UsualRange

    @classmethod
    def of(cls, features: FeatureSet, usual: Sequence[UsualRange], column: int) -> "_Template":
        feature = features.features[column]
        if isinstance(feature, MachineModel):
            return cls(feature.name, feature.models, UsualRange(None, None))
        return cls(feature.name, (), usual[column])

    def reason(self, source: str, value: float, contribution: float) -> Reason:
        known = None if np.isnan(value) else float(value)
        if self.categories:
            name = "unknown" if known is None else self.categories[int(known)]
            return Reason(source, f"{self.name} {name}", None, None, None, float(contribution))
        return Reason(source, self.name, known, self.usual.low, self.usual.high, float(contribution))
