"""What is known of the kept models that forecast no failures: anomaly detectors, and models of remaining life."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from foreworn.errors import DamagedModel, NotFound
from models.life.registry import FolderLifeStore
from models.registry import FolderDetectorStore, FolderStore

if TYPE_CHECKING:
    AnyStore = FolderStore[Any]


@dataclass(frozen=True, slots=True)
class OtherModel:
    """One kept version in a line.

    Parameters
    ----------
    kind, component
        `anomaly` or `remaining_life`, the latter of a component.
    version, in_use, saved_at
        Which, whether it is in use, and when it was kept.
    damage
        Why it cannot be read; then nothing else is known.
    trained_until, rows
        Up to where it learned, and from how many rows.
    """

    kind: str
    component: str | None
    version: str
    in_use: bool
    saved_at: datetime
    damage: str | None = None
    trained_until: datetime | None = None
    rows: int | None = None

    @property
    def what(self) -> str:
        """What it tells, in words."""
        return _what(self.component)

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON-able values."""
        until = None if self.trained_until is None else self.trained_until.isoformat()
        return asdict(self) | {"saved_at": self.saved_at.isoformat(), "trained_until": until}


def other_models(detectors: FolderDetectorStore, lives: FolderLifeStore) -> list[OtherModel]:
    """Return every version of them, kind by kind, oldest first; one that cannot be read says why."""
    return [
        _summary(store, kind, component, version)
        for store, kind, component in _stores(detectors, lives)
        for version in store.versions()
    ]


def what_it_tells(detectors: FolderDetectorStore, lives: FolderLifeStore, version: str) -> str | None:
    """Return in words what a version tells; None where it is none of them."""
    found = (component for store, _, component in _stores(detectors, lives) if version in store.versions())
    return next((_what(component) for component in found), None)


def _what(component: str | None) -> str:
    return "anomalies" if component is None else f"remaining life: {component}"


def other_model_record(detectors: FolderDetectorStore, lives: FolderLifeStore, version: str) -> dict[str, Any]:
    """Return all that is kept of one of them, as JSON-able values.

    Raises
    ------
    NotFound, DamagedModel
        If there is no such version, or any of its files is not what was written.
    """
    for store, kind, component in _stores(detectors, lives):
        if version in store.versions():
            return {
                "kind": kind,
                "component": component,
                "version": version,
                "in_use": version == store.serving_version(),
                "saved_at": store.saved_at(version).isoformat(),
                **store.describe(version),
                "files": store.seals(version),
            }
    raise NotFound("detector or model of remaining life", version)


def _stores(detectors: FolderDetectorStore, lives: FolderLifeStore) -> "Iterator[tuple[AnyStore, str, str | None]]":
    yield detectors, "anomaly", None
    for component in lives.components():
        yield lives.of(component), "remaining_life", component


def _summary(store: "AnyStore", kind: str, component: str | None, version: str) -> OtherModel:
    in_use, saved = version == store.serving_version(), store.saved_at(version)
    try:
        told: Mapping[str, Any] = store.describe(version)
    except DamagedModel as damage:
        return OtherModel(kind, component, version, in_use, saved, damage=damage.problem)
    until = datetime.fromisoformat(told["trained_until"])
    return OtherModel(kind, component, version, in_use, saved, trained_until=until, rows=told["rows"])
