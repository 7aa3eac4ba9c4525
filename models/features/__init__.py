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
from models.features.peers import PeerDifference
from models.features.row_index import RowIndex
from models.features.text_counts import TemplateCount, UnknownTextCount
from models.features.trend import DecayingLevel, ExponentialTrend, FirstLevel, LifeChange, LifeLevel, LifeSlope
from models.features.use import HoursInLife, UseInLife
from models.features.window_shapes import DecayingMean, HoursSinceStep, StepSize, WindowHigh, WindowLow, WindowSlope

__all__ = [
    "AgeYears",
    "DecayingLevel",
    "DecayingMean",
    "EventCount",
    "ExponentialTrend",
    "Feature",
    "FeatureRows",
    "FeatureSet",
    "FirstLevel",
    "HoursInLife",
    "HoursSinceReplacement",
    "HoursSinceStep",
    "LifeChange",
    "LifeLevel",
    "LifeSlope",
    "MachineModel",
    "PeerDifference",
    "RowIndex",
    "StepSize",
    "TemplateCount",
    "UnknownTextCount",
    "UseInLife",
    "WindowChange",
    "WindowHigh",
    "WindowLow",
    "WindowMean",
    "WindowSlope",
    "WindowSpread",
    "compute",
    "default_features",
    "features_of",
]
