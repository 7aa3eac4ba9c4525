"""What was learned, as a person reads it on the terminal."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table

from foreworn import terminal
from models.life.settings import HOURS

if TYPE_CHECKING:
    from foreworn.loop.life_training import LifeTraining
    from models.life import GradientBoostedLifeModel

_HOURS_IN_A_DAY = 24.0
_DAYS_FROM = 72.0
"""Hours from which on a span is told in days."""


def show_lives(trained: "Sequence[LifeTraining]") -> None:
    """Print what each model of remaining life was worth on machines it had not seen, and why others have none."""
    models = [one.model for one in trained if one.model is not None]
    if models:
        table = Table(
            *("component", "lives", "in the last", "off by", "interval", "holds", "model"),
            title="Remaining life, now in use",
            title_justify="left",
        )
        for column in table.columns[1:-1]:
            column.justify = "right"
        for model in models:
            table.add_row(*_figures(model))
        terminal.out.print(table)
        terminal.out.print(
            "Measured on machines it had not seen, in the last stretch of a life: the root mean square of what it was "
            "off by, how wide p10 to p90 is, and how often the end lay in it; 80 % is meant.",
            highlight=False,
        )
    for one in trained:
        if one.model is None:
            terminal.err.print(f"No remaining life of {one.component}: {one.why}", highlight=False)


def _figures(model: "GradientBoostedLifeModel") -> tuple[str, ...]:
    told, unit = model.metrics, model.settings.unit
    return (
        model.component,
        f"{model.provenance.lives:,}",
        _span(model.settings.calibrate_up_to, unit),
        _span(told["unseen_rmse_capped"], unit),
        _span(told["unseen_interval_width"], unit),
        f"{100 * told['unseen_coverage_p10_p90']:.0f} %",
        model.version,
    )


def _span(value: float, unit: str) -> str:
    if unit == HOURS and value >= _DAYS_FROM:
        return f"{value / _HOURS_IN_A_DAY:,.0f} days"
    return f"{value:,.0f} {unit}"
