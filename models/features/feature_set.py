"""A set of features, and the set that Foreworn takes unless told otherwise."""

from collections.abc import Collection, Iterable, Sequence
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
from models.features.feature_data import feature_as_data, feature_from_data
from models.features.fleet_record import is_numeric
from models.features.log_templates import mine_templates
from models.features.text_counts import TemplateCount, UnknownTextCount, text_counts
from models.features.use import HoursInLife, UseInLife
from models.features.weighting import WHOLE_LIFE
from models.features.window_shapes import HoursSinceStep, StepSize

SHORT, LONG = timedelta(hours=3), timedelta(hours=24)
WEEK = timedelta(days=7)
SLOW = timedelta(days=2)
"""A horizon beyond this asks for wear that takes days to weeks, and for windows to match."""

_OF_THE_PLAN = HoursSinceReplacement | HoursInLife | UseInLife


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
    def warm_up(self) -> timedelta:
        """How long a machine has to have spoken until its windows are full; a whole life is as long as it is known."""
        return max((f.lookback for f in self.features if f.lookback < WHOLE_LIFE), default=timedelta(0))

    @property
    def signals(self) -> set[str]:
        """The telemetry signals that the features read."""
        return {f.source for f in self.features if hasattr(f, "signal") or hasattr(f, "counter")}

    @property
    def reads_logs(self) -> bool:
        """Whether a feature reads lines of operation logs, which a live history holds only if it is asked for them."""
        return any(isinstance(f, TemplateCount | UnknownTextCount) and f.of == "logs" for f in self.features)

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
        return [feature_as_data(f) for f in self.features]

    @classmethod
    def from_data(cls, data: Iterable[dict[str, Any]]) -> "FeatureSet":
        """Build a set from what `as_data` gave.

        Raises
        ------
        ValueError
            If a kind of feature is not known.
        """
        return cls(tuple(feature_from_data(d) for d in data))


def default_features(
    signals: Sequence[str],
    event_codes: Sequence[str],
    components: Sequence[str],
    *,
    machine_models: Sequence[str] = (),
    with_events: bool = True,
    horizon: timedelta = LONG,
    step_window: timedelta | None = None,
    templates: Sequence[str] = (),
    log_templates: Sequence[str] = (),
) -> FeatureSet:
    """Return the features that a failure model takes unless told otherwise.

    Mean and spread of each signal over 3 h and 24 h, count of events per code over 24 h, hours since
    the last replacement of each component, age, and, where models are named, the machine model. For a
    horizon beyond two days the windows are 24 h and a week, and the change of each signal's mean from
    the one to the other is a feature too. With a `step_window` each signal's last step within it is one as well,
    when it was and how large. With `templates` events are also counted by their texts, and those of no template, and
    with `log_templates` lines of operation logs are.

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
        features += [*text_counts(templates, widths[-1], "events"), *text_counts(log_templates, widths[-1], "logs")]
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
    with_templates: bool = False,
    leave_out: Collection[str] = (),
) -> FeatureSet:
    """Return the default features for what a history holds: its numeric signals, codes, components, models.

    `leave_out` names signals that are not to be read, such as counters: their level says which machine it is.
    `with_templates` mines templates from the texts of the history's events and log lines: give what training may know,
    and no more.
    """
    return default_features(
        [s for s in history.signals if s not in leave_out and is_numeric(history.telemetry, s)],
        sorted(set(history.events["code"].unique().to_pylist())),
        history.components,
        machine_models=sorted({m.model for m in history.machines}),
        with_events=with_events,
        horizon=horizon,
        step_window=step_window,
        templates=mine_templates(history.events) if with_templates else (),
        log_templates=mine_templates(history.logs) if with_templates else (),
    )
