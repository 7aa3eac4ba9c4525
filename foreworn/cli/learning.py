"""Commands that judge forecasts of a history, and live through it again."""

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foreworn import bootstrap, terminal
from foreworn.cli.folders import read_fleet, write_json
from foreworn.cli.options import Folder, JsonFile, factor, in_a_folder, time_option
from foreworn.data_folder import data_folder_lock
from foreworn.settings import Settings
from foreworn.telemetry.signal import SignalType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from foreworn.fleet.history import FleetHistory, RecordedFleet
    from foreworn.health.failure_model import FailureModel
    from foreworn.loop.pricing import Priced

app = typer.Typer()


@app.command()
def backtest(
    folder: Folder,
    train_until: Annotated[
        datetime | None,
        time_option(help="Learn from what was stamped before this time; from 70 % of the record if left out."),
    ] = None,
    test_from: Annotated[
        datetime | None, time_option(help="Judge forecasts from this time on; a horizon later if left out.")
    ] = None,
    test_to: Annotated[
        datetime | None, time_option(help="Judge forecasts before this time; the record's end if left out.")
    ] = None,
    without_events: Annotated[
        bool, typer.Option("--without-events", help="Leave event codes out of the features.")
    ] = False,
    without_plan: Annotated[
        bool, typer.Option("--without-plan", help="Leave the calendar of the maintenance plan out of the features.")
    ] = False,
    by_unit: Annotated[
        int | None,
        typer.Option(min=2, metavar="FOLDS", help="Deal machines into folds; forecast each by a model of the others."),
    ] = None,
    origins: Annotated[
        int | None,
        typer.Option(
            min=2, metavar="N", help="Also cut the judged time into N, each forecast by a model of the time before."
        ),
    ] = None,
    probes: Annotated[
        bool, typer.Option("--probes", help="Look for leaks; where one is found, the exit code is 1.")
    ] = False,
    price: Annotated[
        bool,
        typer.Option(
            "--price",
            help="Price acting on such models, where everything ran to failure. The lead time is two thirds of the "
            "scoring horizon, so that what is weighed is the probability within it; `foreworn price --lead` has more.",
        ),
    ] = False,
    page: Annotated[
        Path | None,
        typer.Option(
            "--report", callback=in_a_folder, metavar="FILE.html", help="Also write a page that a manager can read."
        ),
    ] = None,
    json_file: JsonFile = None,
) -> None:
    """Train on a fleet's past and judge the forecasts of a later stretch, or of other machines."""
    from foreworn.cli.backtest_screen import show_backtest
    from foreworn.loop.backtest import PartFailed, check_probes
    from foreworn.loop.backtest import backtest as run_backtest

    fleet = read_fleet(folder)
    broken = None
    with terminal.steps("Backtest") as tell:
        try:
            result = run_backtest(
                fleet.history,
                train_until=train_until,
                test_from=test_from,
                test_to=test_to,
                with_events=not without_events,
                with_plan=not without_plan,
                settings=Settings().scoring,
                catalogue=fleet.catalogue,
                by_unit=by_unit,
                origins=origins,
                probes=probes,
                price=_pricing(folder, fleet, tell) if price else None,
                on_step=tell,
            )
        except PartFailed as failed:
            result, broken = failed.report, failed.__cause__
    show_backtest(result)
    write_json(json_file, result)
    if page is not None:
        _write_page(page, result)
    if broken is not None:
        raise broken
    check_probes(result["probes"])


def _write_page(page: Path, report: "Mapping[str, Any]") -> None:
    from foreworn.report.promotion_report import promotion_report

    html = promotion_report(report)
    page.write_text(html, encoding="utf-8")
    terminal.err.print(f"The page is {page}.", highlight=False, soft_wrap=True)
    _archive(html, report)


def _archive(html: str, report: "Mapping[str, Any]") -> None:
    """File a report with the model it is of, where that one is kept."""
    from foreworn.loop.promotion import archive_report

    version = report["model"]
    if report["split"] == "unit":
        said = "A backtest by unit trains a model for each fold, so its report is filed with none."
    elif archive_report(bootstrap.open_model_store(Settings()), version, html, report):
        said = f"The report is filed with model {version}, too: `foreworn models show {version}`."
    else:
        said = f"Model {version} of this backtest is not kept, so its report is filed nowhere else."
    terminal.err.print(said, highlight=False, soft_wrap=True)


def _pricing(folder: Path, fleet: "RecordedFleet", tell: "Callable[[str], None]") -> "Callable[[FleetHistory], Priced]":
    """Return how a history is priced: as `foreworn price` does, by the folder's costs or assumed ones."""
    from foreworn.economics.cost_table import CostTable
    from foreworn.loop.pricing import PricingSettings
    from foreworn.loop.pricing import price as run_pricing
    from foreworn.loop.pricing.settings import lead_within
    from foreworn.storage.day_one.costs import read_cost_table

    planning, file = Settings().planning, folder / "costs.csv"
    lead = lead_within(Settings().scoring.horizon)
    settings = PricingSettings(lead=lead, settling=planning.settling, least_saving=planning.least_saving)
    costs = read_cost_table(file) if file.exists() else CostTable()
    if not file.exists():
        terminal.err.print("Note: costs are assumed: there is no costs.csv in the folder", highlight=False)
    counters = {signal.name for _, signal in fleet.catalogue if signal.type is SignalType.COUNTER}

    def trained(fold: int) -> None:
        tell(f"Pricing: trained model {fold + 1} of {settings.folds}, each on machines that it is not priced on")
        if fold + 1 == settings.folds:
            tell("Pricing: living every life again, also with other costs, lead times and worse models")

    return partial(run_pricing, costs=costs, settings=settings, leave_out=counters, on_fold=trained)


@app.command()
def replay(
    folder: Folder,
    start: Annotated[datetime, time_option("--from", help="Replay from this time on.")],
    end: Annotated[datetime, time_option("--to", help="Replay what was stamped before this time.")],
    speed: Annotated[
        float | None, typer.Option(parser=factor, metavar="N|max", help="Replayed seconds a second.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Score with this version instead of training one.")] = None,
    store: Annotated[str | None, typer.Option(help="Telemetry store; a fresh DuckDB file if left out.")] = None,
    operations: Annotated[
        str | None, typer.Option(help="Operations store, an empty one; a fresh SQLite file if left out.")
    ] = None,
    json_file: JsonFile = None,
) -> None:
    """Let a history's devices publish again over MQTT; store, score, and judge what was forecast.

    The model it trains stays in the replay's folder: the one in use is not touched.
    """
    from foreworn.replay import check_stretch, run_replay

    fleet = read_fleet(folder)
    check_stretch(fleet, start, end)
    settings = bootstrap.for_replay(Settings(), store, operations=operations)
    with data_folder_lock(settings):
        bootstrap.start_afresh(settings)
        stores = bootstrap.open_stores(settings)
        try:
            _tell_of_earlier_samples(stores, start, end)
            scorer = _replay_model(fleet, start, model, stores)
            with terminal.time_bar("Replaying", start, end) as reached:
                replayed = run_replay(
                    settings, stores, fleet, scorer, start=start, end=end, speed=speed, on_step=reached
                )
        finally:
            stores.close()
    terminal.show_replay(replayed.report, replayed.stopwatch.seconds)
    write_json(json_file, replayed.report.as_json())


def _tell_of_earlier_samples(stores: "bootstrap.Stores", start: datetime, end: datetime) -> None:
    held = stores.telemetry.count_samples(start, end)
    if held:
        terminal.err.print(
            f"Note: the store holds {held:,} samples of this stretch already, so the report cannot prove that they "
            "were stored now; name an empty bucket or file with --store for that.",
            highlight=False,
        )


def _replay_model(
    fleet: "RecordedFleet", start: datetime, version: str | None, stores: "bootstrap.Stores"
) -> "FailureModel":
    from foreworn.loop.training import train as run_training

    settings = Settings()
    if version is not None:
        return bootstrap.open_model_store(settings).load(version)
    with terminal.waiting(f"Training on what was stamped before {start:%Y-%m-%d %H:%M} UTC"):
        # A replay is to show what a model would have been worth: it scores with what it trained, promoted or not.
        return run_training(
            fleet.history, until=start, settings=settings.scoring, models=stores.models, catalogue=fleet.catalogue
        ).model
