"""What the figures of a backtest are called on a page, and how they are written."""

from collections.abc import Callable, Mapping
from typing import Final

from foreworn.report.words import figure, percent

Writer = Callable[[float], str]

SPREAD_FIGURES: Final[Mapping[str, tuple[str, Writer]]] = {
    "failures": ("Failures judged by", figure),
    "recall_12h": ("Told at least 12 h ahead, share of failures", percent),
    "false_alarms_per_machine_month": ("False alarms per machine and month", figure),
    "lead_time_p50_h": ("Notice of the middle told failure, h", figure),
    "macro_f1": ("F1, mean of components", figure),
    "brier_skill": ("Brier skill, 1 is perfect, 0 the ordinary rate", figure),
    "calibration_slope": ("Calibration slope, 1 is honest", figure),
}
"""Those that tell how the same recipe did in other stretches, in this order."""


_ASSUMPTIONS: Final[Mapping[str, str]] = {
    "breakdown / planned cost": "a breakdown costs so many planned replacements",
    "lead time": "from the order to the work it takes",
    "work done": "the work is done",
    "noise on log-odds": "the errors of the forecasts are",
    "forecasts": "forecasts are those",
    "signals silent": "signals that fell silent",
}
"""What pricing calls what it changed, in a manager's words."""


def assumption(name: str) -> str:
    """Return what another assumption is called on a page; one that the page does not know by its own name."""
    return _ASSUMPTIONS.get(name, name)


def spread_name(figure_name: str) -> str:
    """Return what a person calls the figure."""
    return SPREAD_FIGURES[figure_name][0]


def written(figure_name: str, value: float | None) -> str:
    """Return the figure with its unit or as a plain number; a dash where it could not be measured."""
    if value is None:
        return "–"
    return SPREAD_FIGURES[figure_name][1](value) if figure_name in SPREAD_FIGURES else figure(value)
