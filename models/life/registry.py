"""Trained models of remaining life in folders: of every component its versions, and the one in use."""

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from foreworn.errors import DamagedModel, NotFound
from foreworn.health.remaining_life import LifeModel, LifeModelsInUse
from models import cards
from models.registry import FolderStore

# What reads a model is loaded with the first model: a plant that has none yet pays nothing for LightGBM.
if TYPE_CHECKING:
    from models.life.gradient_boosted import GradientBoostedLifeModel


class FolderLifeStore:
    """Keeps models of remaining life; implements `LifeModelStore`.

    Each component has a folder of its own, with its versions below it.

    Parameters
    ----------
    folder
        Where the components' folders are; made on the first save.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stores: dict[str, FolderStore[GradientBoostedLifeModel]] = {}

    def of(self, component: str) -> "FolderStore[GradientBoostedLifeModel]":
        """Return the versions of one component."""
        if component not in self._stores:
            self._stores[component] = FolderStore(
                self._folder / _named(component),
                kind="life model",
                card=cards.LIFE_MODEL,
                read=_read_model,
                write=_write_model,
            )
        return self._stores[component]

    def components(self) -> list[str]:
        """Return the components of which there is a version, sorted."""
        if not self._folder.is_dir():
            return []
        return sorted(unquote(folder.name) for folder in self._folder.iterdir() if folder.is_dir())

    def serving(self) -> list[LifeModel]:
        """Return the model in use of each component that has one, sorted by component, at the pace it was trained on.

        Raises
        ------
        NotFound, DamagedModel
            If a version in use is gone or damaged.
        """
        found = (self._serving(component) for component in self.components())
        return [model for model in found if model is not None]

    def in_use(self) -> LifeModelsInUse:
        """Return the same, and for each that is gone or damaged what is wrong with it: one stops no other."""
        models: list[LifeModel] = []
        troubles: dict[str, DamagedModel | NotFound] = {}
        for component in self.components():
            try:
                model = self._serving(component)
            except (DamagedModel, NotFound) as trouble:
                troubles[component] = trouble
            else:
                models += [] if model is None else [model]
        return LifeModelsInUse(tuple(models), troubles)

    def _serving(self, component: str) -> LifeModel | None:
        model = self.of(component).serving()
        return None if model is None else _at_its_pace(model)


def _at_its_pace(model: "GradientBoostedLifeModel") -> LifeModel:
    from models.life.pacing import PacedLifeModel

    return PacedLifeModel(model)


def _named(component: str) -> str:
    """Return a component's folder: a name may hold what a path cannot, and must not be hidden or lead upwards."""
    return quote(component, safe=" ").replace(".", "%2E")


def _read_model(folder: Path) -> "GradientBoostedLifeModel":
    from models.life.artefact import read_model

    return read_model(folder)


def _write_model(model: "GradientBoostedLifeModel", folder: Path) -> None:
    from models.life.artefact import write_model

    write_model(model, folder)
