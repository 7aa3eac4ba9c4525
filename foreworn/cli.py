"""The `foreworn` command: parse, build, run. Every error raised on purpose becomes one line and exit code 1."""

import json
import logging
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError

from foreworn import __version__, bootstrap, terminal
from foreworn.bootstrap import open_model_store, open_stores
from foreworn.data_folder import data_folder_lock, make_data_folder
from foreworn.demo import run_demo
from foreworn.errors import ConfigurationError, ForewornError
from foreworn.fleet.history import RecordedFleet
from foreworn.health.failure_model import FailureModel
from foreworn.live import run_live
from foreworn.loop.backfill import backfill, record_work
from foreworn.loop.backtest import backtest as run_backtest
from foreworn.loop.training import train as run_training
from foreworn.replay import check_stretch, run_replay
from foreworn.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Listen to machines, learn how they wear, maintain before the failure.",
)
imports = typer.Typer(no_args_is_help=True, help="Bring in a fleet's history from files.")
app.add_typer(imports, name="import")

Folder = Annotated[Path, typer.Argument(help="A fleet history: machines.csv, telemetry.parquet or .csv, ...")]


def in_a_folder(file: Path | None) -> Path | None:
    """Refuse a file to write that could not be written, before hours of work and not after them."""
    if file is not None and (file.is_dir() or not file.parent.is_dir()):
        raise typer.BadParameter(f"{str(file)!r} is not a file in a folder that is there")
    return file


JsonFile = Annotated[
    Path | None, typer.Option("--json", callback=in_a_folder, help="Also write the result to this file.")
]


def instant(text: str) -> datetime:
    """Return the time a person typed: a date or an RFC 3339 time; UTC where no zone is given.

    Examples
    --------
    >>> instant("2015-08-01").isoformat()
    '2015-08-01T00:00:00+00:00'
    """
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a time; write 2015-08-01 or 2015-08-01T06:00Z") from None
    if not 1970 <= time.year < 2200:
        raise typer.BadParameter(f"{text!r} is not a time between 1970 and 2200")
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def time_option(*names: str, help: str) -> Any:
    """Return a command's option that takes a time."""
    return typer.Option(*names, parser=instant, metavar="TIME", help=help)


def factor(text: str) -> float | None:
    """Return a replay speed: replayed seconds a second, or None for `max`."""
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        raise typer.BadParameter(f"{text!r} is not a speed; write a number above 0, such as 3600, or max")
    return speed


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"foreworn {__version__}")
        raise typer.Exit


@app.callback()
def foreworn(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Listen to machines, learn how they wear, and plan the maintenance before the failure."""


@app.command()
def up() -> None:
    """Run the whole loop live: broker, collector, store, scoring, API and console.

    Ports, stores and all else are environment variables, such as FOREWORN_API__PORT: docs/reference/settings.md.
    """
    settings = Settings()

    def told(platform: bootstrap.Platform) -> None:
        broker, api = platform.broker, platform.settings.api
        terminal.err.print(f"MQTT on {broker.host}:{broker.port} ({broker.kind}), data in {settings.data_dir}")
        if platform.stores.models.serving() is None:
            terminal.err.print("No model serves yet: readings are stored; `foreworn train DIR --until TIME` makes one.")
        terminal.err.print(f"Console: http://{api.host}:{api.port}/   (Ctrl-C stops)")

    run_live(settings, on_start=told)


@app.command()
def demo(
    once: Annotated[
        bool, typer.Option(help="End when the replay is over instead of leaving the console open.")
    ] = False,
    json_file: JsonFile = None,
) -> None:
    """Replay the golden history (simulated) through the whole platform and leave the console open."""
    settings = bootstrap.for_replay(Settings(), name="demo")
    audience = terminal.DemoScreen(stays_open=not once)
    stay = threading.Event()
    with audience:
        replayed = run_demo(settings, audience, leave_open=(lambda: None) if once else lambda: _until_interrupted(stay))
    _write(json_file, replayed.report.as_json())


@app.command()
def train(
    folder: Folder,
    until: Annotated[datetime, time_option(help="Learn from what was stamped before this time.")],
) -> None:
    """Train a failure model on a fleet history and put it in use."""
    settings = Settings()
    make_data_folder(settings)
    fleet = _read(folder)
    with terminal.waiting(f"Training on what was stamped before {until:%Y-%m-%d %H:%M} UTC"):
        model = run_training(fleet.history, until=until, settings=settings.scoring, models=open_model_store(settings))
    terminal.show_model(model)


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
    fleet = _read(folder)
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
    _write(json_file, result)


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
    json_file: JsonFile = None,
) -> None:
    """Let a history's devices publish again over MQTT; store, score, and judge what was forecast.

    The model it trains stays in the replay's folder: the one in use is not touched.
    """
    fleet = _read(folder)
    check_stretch(fleet, start, end)
    settings = bootstrap.for_replay(Settings(), store)
    with data_folder_lock(settings):
        bootstrap.start_afresh(settings)
        stores = open_stores(settings)
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
    _write(json_file, replayed.report.as_json())


def _tell_of_earlier_samples(stores: bootstrap.Stores, start: datetime, end: datetime) -> None:
    held = stores.telemetry.count_samples(start, end)
    if held:
        terminal.err.print(
            f"Note: the store holds {held:,} samples of this stretch already, so the report cannot prove that they "
            "were stored now; name an empty bucket or file with --store for that.",
            highlight=False,
        )


def _replay_model(fleet: RecordedFleet, start: datetime, version: str | None, stores: bootstrap.Stores) -> FailureModel:
    settings = Settings()
    if version is not None:
        return open_model_store(settings).load(version)
    with terminal.waiting(f"Training on what was stamped before {start:%Y-%m-%d %H:%M} UTC"):
        return run_training(fleet.history, until=start, settings=settings.scoring, models=stores.models)


@imports.command("azure-pdm")
def import_azure_pdm(
    source: Annotated[Path, typer.Argument(help="The folder with the PdM_*.csv files.")],
    folder: Annotated[Path, typer.Argument(help="Where to write the fleet history.")],
) -> None:
    """Turn Microsoft's Azure predictive-maintenance sample into a fleet history."""
    fleet = bootstrap.read_azure_pdm(source)
    bootstrap.write_history(fleet, folder)
    _show_fleet(fleet, folder)


@imports.command("check")
def import_check(folder: Folder) -> None:
    """Check a fleet history and say what is wrong with it, file, row and column."""
    problems = bootstrap.check_history(folder)
    for problem in problems:
        terminal.fail(problem)
    if problems:
        raise typer.Exit(1)
    _show_fleet(bootstrap.read_history(folder), folder)


@imports.command("template")
def import_template(folder: Annotated[Path, typer.Argument(help="Where to write the templates.")]) -> None:
    """Write a fleet history with one example row a file, to fill in."""
    bootstrap.write_templates(folder)
    typer.echo(f"Templates are in {folder}; fill them in, then run: foreworn import check {folder}")


@imports.command("load")
def import_load(folder: Folder) -> None:
    """Register a history's fleet with the platform and put its past into the stores."""
    settings = Settings()
    fleet = _read(folder)
    with data_folder_lock(settings):
        stores = open_stores(settings)
        try:
            stores.enrol(fleet)
            record_work(stores.registry, fleet.history)
            with terminal.waiting("Writing telemetry and events"):
                count = backfill(stores.telemetry, fleet.history, fleet.attachments)
        finally:
            stores.close()
    typer.echo(f"{len(fleet.history.machines)} machines registered, {count:,} samples stored in {settings.data_dir}")


def _read(folder: Path) -> RecordedFleet:
    fleet = bootstrap.read_history(folder)
    for note in fleet.notes:
        terminal.err.print(f"Note: {note}", highlight=False)
    return fleet


def _show_fleet(fleet: RecordedFleet, folder: Path) -> None:
    history = fleet.history
    for note in fleet.notes:
        terminal.err.print(f"Note: {note}", highlight=False)
    terminal.show_figures(
        str(folder),
        {
            "machines": len(history.machines),
            "samples": len(history.telemetry),
            "events": len(history.events),
            "maintenance records": len(history.maintenance),
            "failures": len(history.failures),
        },
    )


def _write(file: Path | None, result: object) -> None:
    if file is not None:
        file.write_text(json.dumps(result, indent=2, sort_keys=True) + "\n")


def _until_interrupted(stay: threading.Event) -> None:
    try:
        stay.wait()
    except KeyboardInterrupt:
        return


def main() -> None:
    """Run the command; errors raised on purpose end it with one line and exit code 1."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        app()
    except (ForewornError, OSError) as problem:
        terminal.fail(problem)
        sys.exit(1)
    except ValidationError as problem:
        terminal.fail(ConfigurationError(_settings_problem(problem)))
        sys.exit(1)
    except SettingsError as problem:
        terminal.fail(ConfigurationError(f"a group of settings has to be a JSON object: {problem}"))
        sys.exit(1)


def _settings_problem(problem: ValidationError) -> str:
    lines = [f"FOREWORN_{'__'.join(str(part).upper() for part in e['loc'])}: {e['msg']}" for e in problem.errors()]
    return "; ".join(lines)
