"""What two lines reach on the set: say that a component fails where one error code was seen in the last 24 hours."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import numpy as np
from numpy.typing import NDArray

from foreworn.fleet.history import FleetHistory
from foreworn.loop.backtest import Backtest
from models.evaluation.classification import f1_score
from models.evaluation.judgement import Judgement
from models.failure.training_rows import TrainingRows, training_rows
from models.features import EventCount, FeatureRows, FeatureSet, compute

WINDOW = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class ErrorRule:
    """The code that tells each component's failures best in the training time."""

    codes: dict[str, str]

    @classmethod
    def learned(cls, rows: TrainingRows, components: Iterable[str]) -> "ErrorRule":
        """Choose the code of the greatest F1 over training rows, by component."""
        return cls({c: max(rows.rows.names, key=partial(_f1, rows, c)) for c in components})

    def macro_f1(self, judged: Judgement, rows: FeatureRows) -> float:
        """Return the mean F1 of the rule on the rows of a judgement."""
        place = {
            pair: i for i, pair in enumerate(zip(rows.index.machine.tolist(), rows.index.time.tolist(), strict=True))
        }
        scores = []
        for component, name in self.codes.items():
            own = judged.scored.of(component)
            at = [place[pair] for pair in zip(own.machine.tolist(), own.time.tolist(), strict=True)]
            seen = rows.matrix[at, rows.names.index(name)]
            scores.append(f1_score(seen, own.failed, 1.0))
        return float(np.mean(scores))


def measure_rule(history: FleetHistory, result: Backtest) -> tuple[ErrorRule, float]:
    """Learn the rule on a backtest's training time, and return its macro-F1 on the rows that the backtest judged."""
    codes = sorted(set(history.until(result.train_until).events["code"].to_pylist()))
    features = FeatureSet(tuple(EventCount(code, WINDOW) for code in codes))
    rows = training_rows(
        history,
        features,
        until=result.train_until,
        horizon=result.model.horizon,
        every=result.model.provenance.settings.every,
        censoring=result.censoring,
    )
    rule = ErrorRule.learned(rows, result.thresholds)
    return rule, rule.macro_f1(result.judgement, compute(features, history.until(result.test_to), result.index))


def _f1(rows: TrainingRows, component: str, name: str) -> float:
    failed: NDArray[np.bool_] = rows.of_period(component, rows.periods[0]).failed
    return f1_score(rows.rows.matrix[:, rows.rows.names.index(name)], failed, 1.0)
