"""Features: declared once, computed in one place, the same for a history and for live data."""

from models.features.definition import (
    AgeYears,
    EventCount,
    Feature,
    HoursSinceReplacement,
    MachineModel,
    WindowChange,
    WindowMean,
    WindowSpread,
)
from models.features.feature_rows import FeatureRows, compute
from models.features.feature_set import FeatureSet, default_features, features_of
from models.features.row_index import RowIndex
from models.features.trend import DecayingLevel, ExponentialTrend, FirstLevel, LifeChange, LifeLevel, LifeSlope
from models.features.use import HoursInLife, UseInLife

__all__ = [
    "AgeYears",
    "DecayingLevel",
    "EventCount",
    "ExponentialTrend",
    "Feature",
    "FeatureRows",
    "FeatureSet",
    "FirstLevel",
    "HoursInLife",
    "HoursSinceReplacement",
    "LifeChange",
    "LifeLevel",
    "LifeSlope",
    "MachineModel",
    "RowIndex",
    "UseInLife",
    "WindowChange",
    "WindowMean",
    "WindowSpread",
    "compute",
    "default_features",
    "features_of",
]
