"""Remaining life: how long a component will last, by the clock or by use, with an interval that holds.

What is named here is loaded when it is first asked for: a plant that keeps no model of remaining life opens
`models.life.registry` and pays nothing for LightGBM.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from models.life.artefact import CARD, read_model, write_model
    from models.life.gradient_boosted import GradientBoostedLifeModel
    from models.life.settings import HOURS, LifeModelSettings
    from models.life.training import train

_HOME: Final = {
    "CARD": "artefact",
    "HOURS": "settings",
    "GradientBoostedLifeModel": "gradient_boosted",
    "LifeModelSettings": "settings",
    "read_model": "artefact",
    "train": "training",
    "write_model": "artefact",
}

__all__ = ["CARD", "HOURS", "GradientBoostedLifeModel", "LifeModelSettings", "read_model", "train", "write_model"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
