"""Where the golden history ships."""

from importlib.resources import files
from pathlib import Path


def folder() -> Path:
    """Return the folder of the golden history, a fleet history on disk as any other."""
    return Path(str(files("simulators.golden") / "history"))
