"""The `foreworn` command: parse, build, run. Every error raised on purpose becomes one line and exit code 1.

A command imports what it runs inside its function: whoever asks for the version, or restarts a collector, would
otherwise wait for LightGBM, the web framework and the simulator, and keep them in memory.
"""

import logging
import signal
import sys
from types import FrameType
from typing import Annotated

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError

from foreworn import __version__, terminal
from foreworn.cli import (
    collecting,
    devices,
    importing,
    learning,
    live,
    load,
    models,
    pricing,
    quarantine,
    sharing,
    training,
)
from foreworn.errors import ConfigurationError, ForewornError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Listen to machines, learn how they wear, maintain before the failure.",
)
app.add_typer(live.app)
app.add_typer(collecting.app)
app.add_typer(training.app)
app.add_typer(learning.app)
app.add_typer(pricing.app)
app.add_typer(load.app)
app.add_typer(models.app, name="models")
app.add_typer(devices.app, name="devices")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(importing.app, name="import")
app.add_typer(sharing.app, name="dashboards")


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


def main() -> None:
    """Run the command; errors raised on purpose end it with one line and exit code 1."""
    signal.signal(signal.SIGTERM, _end)
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


def _end(number: int, frame: FrameType | None) -> None:
    """End as Ctrl-C does, so that what was started is stopped."""
    sys.exit(128 + number)


def _settings_problem(problem: ValidationError) -> str:
    lines = [f"FOREWORN_{'__'.join(str(part).upper() for part in e['loc'])}: {e['msg']}" for e in problem.errors()]
    return "; ".join(lines)
