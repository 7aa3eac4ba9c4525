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
from models.features.peers import PeerDifference
from models.features.row_index import span_ms
from models.features.usage import UseSinceReplacement
from models.features.window_shapes import DecayingMean, HoursSinceStep, StepSize, WindowHigh, WindowLow, WindowSlope

SHORT, LONG = timedelta(hours=3), timedelta(hours=24)
WEEK = timedelta(days=7)
SLOW = timedelta(days=2)
"""A horizon beyond this asks for wear that takes days to weeks, and for windows to match."""

_OF_THE_PLAN = HoursSinceReplacement | UseSinceReplacement
_OF_A_SIGNAL = (
    WindowMean
    | WindowSpread
    | WindowChange
    | WindowLow
    | WindowHigh
    | WindowSlope
    | HoursSinceStep
    | StepSize
    | DecayingMean
    | PeerDifference
)


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
        counters = {f.counter for f in self.features if isinstance(f, UseSinceReplacement)}
        return counters | {f.signal for f in self.features if isinstance(f, _OF_A_SIGNAL)}

    @property
    def categories(self) -> tuple[int, ...]:
        """The columns that hold categories."""
        return tuple(i for i, f in enumerate(self.features) if isinstance(f, MachineModel))

    @property
    def plan_names(self) -> tuple[str, ...]:
        """The features that carry the calendar of the maintenance plan: time and use since maintenance.

        Where work is done by the calendar, they tell when the next visit is due, and so when a failure can be on
        record.
        """
        return tuple(f.name for f in self.features if isinstance(f, _OF_THE_PLAN))

    def without_plan(self) -> "FeatureSet":
        """Return the features that know nothing of the maintenance plan."""
        return FeatureSet(tuple(f for f in self.features if not isinstance(f, _OF_THE_PLAN)))

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
    step_window: timedelta | None = None,
) -> FeatureSet:
    """Return the features that a failure model takes unless told otherwise.

    Mean and spread of each signal over 3 h and 24 h, count of events per code over 24 h, hours since
    the last replacement of each component, age, and, where models are named, the machine model. For a
    horizon beyond two days the windows are 24 h and a week, and the change of each signal's mean from
    the one to the other is a feature too. With a `step_window` each signal's last step within it is one as well,
    when it was and how large.

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
    if step_window is not None:
        features += [kind(s, step_window) for s in signals for kind in (HoursSinceStep, StepSize)]
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
    step_window: timedelta | None = None,
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
        step_window=step_window,
    )


_BUILDERS: dict[str, Callable[[dict[str, Any]], Feature]] = {
    "window_mean": lambda d: WindowMean(d["signal"], timedelta(milliseconds=d["width_ms"])),
    "window_spread": lambda d: WindowSpread(d["signal"], timedelta(milliseconds=d["width_ms"])),
    "window_change": lambda d: WindowChange(
        d["signal"], timedelta(milliseconds=d["width_ms"]), timedelta(milliseconds=d["against_ms"])
    ),
    "window_low": lambda d: WindowLow(d["signal"], _span(d["width_ms"])),
    "window_high": lambda d: WindowHigh(d["signal"], _span(d["width_ms"])),
    "window_slope": lambda d: WindowSlope(d["signal"], _span(d["width_ms"])),
    "hours_since_step": lambda d: HoursSinceStep(d["signal"], _span(d["width_ms"])),
    "step_size": lambda d: StepSize(d["signal"], _span(d["width_ms"])),
    "decaying_mean": lambda d: DecayingMean(d["signal"], _span(d["time_constant_ms"])),
    "peer_difference": lambda d: PeerDifference(d["signal"], _span(d["width_ms"])),
    "use_since_replacement": lambda d: UseSinceReplacement(d["component"], d["counter"], _span(d["reach_ms"])),
    "event_count": lambda d: EventCount(d["code"], timedelta(milliseconds=d["width_ms"])),
    "hours_since_replacement": lambda d: HoursSinceReplacement(d["component"]),
    "age_years": lambda _: AgeYears(),
    "machine_model": lambda d: MachineModel(tuple(d["models"])),
}


def _span(ms: int) -> timedelta:
    return timedelta(milliseconds=ms)


_WINDOWS: dict[type, str] = {
    WindowMean: "window_mean",
    WindowSpread: "window_spread",
    WindowLow: "window_low",
    WindowHigh: "window_high",
    WindowSlope: "window_slope",
    HoursSinceStep: "hours_since_step",
    StepSize: "step_size",
    PeerDifference: "peer_difference",
}


def _from_data(data: dict[str, Any]) -> Feature:
    builder = _BUILDERS.get(data.get("kind", ""))
    if builder is None:
        raise ValueError(f"unknown kind of feature {data.get('kind')!r}; known: {', '.join(_BUILDERS)}")
    return builder(data)


def _as_data(feature: Feature) -> dict[str, Any]:
    match feature:
        case (
            WindowMean()
            | WindowSpread()
            | WindowLow()
            | WindowHigh()
            | WindowSlope()
            | HoursSinceStep()
            | StepSize()
            | PeerDifference()
        ):
            return {"kind": _WINDOWS[type(feature)], "signal": feature.signal, "width_ms": span_ms(feature.width)}
        case DecayingMean():
            constant = span_ms(feature.time_constant)
            return {"kind": "decaying_mean", "signal": feature.signal, "time_constant_ms": constant}
        case UseSinceReplacement():
            where = {"component": feature.component, "counter": feature.counter}
            return {"kind": "use_since_replacement", **where, "reach_ms": span_ms(feature.reach)}
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
    raise ValueError(f"a {type(feature).__name__} has no form as data; add it to models/features/feature_set.py")
