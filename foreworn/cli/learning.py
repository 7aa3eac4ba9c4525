"""Commands that learn from a history, judge forecasts, and live through it again."""

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foreworn import bootstrap, terminal
from foreworn.cli.actor import By, actor
from foreworn.cli.folders import read_fleet, write_json
from foreworn.cli.models import NOT_PROMOTED
from foreworn.cli.options import Folder, JsonFile, factor, in_a_folder, time_option
from foreworn.data_folder import data_folder_lock, make_data_folder
from foreworn.errors import TooLittleHistory
from foreworn.settings import Settings
from foreworn.telemetry.signal import SignalType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from foreworn.fleet.history import FleetHistory, RecordedFleet
    from foreworn.health.failure_model import FailureModel
    from foreworn.loop.pricing import Priced

app = typer.Typer()


@app.command()
def train(
    folder: Folder,
    until: Annotated[datetime, time_option(help="Learn from what was stamped before this time.")],
    by: By = None,
) -> None:
    """Train a failure model, an anomaly detector and models of remaining life on a fleet history; put them in use.

    A failure model that fails its checks is kept but not put in use: the one before it stays, and the exit code is 3.
    """
    from foreworn.cli.models_screen import show_decision
    from foreworn.loop.training import train as run_training
    from foreworn.loop.training import train_detector

    settings = Settings()
    make_data_folder(settings)
    fleet = read_fleet(folder)
    with terminal.waiting(f"Training on what was stamped before {until:%Y-%m-%d %H:%M} UTC"):
        trained = run_training(
            fleet.history,
            until=until,
            settings=settings.scoring,
            models=bootstrap.open_model_store(settings),
            catalogue=fleet.catalogue,
            by=by or actor(),
        )
    terminal.show_model(trained.model, in_use=trained.decision.promoted)
    show_decision(trained.decision)
    detectors = bootstrap.open_detector_store(settings)
    try:
        detector = train_detector(fleet.history, until=until, detectors=detectors)
    except TooLittleHistory as little:
        terminal.err.print(f"No anomaly detector: {little}", highlight=False)
    else:
        in_use = detectors.serving_version()
        said = "now in use" if in_use == detector.version else f"kept; {in_use}, in use, learned from newer data"
        terminal.out.print(f"Anomaly detector {detector.version}, {said}", highlight=False)
    if settings.scoring.remaining_life:
        _train_lives(fleet, until, settings)
    if not trained.decision.promoted:
        raise typer.Exit(NOT_PROMOTED)


def _train_lives(fleet: "RecordedFleet", until: datetime, settings: Settings) -> None:
    """Learn how long each component lasts, and say of which it cannot be learned."""
    from foreworn.loop.life_training import train_life_models

    with terminal.waiting("Learning how long components last"):
        found = train_life_models(
            fleet.history,
            until=until,
            models=bootstrap.open_life_store(settings),
            leave_out={signal.name for _, signal in fleet.catalogue if signal.type is SignalType.COUNTER},
        )
    for one in found:
        if one.model is None:
            terminal.err.print(f"No remaining life of {one.component}: {one.why}", highlight=False)
        else:
            terminal.out.print(
                f"Remaining life of {one.component}: model {one.model.version}, now in use; learned from "
                f"{terminal.counted(one.model.provenance.lives, 'life', 'lives')} that ended in a failure",
                highlight=False,
            )


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
            "scoring horizon, so that what is weighed is the probability within it; `foreworn price` takes others.",
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
    from foreworn.loop.backtest import backtest as run_backtest
    from foreworn.loop.backtest import check_probes

    fleet = read_fleet(folder)
    with terminal.waiting("Training and judging"):
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
            price=_pricing(folder, fleet) if price else None,
        )
    show_backtest(result)
    write_json(json_file, result)
    if page is not None:
        from foreworn.report import promotion_report

        html = promotion_report(result)
        page.write_text(html, encoding="utf-8")
        _archive(html, result)
    check_probes(result["probes"])


def _archive(html: str, report: "Mapping[str, Any]") -> None:
    """File a report with the model it is of, where that one is kept."""
    from foreworn.loop.promotion import archive_report

    version = report["model"]
    if archive_report(bootstrap.open_model_store(Settings()), version, html, report):
        said = f"The report is filed with model {version}, too: `foreworn models show {version}`."
    else:
        said = f"Model {version} of this backtest is not kept, so its report is filed nowhere else."
    terminal.err.print(said, highlight=False)


def _pricing(folder: Path, fleet: "RecordedFleet") -> "Callable[[FleetHistory], Priced]":
    """Return how a history is priced: as `foreworn price` does, by the folder's costs or assumed ones."""
    from foreworn.economics.cost_table import CostTable
    from foreworn.loop.pricing import PricingSettings
    from foreworn.loop.pricing import price as run_pricing
    from foreworn.loop.pricing.settings import LOOK
    from foreworn.storage.day_one.costs import read_cost_table

    planning, file = Settings().planning, folder / "costs.csv"
    lead = Settings().scoring.horizon / LOOK
    settings = PricingSettings(lead=lead, settling=planning.settling, least_saving=planning.least_saving)
    costs = read_cost_table(file) if file.exists() else CostTable()
    if not file.exists():
        terminal.err.print("Note: costs are assumed: there is no costs.csv in the folder", highlight=False)
    counters = {signal.name for _, signal in fleet.catalogue if signal.type is SignalType.COUNTER}
    return partial(run_pricing, costs=costs, settings=settings, leave_out=counters)


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
