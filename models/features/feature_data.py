"""Definitions of features as plain data: the kind, and each field under its own name; spans in milliseconds."""

import re
from dataclasses import fields
from datetime import timedelta
from typing import Any, Final

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
from models.features.peers import PeerDifference
from models.features.row_index import span_ms
from models.features.text_counts import TemplateCount, UnknownTextCount
from models.features.trend import DecayingLevel, ExponentialTrend, FirstLevel, LifeChange, LifeLevel, LifeSlope
from models.features.use import HoursInLife, UseInLife
from models.features.window_shapes import DecayingMean, HoursSinceStep, StepSize, WindowHigh, WindowLow, WindowSlope

_FEATURES: Final[tuple[type[Any], ...]] = (
    AgeYears,
    DecayingLevel,
    DecayingMean,
    EventCount,
    ExponentialTrend,
    FirstLevel,
    HoursInLife,
    HoursSinceReplacement,
    HoursSinceStep,
    LifeChange,
    LifeLevel,
    LifeSlope,
    MachineModel,
    PeerDifference,
    StepSize,
    TemplateCount,
    UnknownTextCount,
    UseInLife,
    WindowChange,
    WindowHigh,
    WindowLow,
    WindowMean,
    WindowSlope,
    WindowSpread,
)
_IN_MS: Final = "_ms"
_SPANS: Final = {"width", "lag", "against", "constant", "constants", "time_constant"}


def _kind(feature: type[Any]) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", feature.__name__).lower()


KINDS: Final[dict[str, type[Any]]] = {_kind(feature): feature for feature in _FEATURES}


def feature_as_data(feature: Feature) -> dict[str, Any]:
    """Return a definition as plain data for JSON.

    Examples
    --------
    >>> feature_as_data(WindowMean("pressure", timedelta(hours=3)))
    {'kind': 'window_mean', 'signal': 'pressure', 'width_ms': 10800000}
    """
    told: dict[str, Any] = {"kind": _kind(type(feature))}
    for name in _fields_of(type(feature)):
        value = getattr(feature, name)
        told[_key(name)] = _in_ms(value) if name in _SPANS else _plain(value)
    return told


def feature_from_data(data: dict[str, Any]) -> Feature:
    """Build a definition from what `feature_as_data` gave, in this release or an older one.

    A field that is not told, because it came later, has its default.

    Raises
    ------
    ValueError
        If the kind is not known.
    """
    kind = KINDS.get(data.get("kind", ""))
    if kind is None:
        raise ValueError(f"unknown kind of feature {data.get('kind')!r}; known: {', '.join(KINDS)}")
    told = {name: data[_key(name)] for name in _fields_of(kind) if _key(name) in data}
    feature: Feature = kind(**{n: _span(value) if n in _SPANS else _hashable(value) for n, value in told.items()})
    return feature


def _fields_of(feature: type[Any]) -> list[str]:
    return [field.name for field in fields(feature)]


def _key(name: str) -> str:
    return name + _IN_MS if name in _SPANS else name


def _in_ms(value: Any) -> Any:
    if isinstance(value, tuple):
        return [span_ms(span) for span in value]
    return None if value is None else span_ms(value)


def _span(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(timedelta(milliseconds=ms) for ms in value)
    return None if value is None else timedelta(milliseconds=value)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
