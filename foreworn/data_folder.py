"""The folder everything is written to has one owner at a time."""

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from foreworn.errors import ConfigurationError
from foreworn.settings import Settings

LOCK = "foreworn.lock"


@contextmanager
def data_folder_lock(settings: Settings) -> Iterator[None]:
    """Hold the data folder for this process: its files have one owner.

    Raises
    ------
    ConfigurationError
        If it cannot be had, or another process holds it: names the process and where its console is.
    """
    make_data_folder(settings)
    path = settings.data_dir / LOCK
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = json.loads(path.read_text() or "{}")
            raise ConfigurationError(
                f"{settings.data_dir} belongs to a running Foreworn (process {holder.get('pid', '?')}, console "
                f"{holder.get('console', '?')}): use that one, stop it, or set FOREWORN_DATA_DIR to another folder"
            ) from None
        file.truncate(0)
        json.dump({"pid": os.getpid(), "console": f"http://{settings.api.host}:{settings.api.port}/"}, file)
        file.flush()
        yield


def make_data_folder(settings: Settings) -> None:
    """Make the data folder where it is missing.

    Raises
    ------
    ConfigurationError
        If there cannot be a folder, or none that we may write in.
    """
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=settings.data_dir).close()
    except OSError as error:
        raise ConfigurationError(
            f"nothing can be written in {settings.data_dir} ({error.strerror}): set FOREWORN_DATA_DIR to another folder"
        ) from error


def empty_data_folder(folder: Path) -> None:
    """Remove what an earlier run left in a folder that we hold; its lock stays."""
    for entry in folder.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        elif entry.name != LOCK:
            entry.unlink()
