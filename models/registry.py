"""Trained models in a folder, by version."""

import os
import shutil
import tempfile
from pathlib import Path

from foreworn.errors import NotFound
from models.failure.artefact import CARD, read_model, write_model
from models.failure.gradient_boosted import GradientBoostedFailureModel

_SERVING = "serving"


class FolderModelStore:
    """Keeps each model in a folder named by its version; implements `FailureModelStore`.

    A model is written beside its place and moved there whole, so that a reader never sees half of
    one, and a crash leaves the last good model serving.

    Parameters
    ----------
    folder
        Where the models are; made on the first save.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._served: tuple[tuple[int, str], GradientBoostedFailureModel] | None = None

    def save(self, model: GradientBoostedFailureModel) -> None:
        """Keep a model; one that is there already is written anew, with the same bytes."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".saving-", dir=self._folder) as scratch:
            fresh, old = Path(scratch) / "fresh", Path(scratch) / "old"
            fresh.mkdir()
            write_model(model, fresh)
            for file in fresh.iterdir():
                _flush(file)
            place = self._folder / model.version
            if place.exists():
                shutil.copystat(place / CARD, fresh / CARD)  # the first save says how old the version is
                place.rename(old)
            fresh.rename(place)
        _flush(self._folder)

    def load(self, version: str) -> GradientBoostedFailureModel:
        """Return a model.

        Raises
        ------
        NotFound
            If there is no such version.
        DamagedModel
            If its files are not what was written.
        """
        if version not in (known := self.versions()):
            raise NotFound("model version", version, known=known)
        return read_model(self._folder / version)

    def versions(self) -> list[str]:
        """Return all versions, oldest first."""
        if not self._folder.is_dir():
            return []
        kept = [f for f in self._folder.iterdir() if f.is_dir() and not f.name.startswith(".")]
        return [f.name for f in sorted(kept, key=_age)]

    def serving(self) -> GradientBoostedFailureModel | None:
        """Return the model that is in use, or None before one was put in use.

        Raises
        ------
        NotFound, DamagedModel
            If the version in use is gone or damaged.
        """
        pointer = self._folder / _SERVING
        if not pointer.exists():
            return None
        version = pointer.read_text().strip()
        stand = _age(self._folder / version)
        if self._served is None or self._served[0] != stand:  # asked at every request and every hour: read once
            self._served = stand, self.load(version)
        return self._served[1]

    def serve(self, version: str) -> None:
        """Put a version in use, once it has proved to load.

        Raises
        ------
        NotFound, DamagedModel
            If there is no such version or it is damaged; the one in use stays.
        """
        self.load(version)
        fresh = self._folder / f".{_SERVING}-{os.getpid()}"
        fresh.write_text(f"{version}\n")
        _flush(fresh)
        fresh.replace(self._folder / _SERVING)
        _flush(self._folder)


def _age(folder: Path) -> tuple[int, str]:
    card = folder / CARD
    return (card.stat().st_mtime_ns if card.exists() else 0, folder.name)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
