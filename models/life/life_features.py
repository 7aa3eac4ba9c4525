"""The features of one life: how far signals and health indices have come in it, and how fast."""

from collections.abc import Sequence
from datetime import timedelta
from typing import get_args

from models.features import FeatureSet, WindowSpread
from models.features.definition import Feature
from models.features.trend import (
    DecayingLevel,
    ExponentialPart,
    ExponentialTrend,
    FirstLevel,
    LifeChange,
    LifeLevel,
    LifeSlope,
)
from models.features.use import HoursInLife, UseInLife
from models.life.settings import HOURS, LifeModelSettings

SPANS = (20, 40, 80)
"""The long windows, in steps."""
BENDS = (10, 20, 40, 80, 160)
"""Time constants of exponential trends, in steps."""
_PARTS: tuple[ExponentialPart, ...] = get_args(ExponentialPart)


def life_features(
    residuals: Sequence[str], indices: Sequence[str], component: str, settings: LifeModelSettings
) -> FeatureSet:
    """Return the features of residuals and health indices; windows count in the settings' step.

    With the long history, a single residual tells only how far it has come and how fast: its levels add noise to what
    the indices, sums over all of them, say better.
    """
    step, found = settings.step, list[Feature]([HoursInLife(component)])
    if settings.unit != HOURS:
        found.append(UseInLife(settings.unit, component))
    for signal in residuals:
        found += _changes(signal, component, step) if settings.with_long_history else _recent(signal, component, step)
    for index in indices:
        found += _recent(index, component, step)
        if settings.with_long_history:
            bends = tuple(n * step for n in BENDS)
            found += [*_levels_of_life(index, component, step), *_changes(index, component, step)]
            found += [ExponentialTrend(index, component, part, bends) for part in _PARTS]
    return FeatureSet(tuple(found))


def _recent(signal: str, component: str, step: timedelta) -> list[Feature]:
    return [
        *(LifeLevel(signal, component, n * step) for n in (5, 10)),
        *(DecayingLevel(signal, component, n * step) for n in (3, 10)),
        WindowSpread(signal, 20 * step),
        LifeSlope(signal, component, 20 * step),
    ]


def _levels_of_life(signal: str, component: str, step: timedelta) -> list[Feature]:
    return [
        LifeLevel(signal, component, 40 * step),
        LifeLevel(signal, component),
        FirstLevel(signal, component, 15 * step),
    ]


def _changes(signal: str, component: str, step: timedelta) -> list[Feature]:
    return [
        LifeChange(signal, component, 10 * step, None, 15 * step),
        *(LifeChange(signal, component, 10 * step, n * step) for n in SPANS),
        *(LifeSlope(signal, component, n * step) for n in SPANS[1:]),
        LifeSlope(signal, component),
    ]
