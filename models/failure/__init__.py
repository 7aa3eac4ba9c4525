"""Failure models: one probability per component of failing within a horizon."""

from models.failure.gradient_boosted import GradientBoostedFailureModel
from models.failure.settings import FailureModelSettings
from models.failure.training import train

__all__ = ["FailureModelSettings", "GradientBoostedFailureModel", "train"]
