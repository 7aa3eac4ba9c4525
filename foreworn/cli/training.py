"""The command that learns from a history and puts what it learned in use."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from foreworn import bootstrap, terminal
from foreworn.cli.actor import By, actor
from foreworn.cli.folders import read_fleet
from foreworn.cli.models import NOT_PROMOTED
from foreworn.cli.options import Folder, time_option
from foreworn.data_folder import make_data_folder
from foreworn.errors import TooLittleHistory
from foreworn.settings import Settings
from foreworn.telemetry.signal import SignalType

if TYPE_CHECKING:
    from foreworn.fleet.history import RecordedFleet
    from foreworn.loop.life_training import LifeTraining

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
    from foreworn.cli.training_screen import show_lives
    from foreworn.loop.training import train as run_training

    settings = Settings()
    make_data_folder(settings)
    moment = f"{until:%Y-%m-%d %H:%M} UTC"
    with terminal.steps(f"Training on what was stamped before {moment}") as step:
        fleet = read_fleet(folder, on_step=step)
        trained = run_training(
            fleet.history,
            until=until,
            settings=settings.scoring,
            models=bootstrap.open_model_store(settings),
            catalogue=fleet.catalogue,
            by=by or actor(),
            on_step=step,
        )
    terminal.show_model(trained.model, in_use=trained.decision.promoted)
    show_decision(trained.decision)
    with terminal.steps("Learning what is healthy, and how long components last") as step:
        detector = _train_detector(fleet, until, settings, step)
        lives = _train_lives(fleet, until, settings, step) if settings.scoring.remaining_life else []
    terminal.out.print(detector, highlight=False)
    show_lives(lives)
    if not trained.decision.promoted:
        raise typer.Exit(NOT_PROMOTED)


def _train_detector(fleet: "RecordedFleet", until: datetime, settings: Settings, on_step: Callable[[str], None]) -> str:
    """Learn what is healthy; return what came of it."""
    from foreworn.loop.training import train_detector

    on_step("Learning what is healthy")
    detectors = bootstrap.open_detector_store(settings)
    try:
        detector = train_detector(fleet.history, until=until, detectors=detectors)
    except TooLittleHistory as little:
        return f"No anomaly detector: {little}"
    in_use = detectors.serving_version()
    said = "now in use" if in_use == detector.version else f"kept; {in_use}, in use, learned from newer data"
    return f"Anomaly detector {detector.version}, {said}"


def _train_lives(
    fleet: "RecordedFleet", until: datetime, settings: Settings, on_step: Callable[[str], None]
) -> "list[LifeTraining]":
    """Learn how long each component lasts."""
    from foreworn.loop.life_training import train_life_models

    return train_life_models(
        fleet.history,
        until=until,
        models=bootstrap.open_life_store(settings),
        leave_out={signal.name for _, signal in fleet.catalogue if signal.type is SignalType.COUNTER},
        on_step=on_step,
    )
