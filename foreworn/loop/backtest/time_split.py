"""Train on a fleet's past and judge the forecasts of a later stretch, as if it were the future."""

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from foreworn.errors import ConfigurationError, TooLittleHistory
from foreworn.fleet.history import FleetHistory
from foreworn.health.forecast import FORECAST_SCHEMA
from foreworn.loop.backtest.record_facts import RecordFacts
from foreworn.loop.backtest.report import report
from foreworn.loop.backtest.verdict import Verdict
from foreworn.telemetry.sample import MILLISECOND
from models.evaluation.fleet_intervals import RULE
from models.evaluation.judgement import Judgement, judge
from models.failure import FailureModelSettings, GradientBoostedFailureModel, train
from models.failure.training_rows import fitted, scorable_rows
from models.features import FeatureSet, RowIndex

_FOLDED: Final = {"time": "training time", "machine": "machines learned from"}


@dataclass(frozen=True, slots=True)
class Backtest:
    """A model trained before a time, and what its forecasts of a later stretch were worth.

    Parameters
    ----------
    model
        Trained on what was stamped before `train_until`.
    train_until, test_from, test_to
        The split; forecasts of [test_from, test_to) are judged.
    censoring
        Whether what a preventive replacement cut short was left out of the judging.
    index, probabilities
        All forecast rows, those at a failure's own moment included, and the forecasts of each component.
    judgement
        What they were worth.
    record
        What the history holds.
    """

    model: GradientBoostedFailureModel
    train_until: datetime
    test_from: datetime
    test_to: datetime
    censoring: bool
    index: RowIndex
    probabilities: dict[str, NDArray[np.float64]]
    judgement: Judgement
    record: RecordFacts

    @property
    def thresholds(self) -> dict[str, float]:
        """By component, the threshold that F1 is measured at."""
        return {name: part.threshold for name, part in self.model.components.items()}

    @property
    def verdict(self) -> Verdict:
        """What the forecasts were worth, ready to be measured."""
        return Verdict.of([self])

    def digest(self) -> str:
        """Return a SHA-256 of all forecasts, to the last bit."""
        content = hashlib.sha256("\t".join(self.index.machine.tolist()).encode())
        content.update(self.index.time.tobytes())
        for name, probability in sorted(self.probabilities.items()):
            content.update(name.encode() + probability.tobytes())
        return content.hexdigest()

    def figures(self) -> dict[str, float | int]:
        """Return what it was worth, by name; what there was nothing to measure by is not there."""
        return {**self.verdict.figures(), "alarm_threshold": self.model.threshold}

    def protocol(self) -> str:
        """Return in a sentence or two what was trained on and what was judged."""
        return (
            f"{label_protocol(self.model)}; trained on what was stamped before {stamp(self.train_until)}, labels "
            f"included; judged on rows in [{stamp(self.test_from)}, {stamp(self.test_to)}); "
            f"{judging_protocol(self.model, censoring=self.censoring)}"
        )

    def report(self) -> dict[str, Any]:
        """Return all of it as JSON-able values; `foreworn.loop.backtest.report` has the keys."""
        return report([self], split="time", protocol=self.protocol(), figures=self.figures(), digest=self.digest())


def run_backtest(
    history: FleetHistory,
    *,
    train_until: datetime,
    test_from: datetime,
    test_to: datetime | None = None,
    horizon: timedelta = timedelta(hours=24),
    settings: FailureModelSettings | None = None,
    features: FeatureSet | None = None,
    leave_out: Collection[str] = (),
    censoring: bool = True,
    on_step: Callable[[str], None] = lambda step: None,
) -> Backtest:
    """Train on what was stamped before `train_until` and judge forecasts of [test_from, test_to).

    Parameters
    ----------
    history
        The whole record: forecasts of the test are judged by all that is known of what came after.
    train_until, test_from, test_to
        The split; `test_to` is the end of the telemetry unless given.
    horizon, settings, features, leave_out
        Of the model; the default features unless given, without those of signals to leave out, such as counters.
    censoring
        Whether what a preventive replacement cut short is left out of the judging, as the platform's
        labels have it, or counts as survival, as in protocols that know no censoring.
    on_step
        Called with what is begun or done, in words, for who waits.

    Raises
    ------
    ConfigurationError
        If the test begins before the training ends, or is empty.
    TooLittleHistory
        If there is too little to train on, or nothing to judge.
    """
    check_split(train_until, test_from, test_to)
    end = record_end(history, test_to)
    check_record(history, test_from)
    model = trained(
        history, until=train_until, horizon=horizon, settings=settings, features=features, leave_out=leave_out,
        on_step=on_step,
    )  # fmt: skip
    index = scorable_rows(
        history, model.features.warm_up, start=test_from, end=end, every=model.provenance.settings.every
    )
    on_step(f"Forecasting and judging {stamp(test_from)} to {stamp(end)}")
    return judged(model, history, index, train_until, test_from, end, censoring=censoring)


def trained(
    history: FleetHistory,
    *,
    until: datetime,
    horizon: timedelta,
    settings: FailureModelSettings | None,
    features: FeatureSet | None = None,
    leave_out: Collection[str] = (),
    on_step: Callable[[str], None] = lambda step: None,
) -> GradientBoostedFailureModel:
    """Return a model that has learned the signs of at least one component.

    A history with fewer failures before `until` than any component's signs need is refused before anything is computed.

    Raises
    ------
    TooLittleHistory
        If there is too little to train on.
    """
    chosen = settings or FailureModelSettings()
    check_failures(history, until, chosen)
    model = train(
        history, until=until, horizon=horizon, settings=chosen, features=features, leave_out=leave_out, on_step=on_step
    )
    if not model.components:
        raise TooLittleHistory(f"no component's signs can be learned: {_told(model.unlearned)}")
    return model


def judged(
    model: GradientBoostedFailureModel,
    history: FleetHistory,
    index: RowIndex,
    train_until: datetime,
    test_from: datetime,
    end: datetime,
    *,
    censoring: bool,
) -> Backtest:
    """Return the model's forecasts of the rows, judged by what the history knows.

    Raises
    ------
    TooLittleHistory
        If there is no row.
    """
    known_until = record_end(history) - MILLISECOND
    if not len(index):
        raise TooLittleHistory(
            f"there is nothing to judge from {stamp(test_from)} on: no machine has telemetry enough behind it"
        )
    probabilities = model.probabilities(history.until(end), index)
    judgement = judge(
        _as_forecasts(model, history, index, probabilities),
        history.failures,
        threshold=model.threshold,
        start=test_from,
        end=end,
        maintenance=history.maintenance if censoring else None,
        repairs=history.maintenance,
        known_until=known_until,
        base_rates=model.base_rates,
    )
    facts = RecordFacts.of(history, test_from, end)
    return Backtest(model, train_until, test_from, end, censoring, index, probabilities, judgement, facts)


def record_end(history: FleetHistory, wanted: datetime | None = None) -> datetime:
    """Return the end (exclusive) of the telemetry, or the wanted time where that is earlier.

    Raises
    ------
    TooLittleHistory
        If there is no telemetry.
    """
    last: datetime | None = pc.max(history.telemetry["time"]).as_py()
    if last is None:
        raise TooLittleHistory("the history holds no telemetry")
    return last + MILLISECOND if wanted is None else min(wanted, last + MILLISECOND)


def check_split(train_until: datetime, test_from: datetime, test_to: datetime | None) -> None:
    """Hold that what is judged comes after what is learned from.

    Raises
    ------
    ConfigurationError
        If it does not, or is empty.
    """
    if test_from < train_until:
        raise ConfigurationError(
            f"the test begins at {stamp(test_from)}, before the training ends at {stamp(train_until)}: "
            "forecasts would be judged on what they were trained on"
        )
    if test_to is not None and test_to <= test_from:
        raise ConfigurationError(f"the test ends at {stamp(test_to)}, before it begins at {stamp(test_from)}")


def check_record(history: FleetHistory, test_from: datetime) -> None:
    """Hold that the record reaches into the judged time.

    Raises
    ------
    TooLittleHistory
        If it does not.
    """
    end = record_end(history)
    if end <= test_from:
        raise TooLittleHistory(
            f"there is nothing to judge from {stamp(test_from)} on: the telemetry ends at {stamp(end - MILLISECOND)}"
        )


def check_failures(history: FleetHistory, until: datetime, settings: FailureModelSettings) -> None:
    """Hold that some component has failed often enough before a time for its signs to be learned.

    That is necessary, not sufficient: training may still find that too few of them can be used.

    Raises
    ------
    TooLittleHistory
        If none has.
    """
    counts = Counter(history.until(until).failures["component"].to_pylist())
    if max(counts.values(), default=0) < settings.fewest_failures:
        told = ", ".join(f"{name} {counts[name]}" for name in history.components)
        raise TooLittleHistory(
            f"no component's signs can be learned from what was stamped before {stamp(until)}: "
            f"{settings.fewest_failures} failures of one component are needed, and on record are {told}"
        )


def label_protocol(model: GradientBoostedFailureModel) -> str:
    """Return where rows stand and what their label is."""
    every, horizon = model.provenance.settings.every, model.horizon
    return (
        f"a row every {every / timedelta(hours=1):g} h, none at a moment when its machine fails; label: the component "
        f"fails in (t, t + {horizon / timedelta(hours=1):g} h]"
    )


def judging_protocol(model: GradientBoostedFailureModel, *, censoring: bool) -> str:
    """Return what is left out of the judging, what is read, and where thresholds come from."""
    settings = model.provenance.settings
    return (
        f"a preventive replacement within the horizon is {'left out' if censoring else 'survival'}; rows whose horizon "
        f"outlasts the record are left out; {'with' if settings.with_events else 'without'} event features; "
        f"{'without features of the maintenance plan; ' if settings.without_plan else ''}"
        f"thresholds and calibration from inner folds of the {_FOLDED[settings.inner_folds_by]}; {RULE}"
    )


def prefixed(on_step: Callable[[str], None], part: str) -> Callable[[str], None]:
    """Return the function that tells steps of a part, such as `fold 2 of 5`."""
    return lambda step: on_step(f"{part}: {step}")


def stamp(time: datetime) -> str:
    """Return a time as protocols and messages spell it."""
    return f"{time:%Y-%m-%d %H:%M} UTC"


def _told(unlearned: Mapping[str, str]) -> str:
    return "; ".join(f"{component}: {why}" for component, why in unlearned.items())


def _as_forecasts(
    model: GradientBoostedFailureModel,
    history: FleetHistory,
    index: RowIndex,
    probabilities: dict[str, NDArray[np.float64]],
) -> pa.Table:
    """Return the forecasts of fitted components as `FORECAST_SCHEMA`, each issued at its own time."""
    parts = []
    for component, probability in probabilities.items():
        own = fitted(history, index, component)
        rows = int(own.sum())
        time = pa.array(index.time[own]).cast(FORECAST_SCHEMA.field("time").type)
        columns = {
            "time": time,
            "machine": pa.array(index.machine[own].tolist(), pa.string()),
            "component": pa.array([component] * rows, pa.string()),
            "horizon_h": np.full(rows, model.horizon / timedelta(hours=1)),
            "probability": probability[own],
            "model_version": pa.array([model.version] * rows, pa.string()),
            "revision": np.zeros(rows, dtype=np.int64),
            "issued_at": time,
        }
        parts.append(pa.table(columns, schema=FORECAST_SCHEMA))
    return pa.concat_tables(parts)
