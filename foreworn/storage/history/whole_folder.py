"""Folders that appear whole or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from foreworn.errors import Conflict

UNFINISHED = "UNFINISHED"
"""The file that stands in a folder for as long as it is being written."""


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Give a folder to write into; it becomes `folder` when all is written and on the disk.

    Raises
    ------
    Conflict
        If `folder` exists and is not an empty folder.
    """
    check_vacant(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    growing = folder.parent / f".{folder.name}.{uuid4().hex[:8]}.partial"
    growing.mkdir()
    try:
        (growing / UNFINISHED).touch()
        yield growing
        (growing / UNFINISHED).unlink()
        for path in (*growing.iterdir(), growing):
            _flush(path)
        growing.rename(folder)
    except BaseException:
        shutil.rmtree(growing)
        raise
    _flush(folder.parent)


def check_vacant(folder: Path) -> None:
    """Refuse a folder that holds something, for who has much to compute before there is anything to write.

    Raises
    ------
    Conflict
        If `folder` exists and is not an empty folder.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Conflict(f"{folder} exists already: choose another folder, or remove it first")


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
