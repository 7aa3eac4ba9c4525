"""Remaining life: how long a component will last, by the clock or by use, with an interval that holds."""

from models.life.artefact import CARD, read_model, write_model
from models.life.gradient_boosted import GradientBoostedLifeModel
from models.life.settings import HOURS, LifeModelSettings
from models.life.training import train

__all__ = ["CARD", "HOURS", "GradientBoostedLifeModel", "LifeModelSettings", "read_model", "train", "write_model"]
