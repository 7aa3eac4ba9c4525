"""Commands that bring in a fleet from files."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foreworn import bootstrap, terminal
from foreworn.cli.folders import show_fleet
from foreworn.cli.options import Folder
from foreworn.data_folder import data_folder_lock
from foreworn.errors import MalformedHistory
from foreworn.settings import Settings

if TYPE_CHECKING:
    from foreworn.fleet.history import RecordedFleet

app = typer.Typer(no_args_is_help=True, help="Bring in a plant, and its past, from files.")


@app.command("azure-pdm")
def import_azure_pdm(
    source: Annotated[Path, typer.Argument(help="The folder with the PdM_*.csv files.")],
    folder: Annotated[Path, typer.Argument(help="Where to write the fleet history.")],
) -> None:
    """Turn Microsoft's Azure predictive-maintenance sample into a fleet history."""
    _write(lambda: bootstrap.read_azure_pdm(source), source, folder)


@app.command("cmapss")
def import_cmapss(
    source: Annotated[Path, typer.Argument(help="The folder with train_FD00x.txt and test_FD00x.txt.")],
    subset: Annotated[str, typer.Argument(help="Which of its sets, such as FD001.")],
    folder: Annotated[Path, typer.Argument(help="Where to write the fleet history.")],
) -> None:
    """Turn a set of NASA's C-MAPSS turbofan engines into a fleet history; one cycle becomes one hour."""
    from foreworn.storage.history import read_cmapss

    _write(lambda: read_cmapss(source, subset), source, folder)


def _write(read: "Callable[[], RecordedFleet]", source: Path, folder: Path) -> None:
    """Write what is read as a fleet history, where there is room for it."""
    from foreworn.storage.history.whole_folder import check_vacant

    check_vacant(folder)
    with terminal.steps(f"Turning {source} into a fleet history") as step:
        if source.is_dir():  # otherwise there is but one thing to say
            step(f"Reading {source}")
        fleet = read()
        step(f"Writing {folder}")
        bootstrap.write_history(fleet, folder)
    show_fleet(fleet, folder)


@app.command("check")
def import_check(folder: Folder) -> None:
    """Say what is wrong with a folder of files, file, row and column; nothing is written."""
    problems = bootstrap.check_day_one(folder)
    for problem in problems:
        terminal.fail(problem)
    if problems:
        raise typer.Exit(1)
    _tell_of_assumed_costs(bootstrap.assumed_costs(bootstrap.read_day_one(folder), None, now=datetime.now(UTC)))
    if bootstrap.has_telemetry(folder):
        show_fleet(bootstrap.read_history(folder), folder)
    else:
        typer.echo(f"{folder} can be loaded: foreworn import load {folder}")


@app.command("template")
def import_template(folder: Annotated[Path, typer.Argument(help="Where to write the templates.")]) -> None:
    """Write every file of a plant with an example row, to fill in; those that are not needed can be left out."""
    bootstrap.write_day_one_templates(folder)
    typer.echo(f"Templates are in {folder}; fill them in, then run: foreworn import check {folder}")


@app.command("load")
def import_load(folder: Folder) -> None:
    """Enter a plant from files, all or nothing: machines, people, parts, stock, plans, orders, costs, and its past."""
    settings = Settings()
    if not folder.is_dir():
        raise MalformedHistory(folder, "there is no such folder")
    with terminal.steps(f"Loading {folder}") as step, data_folder_lock(settings):
        step(f"Opening the stores of {settings.data_dir}")
        stores = bootstrap.open_stores(settings)
        try:
            loaded = bootstrap.load(settings, stores, folder, on_step=step)
            machines = len(stores.registry.machines())
        finally:
            stores.close()
    for note in loaded.notes:
        terminal.err.print(f"Note: {note}", highlight=False)
    terminal.show_figures("Entered or changed", loaded.entered.changed)
    _tell_of_assumed_costs(loaded.entered.assumed_costs)
    stored = terminal.counted(loaded.samples, "sample")
    typer.echo(f"{terminal.counted(machines, 'machine')} registered, {stored} stored in {settings.data_dir}")


def _tell_of_assumed_costs(pairs: Sequence[tuple[str, str]]) -> None:
    if pairs:
        named = ", ".join(f"{model}/{component}" for model, component in pairs)
        terminal.err.print(f"Note: costs are assumed, not given, for {named}: costs.csv says yours", highlight=False)
