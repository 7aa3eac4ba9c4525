"""Trained models and detectors in folders, by version."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import EllipsisType
from typing import TYPE_CHECKING, Final, Generic, Literal, Protocol, TypeVar

from foreworn.clock import Clock, WallClock
from foreworn.errors import Conflict, NotFound
from models import cards
from models.promotion_journal import Promotion, PromotionJournal, served_before
from models.version_archive import ARCHIVE, Filed, VersionArchive, flush

# What reads a model is loaded with the first model: a plant that has none yet pays nothing for LightGBM.
if TYPE_CHECKING:
    from models.anomaly.detector import SubspaceDetector
    from models.failure.gradient_boosted import GradientBoostedFailureModel

_SERVING: Final = "serving"
_LOCK: Final = ".lock"


class _Versioned(Protocol):
    @property
    def version(self) -> str: ...

    def describe(self) -> Mapping[str, object]: ...


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
    clock
        Which time promotions and attachments are stamped with.
    """

    def __init__(
        self,
        folder: Path,
        *,
        kind: str,
        card: str,
        read: Callable[[Path], Model],
        write: Callable[[Model, Path], None],
        clock: Clock | None = None,
    ) -> None:
        self._folder = folder
        self._journal = PromotionJournal(folder)
        self._clock = clock or WallClock()
        self._kind, self._card, self._read, self._write = kind, card, read, write
        self._served: tuple[tuple[int, str], Model] | None = None
        self._described: dict[tuple[int, str], Mapping[str, object]] = {}

    def save(self, model: Model) -> None:
        """Keep a model; one that is there already is written anew, with the same bytes, and keeps its archive."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".saving-", dir=self._folder) as scratch:
            fresh, old = Path(scratch) / "fresh", Path(scratch) / "old"
            fresh.mkdir()
            self._write(model, fresh)
            cards.write_description(model.describe(), fresh)
            cards.seal(fresh)
            place = self._folder / model.version
            with self._locked():
                if place.exists():
                    self._inherit(place, fresh)
                for file in fresh.rglob("*"):
                    flush(file)
                if place.exists():
                    place.rename(old)
                fresh.rename(place)
                flush(self._folder)

    def load(self, version: str) -> Model:
        """Return a model.

        Raises
        ------
        NotFound
            If there is no such version.
        DamagedModel
            If its files are not what was written.
        """
        return self._read(self._place(version))

    def describe(self, version: str) -> Mapping[str, object]:
        """Return what a version says about itself: read once, and without its trees, which take seconds to load.

        Raises
        ------
        NotFound, DamagedModel
            If there is no such version, or any of its files is not what was written.
        """
        place = self._place(version)
        stand = self._age(place)
        if stand not in self._described:
            cards.check_seals(place)
            told = cards.read_description(place)
            self._described[stand] = self.load(version).describe() if told is None else told
        return self._described[stand]

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
        version = self.serving_version()
        if version is None:
            return None
        stand = self._age(self._folder / version)
        if self._served is None or self._served[0] != stand:  # asked at every request and every hour: read once
            self._served = stand, self.load(version)
        return self._served[1]

    def serving_version(self) -> str | None:
        """Return which version is in use, whether or not it can be read."""
        pointer = self._folder / _SERVING
        return pointer.read_text().strip() if pointer.exists() else None

    def serve(self, version: str) -> None:
        """Put a version in use, once it has proved to load.

        Raises
        ------
        NotFound, DamagedModel
            If there is no such version or it is damaged; the one in use stays.
        """
        self.load(version)
        with self._locked():
            self._point_at(version)

    def promote(
        self,
        version: str,
        *,
        by: str,
        why: str,
        checks: Sequence[Mapping[str, object]] = (),
        expected: str | EllipsisType | None = ...,
    ) -> Promotion:
        """Put a version in use, once it has proved to load, and write down who did it and why.

        Parameters
        ----------
        version
            Which.
        by, why, checks
            Who, for what reason, and what was checked before; see `Promotion`.
        expected
            Which version it was judged against, None where nothing was in use; left out, whatever is in use goes.

        Raises
        ------
        NotFound, DamagedModel
            If there is no such version or it is damaged; the one in use stays.
        Conflict
            If another than the expected one is in use by now; it stays.
        """
        self.load(version)
        with self._locked():
            serving = self.serving_version()
            if expected not in (..., serving):
                then, now = expected or "nothing", serving or "nothing"
                raise Conflict(f"{version} was judged against {then}, and by now {now} is in use: judge it again")
            return self._change("promoted", version, by, why, checks)

    def rollback(self, *, by: str, why: str = "") -> Promotion:
        """Put the version in use again that was in use before; done again, the one before that.

        Raises
        ------
        NotFound
            If nothing is in use, or nothing was before, or that version is gone.
        DamagedModel
            If that version is damaged; the one in use stays.
        """
        with self._locked():
            serving = self.serving_version()
            if serving is None:
                raise NotFound(f"{self._kind} in use in", str(self._folder))
            before = served_before(self.promotions(), serving)
            if before is None:
                raise NotFound(f"{self._kind} that was in use before", serving)
            self.load(before)
            return self._change("rolled_back", before, by, why, ())

    def promotions(self) -> list[Promotion]:
        """Return every change of the version in use, oldest first."""
        return self._journal.entries()

    def saved_at(self, version: str) -> datetime:
        """Return when a version was first kept."""
        return datetime.fromtimestamp(self._age(self._place(version))[0] // 1_000_000 / 1000, UTC)

    def seals(self, version: str) -> dict[str, str]:
        """Return the SHA-256 of every file that the model consists of.

        Raises
        ------
        NotFound, DamagedModel
            If there is no such version, or a file is not what was written; the message names it.
        """
        return cards.check_seals(self._place(version))

    def attach(self, version: str, name: str, content: bytes) -> None:
        """File something with a version, such as its report, in place of what was filed under that name.

        Raises
        ------
        NotFound
            If there is no such version.
        ValueError
            If the name is not a plain file name.
        """
        with self._locked():
            VersionArchive(self._place(version)).put(name, content, self._clock.now())

    def attachment(self, version: str, name: str) -> bytes:
        """Return what was filed with a version.

        Raises
        ------
        NotFound, DamagedModel
            If there is no such version or attachment, or it is not what was filed.
        """
        return VersionArchive(self._place(version)).get(name)

    def attachments(self, version: str) -> dict[str, Filed]:
        """Return what is filed with a version, by name."""
        return VersionArchive(self._place(version)).files()

    def _change(
        self,
        kind: Literal["promoted", "rolled_back"],
        version: str,
        by: str,
        why: str,
        checks: Sequence[Mapping[str, object]],
    ) -> Promotion:
        found = Promotion(self._clock.now(), kind, version, self.serving_version(), by, why, tuple(checks))
        self._journal.append(found)
        self._point_at(version)
        return found

    def _point_at(self, version: str) -> None:
        fresh = self._folder / f".{_SERVING}-{os.getpid()}"
        fresh.write_text(f"{version}\n")
        flush(fresh)
        fresh.replace(self._folder / _SERVING)
        flush(self._folder)

    def _inherit(self, place: Path, fresh: Path) -> None:
        """Take over what a model written anew keeps of what stood there: its age and its archive."""
        if (place / self._card).exists():
            shutil.copystat(place / self._card, fresh / self._card)  # the first save says how old the version is
        if (place / ARCHIVE).exists():
            shutil.copytree(place / ARCHIVE, fresh / ARCHIVE)

    def _place(self, version: str) -> Path:
        if version not in (known := self.versions()):
            raise NotFound(f"{self._kind} version", version, known=known)
        return self._folder / version

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other processes from changing what is in use or filed meanwhile."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / _LOCK).open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _age(self, folder: Path) -> tuple[int, str]:
        card = folder / self._card
        return (card.stat().st_mtime_ns if card.exists() else 0, folder.name)


class FolderModelStore(FolderStore["GradientBoostedFailureModel"]):
    """Keeps failure models; implements `FailureModelStore`."""

    def __init__(self, folder: Path, *, clock: Clock | None = None) -> None:
        super().__init__(
            folder, kind="model", card=cards.FAILURE_MODEL, read=_read_model, write=_write_model, clock=clock
        )


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
