"""Commands that learn from a history, judge forecasts, and live through it again."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from foreworn import bootstrap, terminal
from foreworn.cli.folders import read_fleet, write_json
from foreworn.cli.options import Folder, JsonFile, factor, time_option
from foreworn.data_folder import data_folder_lock, make_data_folder
from foreworn.errors import TooLittleHistory
from foreworn.settings import Settings

if TYPE_CHECKING:
    from foreworn.fleet.history import RecordedFleet
    from foreworn.health.failure_model import FailureModel

app = typer.Typer()


@app.command()
def train(
    folder: Folder,
    until: Annotated[datetime, time_option(help="Learn from what was stamped before this time.")],
) -> None:
    """Train a failure model and an anomaly detector on a fleet history, and put them in use."""
    from foreworn.loop.training import train as run_training
    from foreworn.loop.training import train_detector

    settings = Settings()
    make_data_folder(settings)
    fleet = read_fleet(folder)
    with terminal.waiting(f"Training on what was stamped before {until:%Y-%m-%d %H:%M} UTC"):
        model = run_training(
            fleet.history,
            until=until,
            settings=settings.scoring,
            models=bootstrap.open_model_store(settings),
            catalogue=fleet.catalogue,
        )
    terminal.show_model(model)
    try:
        detector = train_detector(fleet.history, until=until, detectors=bootstrap.open_detector_store(settings))
    except TooLittleHistory as little:
        terminal.err.print(f"No anomaly detector: {little}", highlight=False)
    else:
        terminal.out.print(f"Anomaly detector {detector.version}, now in use", highlight=False)


@app.command()
def backtest(
    folder: Folder,
    train_until: Annotated[datetime, time_option(help="Learn from what was stamped before this time.")],
    test_from: Annotated[datetime, time_option(help="Judge forecasts from this time on.")],
    test_to: Annotated[
        datetime | None, time_option(help="Judge forecasts before this time; the record's end if left out.")
    ] = None,
    without_events: Annotated[
        bool, typer.Option("--without-events", help="Leave event codes out of the features.")
    ] = False,
    json_file: JsonFile = None,
) -> None:
    """Train on a fleet's past and judge the forecasts of a later stretch."""
    from foreworn.loop.backtest import backtest as run_backtest

    fleet = read_fleet(folder)
    with terminal.waiting("Training and judging"):
        result = run_backtest(
            fleet.history,
            train_until=train_until,
            test_from=test_from,
            test_to=test_to,
            with_events=not without_events,
            settings=Settings().scoring,
        )
    terminal.show_figures("Backtest", result["figures"])
    write_json(json_file, result)


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
        return run_training(
            fleet.history, until=start, settings=settings.scoring, models=stores.models, catalogue=fleet.catalogue
        )
