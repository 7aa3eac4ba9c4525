"""The command that prices acting on a failure model over a history that ran to failure."""

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foreworn import terminal
from foreworn.cli.folders import read_fleet, write_json
from foreworn.cli.options import Folder, JsonFile

if TYPE_CHECKING:
    from foreworn.economics.cost_table import CostTable
    from foreworn.loop.pricing import Priced

app = typer.Typer()

_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([hdw])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_POLICIES = {
    "run_to_failure": "run to failure",
    "best_age": "best age replacement",
    "best_age_in_hindsight": "best age, in hindsight",
    "model": "acting on the model",
    "perfect": "perfect foresight",
}


def span(text: str) -> timedelta:
    """Return the span a person typed.

    Examples
    --------
    >>> span("36h")
    datetime.timedelta(days=1, seconds=43200)
    """
    found = _SPAN.fullmatch(text.strip())
    if found is None or float(found[1]) == 0:
        raise typer.BadParameter(f"{text!r} is not a span; write 36h, 10d or 2w")
    return float(found[1]) * _UNITS[found[2]]


@app.command()
def price(
    folder: Folder,
    costs: Annotated[
        Path | None, typer.Option(help="A costs.csv; the folder's own, or assumed costs, if left out.")
    ] = None,
    lead: Annotated[
        timedelta | None,
        typer.Option(
            parser=span,
            metavar="SPAN",
            help="From an order to the work done, such as 36h or 10d; two thirds of the scoring horizon if left out, "
            "so that what is weighed is the probability within it.",
        ),
    ] = None,
    breakdown_ratio: Annotated[
        float | None,
        typer.Option(min=1.01, help="Price breakdowns at so many planned replacements, whatever the costs say."),
    ] = None,
    folds: Annotated[int, typer.Option(min=2, max=50, help="Folds of machines, a training each.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Of the folds and of the interval.")] = 20150101,
    json_file: JsonFile = None,
) -> None:
    """Price acting on failure forecasts, on a history in which everything ran to failure.

    Each machine is forecast by a model that was trained without it, and its lives are lived again as if the orders
    that the platform proposes had been carried out. Beside it: running to failure, the best replacement age, and
    perfect foresight. A history whose repairs were already made is refused.
    """
    from foreworn.loop.pricing import PricingSettings
    from foreworn.loop.pricing import price as run_pricing
    from foreworn.loop.pricing.settings import lead_within
    from foreworn.settings import Settings
    from foreworn.telemetry.signal import SignalType

    planning, scoring = Settings().planning, Settings().scoring
    settings = PricingSettings(
        lead=lead or lead_within(scoring.horizon),
        breakdown_ratio=breakdown_ratio,
        folds=folds,
        seed=seed,
        settling=planning.settling,
        least_saving=planning.least_saving,
    )
    table = _costs(folder, costs)
    fleet = read_fleet(folder)
    counters = {signal.name for _, signal in fleet.catalogue if signal.type is SignalType.COUNTER}
    with terminal.waiting(f"Training {folds} models, each without the machines that it is judged by"):
        result = run_pricing(fleet.history, costs=table, settings=settings, leave_out=counters)
    show(result)
    write_json(json_file, result.as_data())


def _costs(folder: Path, file: Path | None) -> "CostTable":
    """Return the costs of a file, or of the history's folder; an empty table where nobody has given any."""
    from foreworn.economics.cost_table import ASSUMED_COST, CostTable
    from foreworn.storage.day_one.costs import read_cost_table

    if file is not None or (folder / "costs.csv").exists():
        return read_cost_table(file or folder / "costs.csv")
    told = CostTable()
    terminal.err.print(
        f"Note: costs are assumed, not given: a planned replacement {ASSUMED_COST.planned:,.0f} {told.currency}, a "
        f"breakdown {ASSUMED_COST.breakdown:,.0f}, with their standstill; --costs says yours",
        highlight=False,
    )
    return told


def show(priced: "Priced") -> None:
    """Print what acting is worth, beside other ways of keeping the same machines."""
    from rich.table import Table

    def table(*columns: str, title: str) -> Table:
        made = Table(*columns, title=title, title_justify="left")
        for column in made.columns[1:]:
            column.justify = "right"
        return made

    policies = table("policy", f"{priced.currency}/1000 h", "failed", "replaced", title=priced.subject)
    for name, said in _POLICIES.items():
        cost = f"{priced.cost_per_1000h[name]:,.2f}"
        policies.add_row(said, cost, f"{priced.failures[name]:,}", f"{priced.preventive[name]:,}")
    terminal.out.print(policies)
    low, high = (_share(end) for end in (priced.gap_closed_low, priced.gap_closed_high))
    terminal.out.print(
        f"Gap closed: {_share(priced.gap_closed)} ({low} to {high}), from the best age, 0 %, to perfect foresight, "
        f"100 %; from the best age in hindsight {_share(priced.gap_closed_against_age_in_hindsight)}. "
        f"{priced.lives:,} lives.",
        highlight=False,
    )
    parts = table("component", "lives", "failed", "gap closed", title="By component")
    for kind, figures in priced.by_component.items():
        parts.add_row(kind, f"{figures['lives']:,}", f"{figures['failures']:,}", _share(figures["gap_closed"]))
    terminal.out.print(parts)
    otherwise = table("if", "is", "gap closed", "failed", title="Otherwise")
    for one in priced.sensitivity:
        otherwise.add_row(one.what, one.value, _share(one.gap_closed), f"{one.failures:,}")
    terminal.out.print(otherwise)
    terminal.out.print(priced.protocol, highlight=False)


def _share(value: float | None) -> str:
    return "-" if value is None or value != value else f"{100 * value:,.0f} %"
