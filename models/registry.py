"""Trained models and detectors in folders, by version."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from foreworn.errors import NotFound
from models import cards

# What reads a model is loaded with the first model: a plant that has none yet pays nothing for LightGBM.
if TYPE_CHECKING:
    from models.anomaly.detector import SubspaceDetector
    from models.failure.gradient_boosted import GradientBoostedFailureModel

_SERVING = "serving"


class _Versioned(Protocol):
    @property
    def version(self) -> str: ...


Model = TypeVar("Model", bound=_Versioned)


class FolderStore(Generic[Model]):
    """Keeps each model in a folder named by its version.

    A model is written beside its place and moved there whole, so that a reader never sees half of
    one, and a crash leaves the last good model serving.

    Parameters
    ----------
    folder
        Where the models are; made on the first save.
    kind
        What a model of it is called when there is none.
    card
        The file that every model's folder holds; its age is the version's.
    read, write
        How one model is read from its folder, and written to an empty one.
    """

    def __init__(
        self,
        folder: Path,
        *,
        kind: str,
        card: str,
        read: Callable[[Path], Model],
        write: Callable[[Model, Path], None],
    ) -> None:
        self._folder = folder
        self._kind, self._card, self._read, self._write = kind, card, read, write
        self._served: tuple[tuple[int, str], Model] | None = None

    def save(self, model: Model) -> None:
        """Keep a model; one that is there already is written anew, with the same bytes."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".saving-", dir=self._folder) as scratch:
            fresh, old = Path(scratch) / "fresh", Path(scratch) / "old"
            fresh.mkdir()
            self._write(model, fresh)
            for file in fresh.iterdir():
                _flush(file)
            place = self._folder / model.version
            if place.exists():
                shutil.copystat(place / self._card, fresh / self._card)  # the first save says how old the version is
                place.rename(old)
            fresh.rename(place)
        _flush(self._folder)

    def load(self, version: str) -> Model:
        """Return a model.

        Raises
        ------
        NotFound
            If there is no such version.
        DamagedModel
            If its files are not what was written.
        """
        if version not in (known := self.versions()):
            raise NotFound(f"{self._kind} version", version, known=known)
        return self._read(self._folder / version)

    def versions(self) -> list[str]:
        """Return all versions, oldest first."""
        if not self._folder.is_dir():
            return []
        kept = [f for f in self._folder.iterdir() if f.is_dir() and not f.name.startswith(".")]
        return [f.name for f in sorted(kept, key=self._age)]

    def serving(self) -> Model | None:
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
        stand = self._age(self._folder / version)
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

    def _age(self, folder: Path) -> tuple[int, str]:
        card = folder / self._card
        return (card.stat().st_mtime_ns if card.exists() else 0, folder.name)


class FolderModelStore(FolderStore["GradientBoostedFailureModel"]):
    """Keeps failure models; implements `FailureModelStore`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, kind="model", card=cards.FAILURE_MODEL, read=_read_model, write=_write_model)


class FolderDetectorStore(FolderStore["SubspaceDetector"]):
    """Keeps anomaly detectors."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, kind="detector", card=cards.DETECTOR, read=_read_detector, write=_write_detector)


def _read_model(folder: Path) -> "GradientBoostedFailureModel":
    from models.failure.artefact import read_model

    return read_model(folder)


def _write_model(model: "GradientBoostedFailureModel", folder: Path) -> None:
    from models.failure.artefact import write_model

    write_model(model, folder)


def _read_detector(folder: Path) -> "SubspaceDetector":
    from models.anomaly.artefact import read_detector

    return read_detector(folder)


def _write_detector(detector: "SubspaceDetector", folder: Path) -> None:
    from models.anomaly.artefact import write_detector

    write_detector(detector, folder)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
