"""Train on a fleet's past and judge the forecasts of a later stretch, as if it were the future."""

import hashlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from foreworn.errors import ConfigurationError, TooLittleHistory
from foreworn.fleet.history import FleetHistory
from foreworn.health.forecast import FORECAST_SCHEMA
from foreworn.settings import ScoringSettings
from foreworn.telemetry.sample import MILLISECOND
from models.evaluation.classification import average_precision, f1_score
from models.evaluation.fleet_intervals import FleetIntervals, Interval
from models.evaluation.judgement import Judgement, judge
from models.failure import FailureModelSettings, GradientBoostedFailureModel, train
from models.failure.training_rows import fitted, scorable_rows
from models.features import FeatureSet, RowIndex


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
    """

    model: GradientBoostedFailureModel
    train_until: datetime
    test_from: datetime
    test_to: datetime
    censoring: bool
    index: RowIndex
    probabilities: dict[str, NDArray[np.float64]]
    judgement: Judgement

    @property
    def thresholds(self) -> dict[str, float]:
        """By component, the threshold that F1 is measured at."""
        return {name: part.threshold for name, part in self.model.components.items()}

    def digest(self) -> str:
        """Return a SHA-256 of all forecasts, to the last bit."""
        content = hashlib.sha256("\t".join(self.index.machine.tolist()).encode())
        content.update(self.index.time.tobytes())
        for name, probability in sorted(self.probabilities.items()):
            content.update(name.encode() + probability.tobytes())
        return content.hexdigest()

    def figures(self) -> dict[str, float | int]:
        """Return what it was worth, by name; what there was nothing to measure by is not there."""
        judged = self.judgement
        known = {**self._row_figures(), **self._failure_figures(), **self._intervals()}
        known["rows"], known["rows_followed_by_failure"] = judged.rows, judged.failed_rows
        known["rows_censored"], known["rows_undecided"] = judged.censored_rows, judged.pending_rows
        return {name: value for name, value in known.items() if not math.isnan(value)}

    def _row_figures(self) -> dict[str, float | int]:
        judged, by_component = self.judgement, {}
        for name, threshold in self.thresholds.items():
            rows = judged.scored.of(name)
            by_component[f"f1_{_snake(name)}"] = f1_score(rows.probability, rows.failed, threshold)
            by_component[f"average_precision_{_snake(name)}"] = average_precision(rows.probability, rows.failed)
        f1 = [value for name, value in by_component.items() if name.startswith("f1_")]
        return {
            "macro_f1": float(np.mean(f1)),
            **by_component,
            "brier": judged.brier,
            "brier_skill": judged.brier_skill,
            "calibration_slope": judged.calibration_slope,
            "calibration_intercept": judged.calibration_intercept,
        }

    def _failure_figures(self) -> dict[str, float | int]:
        judged = self.judgement
        return {
            "failures": judged.failures,
            "caught_12h": judged.caught_12h,
            "missed": judged.missed,
            "caught_late": judged.caught_late,
            "recall_12h": judged.recall_12h,
            "false_alarms": judged.false_alarms,
            "false_alarms_per_machine_month": judged.false_alarms_per_machine_month,
            **{f"lead_time_{name}_h": value for name, value in judged.lead_time_h.items()},
            "alarm_threshold": self.model.threshold,
        }

    def _intervals(self) -> dict[str, float]:
        fleet = FleetIntervals(self.judgement, sorted(set(self.index.machine.tolist())))
        found: dict[str, Interval] = {
            "macro_f1": fleet.macro_f1(self.thresholds),
            "recall_12h": fleet.recall(),
            "false_alarms_per_machine_month": fleet.false_alarms_per_machine_month(),
            "brier_skill": fleet.brier_skill(self.model.base_rates),
            "calibration_slope": fleet.calibration_slope(),
        }
        return {f"{name}_{end}": getattr(i, end) for name, i in found.items() for end in ("low", "high")}

    def protocol(self) -> str:
        """Return in a sentence or two what was trained on and what was judged."""
        settings, horizon = self.model.provenance.settings, self.model.horizon / timedelta(hours=1)
        censoring = "left out" if self.censoring else "survival"
        return (
            f"a row every {settings.every / timedelta(hours=1):g} h, none at a moment when its machine fails; "
            f"label: the component fails in (t, t + {horizon:g} h]; trained on what was stamped before "
            f"{_stamp(self.train_until)}, labels included; judged on rows in [{_stamp(self.test_from)}, "
            f"{_stamp(self.test_to)}); a preventive replacement within the horizon is {censoring}; rows whose horizon "
            f"outlasts the record are left out; {'with' if settings.with_events else 'without'} event features; "
            "thresholds and calibration from inner folds of the training time"
        )

    def report(self) -> dict[str, Any]:
        """Return all of it as JSON-able values."""
        return {
            "model": self.model.version,
            "protocol": self.protocol(),
            "figures": self.figures(),
            "left_out": dict(self.model.components_left_out),
            "by_age_alone": {name: why for name, why in self.model.basis.items() if name in self.model.unlearned},
            "predictions_sha256": self.digest(),
            "reliability": [
                {"low": b.low, "high": b.high, "forecasts": b.forecasts, "mean_probability": b.mean_probability,
                 "failed_share": b.failed_share}
                for b in self.judgement.reliability
                if b.forecasts
            ],
        }  # fmt: skip


def backtest(
    history: FleetHistory,
    *,
    train_until: datetime,
    test_from: datetime,
    test_to: datetime | None = None,
    with_events: bool = True,
    settings: ScoringSettings | None = None,
) -> dict[str, Any]:
    """Return the report of a backtest; see `run_backtest` and `Backtest.report`."""
    horizon = (settings or ScoringSettings()).horizon
    chosen = FailureModelSettings(with_events=with_events)
    return run_backtest(
        history, train_until=train_until, test_from=test_from, test_to=test_to, horizon=horizon, settings=chosen
    ).report()


def run_backtest(
    history: FleetHistory,
    *,
    train_until: datetime,
    test_from: datetime,
    test_to: datetime | None = None,
    horizon: timedelta = timedelta(hours=24),
    settings: FailureModelSettings | None = None,
    features: FeatureSet | None = None,
    censoring: bool = True,
) -> Backtest:
    """Train on what was stamped before `train_until` and judge forecasts of [test_from, test_to).

    Parameters
    ----------
    history
        The whole record: forecasts of the test are judged by all that is known of what came after.
    train_until, test_from, test_to
        The split; `test_to` is the end of the telemetry unless given.
    horizon, settings, features
        Of the model; the default features unless given.
    censoring
        Whether what a preventive replacement cut short is left out of the judging, as the platform's
        labels have it, or counts as survival, as in protocols that know no censoring.

    Raises
    ------
    ConfigurationError
        If the test begins before the training ends, or is empty.
    TooLittleHistory
        If there is too little to train on, or nothing to judge.
    """
    _check_split(train_until, test_from, test_to)
    model = train(
        history, until=train_until, horizon=horizon, settings=settings or FailureModelSettings(), features=features
    )
    if not model.components:
        raise TooLittleHistory(f"no component's signs can be learned: {_told(model.unlearned)}")
    known_until = pc.max(history.telemetry["time"]).as_py()
    end = known_until + MILLISECOND if test_to is None else min(test_to, known_until + MILLISECOND)
    index = scorable_rows(history, model.lookback, start=test_from, end=end, every=model.provenance.settings.every)
    if not len(index):
        raise TooLittleHistory(
            f"there is nothing to judge from {_stamp(test_from)} on: the telemetry ends at {_stamp(known_until)}"
        )
    probabilities = model.probabilities(history.until(end), index)
    judgement = judge(
        _as_forecasts(model, history, index, probabilities),
        history.failures,
        threshold=model.threshold,
        start=test_from,
        end=end,
        maintenance=history.maintenance if censoring else None,
        known_until=known_until,
        base_rates=model.base_rates,
    )
    return Backtest(model, train_until, test_from, end, censoring, index, probabilities, judgement)


def _told(unlearned: Mapping[str, str]) -> str:
    return "; ".join(f"{component}: {why}" for component, why in unlearned.items())


def _check_split(train_until: datetime, test_from: datetime, test_to: datetime | None) -> None:
    if test_from < train_until:
        raise ConfigurationError(
            f"the test begins at {_stamp(test_from)}, before the training ends at {_stamp(train_until)}: "
            "forecasts would be judged on what they were trained on"
        )
    if test_to is not None and test_to <= test_from:
        raise ConfigurationError(f"the test ends at {_stamp(test_to)}, before it begins at {_stamp(test_from)}")


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


def _stamp(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"


def _snake(name: str) -> str:
    return re.sub(r"\W+", "_", name).strip("_").lower()
