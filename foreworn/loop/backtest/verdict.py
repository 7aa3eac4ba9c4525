"""What the forecasts of one or several folds were worth, in figures with intervals by machine."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.evaluation.classification import average_precision, f1_score
from models.evaluation.fleet_intervals import FleetIntervals
from models.evaluation.judgement import Judgement, pooled
from models.evaluation.probability import brier_skill

if TYPE_CHECKING:
    from foreworn.loop.backtest.time_split import Backtest

Values = NDArray[np.float64]
_CERTAIN = 0.5  # of flags as probabilities


@dataclass(frozen=True, slots=True)
class Verdict:
    """Judged forecasts beside what they are measured by; build it with `of`.

    Parameters
    ----------
    judgement
        Of all folds.
    alarm : (n_rows,) bool
        Which scored rows are at or above the threshold that F1 is measured at.
    base : (n_rows,) float
        The failure rate in the training rows of each scored row's component.
    alarm_thresholds
        By judged machine, from which a forecast of it is an alarm.
    components
        Those whose signs were learned.
    horizon, every
        How far the forecasts look, and the rows' grid.
    known_until
        The last telemetry on record.
    """

    judgement: Judgement
    alarm: NDArray[np.bool_]
    base: Values
    alarm_thresholds: Mapping[str, float]
    components: tuple[str, ...]
    horizon: timedelta
    every: timedelta
    known_until: datetime

    @classmethod
    def of(cls, folds: "Sequence[Backtest]") -> "Verdict":
        """Take folds together; each keeps its own thresholds and base rates."""
        first = folds[0].model
        base = np.concatenate([_by_component(fold, fold.model.base_rates) for fold in folds])
        return cls(
            judgement=folds[0].judgement if len(folds) == 1 else pooled([fold.judgement for fold in folds], base),
            alarm=np.concatenate([
                fold.judgement.scored.probability >= _by_component(fold, fold.thresholds) for fold in folds
            ]),
            base=base,
            alarm_thresholds={m: fold.model.threshold for fold in folds for m in set(fold.index.machine.tolist())},
            components=tuple(sorted({name for fold in folds for name in fold.thresholds})),
            horizon=first.horizon,
            every=first.provenance.settings.every,
            known_until=max(fold.record.end for fold in folds),
        )  # fmt: skip

    @property
    def fleet(self) -> FleetIntervals:
        """Intervals of its figures."""
        return FleetIntervals(self.judgement, sorted(self.alarm_thresholds))

    def figures(self) -> dict[str, float | int]:
        """Return the figures by name; what there was nothing to measure by is not there."""
        judged = self.judgement
        known = {**self._row_figures(), **self._failure_figures(), **self._intervals()}
        known["rows"], known["rows_followed_by_failure"] = judged.rows, judged.failed_rows
        known["rows_censored"], known["rows_undecided"] = judged.censored_rows, judged.pending_rows
        known["rows_after_a_failure"], known["failures_left_out"] = judged.down_rows, judged.failures_left_out
        return {name: value for name, value in known.items() if not math.isnan(value)}

    def f1(self, component: str) -> float:
        """Return F1 over one component's rows."""
        own = self.judgement.scored.component == component
        return f1_score(self.alarm[own].astype(np.float64), self.judgement.scored.failed[own], _CERTAIN)

    def average_precision(self, component: str) -> float:
        """Return the average precision of one component's rows; NaN where none failed."""
        rows = self.judgement.scored.of(component)
        return average_precision(rows.probability, rows.failed)

    def brier_skill(self, component: str) -> float:
        """Return the Brier skill of one component's rows; NaN where there is none."""
        own = self.judgement.scored.component == component
        rows = self.judgement.scored.where(own)
        return brier_skill(rows.probability, rows.failed, self.base[own]) if len(rows) else float("nan")

    def _row_figures(self) -> dict[str, float | int]:
        judged = self.judgement
        f1 = {name: self.f1(name) for name in self.components}
        precision = {name: self.average_precision(name) for name in self.components}
        by_component = {}
        for name in self.components:
            by_component[f"f1_{_snake(name)}"] = f1[name]
            by_component[f"average_precision_{_snake(name)}"] = precision[name]
        known = [value for value in precision.values() if not math.isnan(value)]
        return {
            "macro_f1": float(np.mean(list(f1.values()))),
            "macro_average_precision": float(np.mean(known)) if known else float("nan"),
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
            "machine_months": judged.machine_months,
            **{f"lead_time_{name}_h": value for name, value in judged.lead_time_h.items()},
        }

    def _intervals(self) -> dict[str, float]:
        fleet = self.fleet
        if not self.judgement.rows:
            return {}
        slope, intercept = fleet.calibration_line()
        found = {
            "macro_f1": fleet.macro_f1(self.alarm),
            "macro_average_precision": fleet.macro_average_precision(),
            "recall_12h": fleet.recall(),
            "false_alarms_per_machine_month": fleet.false_alarms_per_machine_month(),
            "brier_skill": fleet.brier_skill(self.base),
            "calibration_slope": slope,
            "calibration_intercept": intercept,
        }
        return {f"{name}_{end}": getattr(i, end) for name, i in found.items() for end in ("low", "high")}


def _by_component(fold: "Backtest", known: Mapping[str, float]) -> Values:
    """Return per scored row what is known of its component."""
    return np.array([known[component] for component in fold.judgement.scored.component.tolist()], dtype=np.float64)


def _snake(name: str) -> str:
    return re.sub(r"\W+", "_", name).strip("_").lower()
