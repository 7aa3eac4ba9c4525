"""Why a component is said to last as long as it is said to, as a person would say it."""

import re
from collections.abc import Sequence
from typing import Final

from api.console.lasting import HOURS, amount
from api.console.words import label, number, reading
from foreworn.health.forecast import Reason
from foreworn.health.remaining_life import LifeForecast
from foreworn.telemetry.signal import SignalCatalogue

_RESIDUAL: Final = " residual"
_AGE: Final = "age of "
_INDEX: Final = "health index "
_SIMILAR: Final = "similar past lives"
_IN_SPREADS: Final = re.compile(r" (level|first level|decaying level|change of)\b")
_OF_LIFE: Final = re.compile(r" in life of .*$")
_MOST: Final = 4


def life_reasons(life: LifeForecast, most: int = _MOST) -> Sequence[Reason]:
    """Return the reasons with the largest shares."""
    return sorted(life.reasons, key=lambda r: -abs(r.contribution))[:most]


def life_reason_name(reason: Reason, catalogue: SignalCatalogue) -> str:
    """Return what is looked at.

    A signal stands as it does against its operating regime, so it is said to be held against its normal.
    """
    if reason.source.startswith(_AGE):
        return "how long it has been in"
    if reason.source == _SIMILAR:
        return f"what past lives of a like shape had left, {_ending(reason).partition(':')[0]}"
    if reason.source.startswith(_INDEX):
        return f"all signals together, {_ending(reason)}"
    name = reason.source.removesuffix(_RESIDUAL)
    subject = label(catalogue.by_name(name)) if name in catalogue.names else reading(name)
    held = " against its normal" if reason.source.endswith(_RESIDUAL) else ""
    return f"{subject}{held}, {_ending(reason)}"


def life_reason_figures(reason: Reason, life: LifeForecast) -> tuple[str, str]:
    """Return the value now and its usual range, with units; empty texts where a number tells a person nothing."""
    usual = (reason.usual_low, reason.usual_high)
    if reason.source.startswith(_AGE):
        return _figures(reason.value, usual, 1 / 24, " d")
    if reason.source == _SIMILAR and "distance" not in reason.feature:
        scale, unit = (1 / 24, " d") if life.unit == HOURS else (1.0, f" {life.unit}")
        return _figures(reason.value, usual, scale, unit)
    if reason.source.endswith(_RESIDUAL) and _IN_SPREADS.search(reason.feature):
        return _figures(reason.value, usual, 1.0, " × its spread")
    return "", ""


def life_effect(contribution: float, unit: str) -> str:
    """Return what a share does to the expected life.

    Examples
    --------
    >>> [life_effect(c, "hours") for c in (120.0, -30.0, 0.001)]
    ['▲ 5 days shorter', '▽ 30 hours longer', 'hardly any']
    """
    if abs(contribution) < 0.5:
        return "hardly any"
    size = amount(float(f"{abs(contribution):.2g}"), unit)
    return f"▲ {size} shorter" if contribution > 0 else f"▽ {size} longer"


def _ending(reason: Reason) -> str:
    """Return which feature of its source it is, without the source and the component."""
    told = _OF_LIFE.sub("", reason.feature).removeprefix(reason.source).strip(" :,")
    return reading(told) or "level"


def _figures(value: float | None, usual: tuple[float | None, float | None], scale: float, unit: str) -> tuple[str, str]:
    low, high = usual
    now = "not known" if value is None else f"{number(value * scale)}{unit}"
    if low is None or high is None:
        return now, ""
    return now, f"{number(low * scale)} to {number(high * scale)}{unit}"
