"""Fleet histories read and shown, results written."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from foreworn import bootstrap, terminal

if TYPE_CHECKING:
    from foreworn.fleet.history import RecordedFleet


def read_fleet(folder: Path, *, on_step: Callable[[str], None] = lambda step: None) -> "RecordedFleet":
    """Read a fleet history and tell what was assumed."""
    if folder.is_dir():  # otherwise there is but one thing to say
        on_step(f"Reading {folder}")
    fleet = bootstrap.read_history(folder)
    for note in fleet.notes:
        terminal.err.print(f"Note: {note}", highlight=False)
    return fleet


def show_fleet(fleet: "RecordedFleet", folder: Path) -> None:
    """Print what a fleet history holds."""
    history = fleet.history
    for note in fleet.notes:
        terminal.err.print(f"Note: {note}", highlight=False)
    terminal.show_figures(
        str(folder),
        {
            "machines": len(history.machines),
            "samples": len(history.telemetry),
            "events": len(history.events),
            "log lines": len(history.logs),
            "maintenance records": len(history.maintenance),
            "failures": len(history.failures),
        },
    )


def write_json(file: Path | None, result: object) -> None:
    """Write a result where the user asked for it."""
    if file is not None:
        file.write_text(json.dumps(result, indent=2, sort_keys=True) + "\n")
