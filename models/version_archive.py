"""What is filed with a trained model: its decision, its reports, each with its SHA-256."""

import hashlib
import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from foreworn.errors import DamagedModel, NotFound
from models import cards

ARCHIVE: Final = "archive"
_CARD: Final = "archive.json"
_SCHEMA_VERSION: Final = 1
_HASH: Final = 12
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")


@dataclass(frozen=True, slots=True)
class Filed:
    """One file of the archive.

    Parameters
    ----------
    sha256, size
        Of its content, in bytes.
    time
        When it was filed.
    """

    sha256: str
    size: int
    time: datetime


class VersionArchive:
    """The files of one version that came after it: they are no part of what the model is.

    A file's name on disk begins with its hash, and it is filed when the card says so. What was filed under the name
    before stays until the next time: a crash in between leaves it standing, and so does a reader in between.

    Parameters
    ----------
    folder
        The version's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / ARCHIVE

    def put(self, name: str, content: bytes, time: datetime) -> None:
        """File something, or in place of what was filed under the name; on disk when it returns.

        Raises
        ------
        ValueError
            If the name is not a plain file name.
        """
        if not _NAME.fullmatch(name) or name == _CARD:
            raise ValueError(f"{name!r} is not a plain file name")
        self._folder.mkdir(exist_ok=True)
        filed = self.files()
        self._clear(name, filed)
        new = Filed(hashlib.sha256(content).hexdigest(), len(content), time)
        place = self._place(name, new)
        place.write_bytes(content)
        flush(place)
        self._write(filed | {name: new})

    def get(self, name: str) -> bytes:
        """Return a file's content.

        Raises
        ------
        NotFound
            If nothing was filed under that name.
        DamagedModel
            If it is not what was filed.
        """
        filed = self.files()
        if name not in filed:
            raise NotFound("attachment", name, known=sorted(filed))
        try:
            content = self._place(name, filed[name]).read_bytes()
        except OSError as problem:
            raise DamagedModel(self._folder, f"{name} cannot be read: {problem.strerror}") from problem
        if hashlib.sha256(content).hexdigest() != filed[name].sha256:
            raise DamagedModel(self._folder, f"{name} does not match its checksum")
        return content

    def files(self) -> dict[str, Filed]:
        """Return what is filed, by name.

        Raises
        ------
        DamagedModel
            If the archive's card cannot be read.
        """
        if not (self._folder / _CARD).exists():
            return {}
        found = cards.read_card(self._folder, _CARD, _SCHEMA_VERSION)["files"]
        return {name: _filed(data) for name, data in sorted(found.items())}

    def _place(self, name: str, filed: Filed) -> Path:
        return self._folder / f"{filed.sha256[:_HASH]}-{name}"

    def _clear(self, name: str, filed: dict[str, Filed]) -> None:
        """Remove what was filed under a name, or was about to be, and is not what the card says."""
        standing = self._place(name, filed[name]) if name in filed else None
        own = re.compile(rf"[0-9a-f]{{{_HASH}}}-{re.escape(name)}")
        for file in self._folder.iterdir():
            if own.fullmatch(file.name) and file != standing:
                file.unlink()

    def _write(self, filed: dict[str, Filed]) -> None:
        told = {name: {"sha256": f.sha256, "size": f.size, "time": f.time.isoformat()} for name, f in filed.items()}
        fresh = f".{_CARD}-{os.getpid()}"
        cards.write_card({"schema_version": _SCHEMA_VERSION, "files": told}, self._folder, fresh)
        flush(self._folder / fresh)
        (self._folder / fresh).replace(self._folder / _CARD)
        flush(self._folder)


def _filed(data: dict[str, Any]) -> Filed:
    return Filed(data["sha256"], data["size"], datetime.fromisoformat(data["time"]))


def flush(path: Path) -> None:
    """Have a file, or a folder's entries, on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
