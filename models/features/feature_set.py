"""A set of features, and the set that Foreworn takes unless told otherwise."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from foreworn.fleet.history import FleetHistory
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
from models.features.fleet_record import is_numeric
from models.features.row_index import span_ms
from models.features.trend import DecayingLevel, ExponentialTrend, FirstLevel, LifeChange, LifeLevel, LifeSlope
from models.features.use import HoursInLife, UseInLife

SHORT, LONG = timedelta(hours=3), timedelta(hours=24)
WEEK = timedelta(days=7)
SLOW = timedelta(days=2)
"""A horizon beyond this asks for wear that takes days to weeks, and for windows to match."""

_OF_LIFE = (LifeLevel, FirstLevel, LifeChange, LifeSlope, DecayingLevel, ExponentialTrend)
_OF_SIGNAL = (WindowMean, WindowSpread, WindowChange, *_OF_LIFE)


@dataclass(frozen=True, slots=True)
class FeatureSet:
    """Features in the order of their columns.

    Raises
    ------
    ValueError
        If two features have one name.
    """

    features: tuple[Feature, ...]

    def __post_init__(self) -> None:
        twice = sorted({name for name in self.names if self.names.count(name) > 1})
        if twice:
            raise ValueError(f"two features are called {twice[0]!r}")

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names."""
        return tuple(f.name for f in self.features)

    @property
    def lookback(self) -> timedelta:
        """How much telemetry and events before a row the features need."""
        return max((f.lookback for f in self.features), default=timedelta(0))

    @property
    def signals(self) -> set[str]:
        """The telemetry signals that the features read."""
        read = {f.signal for f in self.features if isinstance(f, _OF_SIGNAL)}
        return read | {f.counter for f in self.features if isinstance(f, UseInLife)}

    @property
    def categories(self) -> tuple[int, ...]:
        """The columns that hold categories."""
        return tuple(i for i, f in enumerate(self.features) if isinstance(f, MachineModel))

    def as_data(self) -> list[dict[str, Any]]:
        """Return the definitions as plain data for JSON."""
        return [_as_data(f) for f in self.features]

    @classmethod
    def from_data(cls, data: Iterable[dict[str, Any]]) -> "FeatureSet":
        """Build a set from what `as_data` gave.

        Raises
        ------
        ValueError
            If a kind of feature is not known.
        """
        return cls(tuple(_from_data(d) for d in data))


def default_features(
    signals: Sequence[str],
    event_codes: Sequence[str],
    components: Sequence[str],
    *,
    machine_models: Sequence[str] = (),
    with_events: bool = True,
    horizon: timedelta = LONG,
) -> FeatureSet:
    """Return the features that a failure model takes unless told otherwise.

    Mean and spread of each signal over 3 h and 24 h, count of events per code over 24 h, hours since
    the last replacement of each component, age, and, where models are named, the machine model. For a
    horizon beyond two days the windows are 24 h and a week, and the change of each signal's mean from
    the one to the other is a feature too.

    Examples
    --------
    >>> default_features(["vibration"], ["E17"], ["bearing"]).names
    ('vibration mean 3 h', 'vibration spread 3 h', 'vibration mean 24 h', 'vibration spread 24 h', \
'E17 count 24 h', 'hours since replacement of bearing', 'machine age')
    """
    slow = horizon > SLOW
    widths = (LONG, WEEK) if slow else (SHORT, LONG)
    features: list[Feature] = [kind(s, w) for s in signals for w in widths for kind in (WindowMean, WindowSpread)]
    if slow:
        features += [WindowChange(s, LONG, WEEK) for s in signals]
    if with_events:
        features += [EventCount(code, widths[-1]) for code in event_codes]
    features += [HoursSinceReplacement(component) for component in components]
    features.append(AgeYears())
    if machine_models:
        features.append(MachineModel(tuple(machine_models)))
    return FeatureSet(tuple(features))


def features_of(
    history: FleetHistory,
    *,
    with_events: bool = True,
    horizon: timedelta = LONG,
    leave_out: Collection[str] = (),
) -> FeatureSet:
    """Return the default features for what a history holds: its numeric signals, codes, components, models.

    `leave_out` names signals that are not to be read, such as counters: their level says which machine it is.
    """
    return default_features(
        [s for s in history.signals if s not in leave_out and is_numeric(history.telemetry, s)],
        sorted(set(history.events["code"].unique().to_pylist())),
        history.components,
        machine_models=sorted({m.model for m in history.machines}),
        with_events=with_events,
        horizon=horizon,
    )


_BUILDERS: dict[str, Callable[[dict[str, Any]], Feature]] = {
    "window_mean": lambda d: WindowMean(d["signal"], timedelta(milliseconds=d["width_ms"])),
    "window_spread": lambda d: WindowSpread(d["signal"], timedelta(milliseconds=d["width_ms"])),
    "window_change": lambda d: WindowChange(
        d["signal"], timedelta(milliseconds=d["width_ms"]), timedelta(milliseconds=d["against_ms"])
    ),
    "event_count": lambda d: EventCount(d["code"], timedelta(milliseconds=d["width_ms"])),
    "hours_since_replacement": lambda d: HoursSinceReplacement(d["component"]),
    "age_years": lambda _: AgeYears(),
    "machine_model": lambda d: MachineModel(tuple(d["models"])),
    "life_level": lambda d: LifeLevel(d["signal"], d["component"], _span(d["width_ms"]), _known_span(d["lag_ms"])),
    "first_level": lambda d: FirstLevel(d["signal"], d["component"], _known_span(d["width_ms"])),
    "life_change": lambda d: LifeChange(
        d["signal"], d["component"], _known_span(d["width_ms"]), _span(d["lag_ms"]), _known_span(d["against_ms"])
    ),
    "life_slope": lambda d: LifeSlope(d["signal"], d["component"], _span(d["width_ms"])),
    "decaying_level": lambda d: DecayingLevel(d["signal"], d["component"], _known_span(d["constant_ms"])),
    "exponential_trend": lambda d: ExponentialTrend(
        d["signal"], d["component"], d["part"], tuple(_known_span(c) for c in d["constants_ms"])
    ),
    "hours_in_life": lambda d: HoursInLife(d["component"]),
    "use_in_life": lambda d: UseInLife(d["counter"], d["component"]),
}


def _known_span(ms: int) -> timedelta:
    return timedelta(milliseconds=ms)


def _span(ms: int | None) -> timedelta | None:
    return None if ms is None else _known_span(ms)


def _ms(span: timedelta | None) -> int | None:
    return None if span is None else span_ms(span)


def _from_data(data: dict[str, Any]) -> Feature:
    builder = _BUILDERS.get(data.get("kind", ""))
    if builder is None:
        raise ValueError(f"unknown kind of feature {data.get('kind')!r}; known: {', '.join(_BUILDERS)}")
    return builder(data)


def _as_data(feature: Feature) -> dict[str, Any]:
    match feature:
        case WindowMean():
            return {"kind": "window_mean", "signal": feature.signal, "width_ms": span_ms(feature.width)}
        case WindowSpread():
            return {"kind": "window_spread", "signal": feature.signal, "width_ms": span_ms(feature.width)}
        case WindowChange():
            widths = {"width_ms": span_ms(feature.width), "against_ms": span_ms(feature.against)}
            return {"kind": "window_change", "signal": feature.signal, **widths}
        case EventCount():
            return {"kind": "event_count", "code": feature.code, "width_ms": span_ms(feature.width)}
        case HoursSinceReplacement():
            return {"kind": "hours_since_replacement", "component": feature.component}
        case AgeYears():
            return {"kind": "age_years"}
        case MachineModel():
            return {"kind": "machine_model", "models": list(feature.models)}
        case HoursInLife():
            return {"kind": "hours_in_life", "component": feature.component}
        case UseInLife():
            return {"kind": "use_in_life", "counter": feature.counter, "component": feature.component}
        case LifeLevel() | FirstLevel() | LifeChange() | LifeSlope() | DecayingLevel() | ExponentialTrend():
            return {"signal": feature.signal, "component": feature.component} | _of_life_as_data(feature)
    raise ValueError(f"a {type(feature).__name__} has no form as data; add it to models/features/feature_set.py")


def _of_life_as_data(
    feature: LifeLevel | FirstLevel | LifeChange | LifeSlope | DecayingLevel | ExponentialTrend,
) -> dict[str, Any]:
    match feature:
        case LifeLevel():
            return {"kind": "life_level", "width_ms": _ms(feature.width), "lag_ms": _ms(feature.lag)}
        case FirstLevel():
            return {"kind": "first_level", "width_ms": _ms(feature.width)}
        case LifeChange():
            spans = {"width_ms": _ms(feature.width), "lag_ms": _ms(feature.lag), "against_ms": _ms(feature.against)}
            return {"kind": "life_change", **spans}
        case LifeSlope():
            return {"kind": "life_slope", "width_ms": _ms(feature.width)}
        case DecayingLevel():
            return {"kind": "decaying_level", "constant_ms": _ms(feature.constant)}
        case ExponentialTrend():
            constants = [_ms(constant) for constant in feature.constants]
            return {"kind": "exponential_trend", "part": feature.part, "constants_ms": constants}
