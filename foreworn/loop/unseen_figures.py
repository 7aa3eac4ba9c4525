"""A model's headline figures over all its components, from what each measured on inner folds it had not seen."""

from collections.abc import Mapping
from typing import Final

SEPARATES: Final = 0.9
"""From this Brier skill on so few forecasts err that a calibration slope says nothing."""

Metrics = Mapping[str, Mapping[str, float]]
"""What a model measured of itself, component -> name -> number."""


def overall_skill(metrics: Metrics) -> float | None:
    """Return the Brier skill over all components that have one, None where none has.

    Components weigh by the squared error of always saying their base rate, rows x p (1 - p): so the components' skills
    add up to that of all their forecasts together. An age-only model has none, nor has one whose failures lie in
    one fold.

    Examples
    --------
    >>> rare = {"inner_brier_skill": 0.2, "rows": 1000, "base_rate": 0.01}
    >>> often = {"inner_brier_skill": 0.5, "rows": 1000, "base_rate": 0.1}
    >>> round(overall_skill({"seal": rare, "filter": often}), 3)
    0.47
    """
    asked = {"inner_brier_skill", "rows", "base_rate"}
    found = [
        (own["inner_brier_skill"], own["rows"] * own["base_rate"] * (1 - own["base_rate"]))
        for own in metrics.values()
        if asked <= own.keys()
    ]
    weight = sum(w for _, w in found)
    return sum(skill * w for skill, w in found) / weight if weight else None


def median_slope(metrics: Metrics) -> float | None:
    """Return the components' median calibration slope by failures, None where none has one.

    Without components whose forecasts nearly separate (`SEPARATES`): so few of those err that the slope is chance.
    """
    found = sorted(
        (own["inner_calibration_slope"], own["failures"])
        for own in metrics.values()
        if "inner_calibration_slope" in own and own["inner_brier_skill"] < SEPARATES
    )
    half, seen = sum(failures for _, failures in found) / 2, 0.0
    for slope, failures in found:
        seen += failures
        if seen >= half:
            return float(slope)
    return None
