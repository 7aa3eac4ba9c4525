"""Options and arguments that several commands share."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

Folder = Annotated[Path, typer.Argument(help="A fleet history: machines.csv, telemetry.parquet or .csv, ...")]


def in_a_folder(file: Path | None) -> Path | None:
    """Refuse a file to write that could not be written, before hours of work and not after them."""
    if file is not None and (file.is_dir() or not file.parent.is_dir()):
        raise typer.BadParameter(f"{str(file)!r} is not a file in a folder that is there")
    if file is not None:
        _try_to_write(file)
    return file


def _try_to_write(file: Path) -> None:
    there = file.exists()
    try:
        file.open("ab").close()
        if not there:
            file.unlink()
    except OSError as problem:
        raise typer.BadParameter(f"{str(file)!r} cannot be written: {problem.strerror}") from None


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


PlantOption = Annotated[
    str, typer.Option(help="A plant file, or the name of a plant that comes with Foreworn.", metavar="FILE|NAME")
]
