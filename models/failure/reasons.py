"""Why a forecast is what it is: shares of signals, event codes and records, the largest first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from foreworn.health.forecast import BY_AGE, Reason
from models.evaluation.logistic import logit
from models.failure.age_model import CONFIDENCE, AgeModel
from models.failure.silence import ALL_ROWS, group_of_rows, groups, signal_columns
from models.features import FeatureSet, MachineModel

Values = NDArray[np.float64]

MOST_REASONS = 5
MISSING = "missing signals"


@dataclass(frozen=True, slots=True)
class UsualRange:
    """Where the middle 90 % of training rows lay; None where the feature was never known."""

    low: float | None
    high: float | None


UsualRanges = tuple[tuple[UsualRange, ...], ...]
"""One range per column, of all rows first and then of each machine model, as the features name them."""


def usual_ranges(features: FeatureSet, matrix: Values) -> UsualRanges:
    """Return the usual range of each column, of all rows and of each machine model's; NaN is left aside."""
    group = group_of_rows(features, matrix)
    return tuple(_ranges(matrix if g == ALL_ROWS else matrix[group == g]) for g in range(groups(features)))


def _ranges(matrix: Values) -> tuple[UsualRange, ...]:
    ranges = []
    for column in matrix.T:
        known = column[~np.isnan(column)]
        low, high = np.quantile(known, (0.05, 0.95)).tolist() if len(known) else (None, None)
        ranges.append(UsualRange(low, high))
    return tuple(ranges)


def reasons(
    features: FeatureSet, usual: UsualRanges, matrix: Values, contributions: Values
) -> list[tuple[Reason, ...]]:
    """Return up to five reasons per row, by falling contribution, and one more where signals have said nothing.

    Features of one source are one reason: its contribution is their sum, and it shows the feature with
    the largest share, whichever way that pulls. A row without a single value of a signal that is read, because a
    sensor is gone or was renamed, is forecast without it, and its last reason names what is missing.

    Parameters
    ----------
    features
        The columns.
    usual
        What `usual_ranges` found in the training rows.
    matrix, contributions : (n_rows, n_features) float
    """
    columns = _columns_by_source(features)
    total = np.stack([contributions[:, own].sum(axis=1) for own in columns.values()], axis=1)
    shown = np.stack(
        [np.asarray(own)[np.argmax(np.abs(contributions[:, own]), axis=1)] for own in columns.values()], axis=1
    )
    ranking = np.argsort(-total, axis=1, kind="stable")[:, :MOST_REASONS]
    sources = tuple(columns)
    model = group_of_rows(features, matrix).tolist()
    templates = [[_Template.of(features, own, c) for c in range(len(features.features))] for own in usual]
    silent = _silent_signals(features, matrix)
    return [
        tuple(
            templates[model[row]][shown[row, place]].reason(
                sources[place], matrix[row, shown[row, place]], total[row, place]
            )
            for place in ranking[row].tolist()
        )
        + silent[row]
        for row in range(len(matrix))
    ]


def _silent_signals(features: FeatureSet, matrix: Values) -> list[tuple[Reason, ...]]:
    """Return for each row what is missing, as a reason without a share; nothing where every signal spoke."""
    columns = signal_columns(features)
    if not columns or not len(matrix):
        return [()] * len(matrix)
    unknown = np.stack([np.isnan(matrix[:, own]).all(axis=1) for own in columns.values()], axis=1)
    names = tuple(columns)
    return [_missing([names[i] for i in np.flatnonzero(row)]) if row.any() else () for row in unknown]


def _missing(
    signals: Sequence[str], since: str = "in the look-back", then: str = "forecast without"
) -> tuple[Reason, ...]:
    told = f"nothing was said of {', '.join(signals)} {since}: {then}"
    return (Reason(MISSING, told, None, None, None, 0.0),)


def age_reasons(model: AgeModel, age_days: Values, horizon: timedelta) -> list[tuple[Reason, ...]]:
    """Return for each row the one reason of a forecast by age alone: that it is one, and how far it may be off.

    The contribution is that of the age against a component met at random, in log-odds; 0 where the age is not known.
    """
    said, usual = model.within(age_days, horizon), model.within(np.array([np.nan]), horizon)
    interval = f"{CONFIDENCE:.0%} interval of the probability"
    share = logit(said.probability) - logit(usual.probability)
    return [
        (
            Reason(
                source=f"age of {model.component}",
                feature=f"{model.basis}; {interval} {_percent(low)} to {_percent(high)}",
                value=None if np.isnan(age) else age * 24,
                usual_low=None,
                usual_high=None,
                contribution=contribution,
            ),
        )
        for age, low, high, contribution in zip(
            age_days.tolist(), said.low.tolist(), said.high.tolist(), share.tolist(), strict=True
        )
    ]


def silence_reasons(by_age: tuple[Reason, ...], signals: Sequence[str], lost: float) -> tuple[Reason, ...]:
    """Return the reasons of a forecast by age because signals fell silent: the first says so, the last names them.

    Parameters
    ----------
    by_age
        What `age_reasons` says of the row.
    signals
        Which.
    lost
        The share of what the component's trees go by that these are.
    """
    (age,) = by_age
    because = age.feature.replace(BY_AGE, f"{BY_AGE}, as {lost:.0%} of its signs fell silent", 1)
    return (replace(age, feature=because), *_missing(signals, "lately", "forecast by age"))


def _percent(probability: float) -> str:
    return f"{100 * probability:.3g} %"


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
