"""The anomaly detector of a fleet: what is usual, per machine model and operating regime."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from foreworn.errors import NotFound
from foreworn.fleet.history import FleetHistory
from foreworn.health.anomaly import AnomalyScore
from foreworn.telemetry.sample import from_epoch_ms
from models.anomaly.regime_model import RegimeModel, Verdict
from models.anomaly.regimes import ANY, Regimes
from models.anomaly.sample_line import SampleLine
from models.anomaly.settings import AnomalySettings
from models.anomaly.working_line import WorkingLine
from models.features import RowIndex


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a detector comes from: what it was trained on, and with what.

    Parameters
    ----------
    trained_from, trained_until
        The first training row, and the time from which on nothing was looked at.
    rows
        How many healthy rows it rests on, those held out included.
    not_healthy
        How many rows were left out, near failures and maintenance.
    fingerprint
        SHA-256 of the training rows.
    settings
        How.
    """

    trained_from: datetime
    trained_until: datetime
    rows: int
    not_healthy: int
    fingerprint: str
    settings: AnomalySettings


@dataclass(frozen=True, slots=True)
class ModelWatch:
    """What is usual for one machine model.

    Parameters
    ----------
    regimes
        How its machines work.
    parts
        By regime; those with too little history are not here.
    otherwise
        What is usual over all ways of working together, for rows of a regime that has no part; None where the
        regimes are one. Its limits are wide, but no way of working hides a machine.
    left_out
        By regime in words, why it has no part.
    """

    regimes: Regimes
    parts: Mapping[int, RegimeModel]
    otherwise: RegimeModel | None
    left_out: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SubspaceDetector:
    """Scores smoothed signals by T2 and Q of their principal components; implements `AnomalyDetector`.

    It sees what leaves the machine's usual place, and what leaves the usual relation of signals. It does not
    see a fault that was there all through training, one shorter than the smoothing, or one in signals that a
    regime lacks; and a way of working that training did not see has no score, or a high one.

    Parameters
    ----------
    version
        Follows from training data and settings: the same give the same.
    watches
        By machine model; those with too little history are not here.
    models_left_out
        Why a machine model has no scores.
    provenance
        Where it comes from.
    """

    version: str
    watches: Mapping[str, ModelWatch]
    models_left_out: Mapping[str, str]
    provenance: Provenance

    @property
    def lookback(self) -> timedelta:
        """The smoothing's window, and what the oldest value in it needs to tell how its machine was working."""
        return reach(self.provenance.settings)

    def describe(self) -> dict[str, object]:
        """Return what a person asks about the detector, as JSON-able values."""
        origin = self.provenance
        return {
            "trained_from": origin.trained_from.isoformat(),
            "trained_until": origin.trained_until.isoformat(),
            "rows": origin.rows,
            "not_healthy": origin.not_healthy,
            "false_alarm_rate": origin.settings.false_alarm_rate,
            "models": {name: _description(watch) for name, watch in self.watches.items()},
            "left_out": dict(self.models_left_out),
            "fingerprint": origin.fingerprint,
            "settings": origin.settings.model_dump(mode="json"),
        }

    def score(self, history: FleetHistory, rows: Sequence[tuple[str, datetime]]) -> list[AnomalyScore]:
        """Return the scores of the rows (machine, time), in their order; rows that cannot be judged have none.

        Raises
        ------
        NotFound
            If a row names a machine that the history does not have.
        """
        model_of = {machine.id: machine.model for machine in history.machines}
        unknown = sorted({machine for machine, _ in rows} - set(model_of))
        if unknown:
            raise NotFound("machine", unknown[0], known=sorted(model_of)[:10])
        found: list[tuple[int, AnomalyScore]] = []
        for model, watch in self.watches.items():
            own = [i for i, (machine, _) in enumerate(rows) if model_of[machine] == model]
            if own:
                scores = self._of_model(watch, history, RowIndex.of([rows[i] for i in own]))
                found += [(own[place], score) for place, score in scores]
        return [score for _, score in sorted(found, key=lambda pair: pair[0])]

    def _of_model(self, watch: ModelWatch, history: FleetHistory, rows: RowIndex) -> list[tuple[int, AnomalyScore]]:
        settings = self.provenance.settings
        samples = SampleLine(history.telemetry, rows, reach(settings))
        line = WorkingLine(samples, watch.regimes, settings)
        found: list[tuple[int, AnomalyScore]] = []
        for code, part in watch.parts.items():
            found += self._of_regime(part, rows, line, code, line.row_code == code)
        if watch.otherwise is not None:
            line_of_all = WorkingLine(samples, Regimes(), settings)
            rest = (line_of_all.row_code == ANY) & ~np.isin(line.row_code, list(watch.parts))
            found += self._of_regime(watch.otherwise, rows, line_of_all, ANY, rest)
        return found

    def _of_regime(
        self, part: RegimeModel, rows: RowIndex, line: WorkingLine, code: int, which: NDArray[np.bool_]
    ) -> list[tuple[int, AnomalyScore]]:
        working = np.flatnonzero(which)
        matrix = line.matrix(working, code, part.signals)
        enough = part.enough(matrix, self.provenance.settings.fewest_signals)
        own, matrix = working[enough], matrix[enough]
        verdicts = part.judge(rows.machine[own], matrix)
        return [(row, self._score(part, rows, row, matrix[i], verdicts.of(i))) for i, row in enumerate(own.tolist())]

    def _score(
        self, part: RegimeModel, rows: RowIndex, row: int, values: NDArray[np.float64], verdict: Verdict
    ) -> AnomalyScore:
        machine = str(rows.machine[row])
        return AnomalyScore(
            machine=machine,
            time=from_epoch_ms(int(rows.time[row])),
            detector=self.version,
            score=verdict.score,
            threshold=verdict.threshold,
            p_value=verdict.p_value,
            contributions=part.contributions(machine, values, verdict.shares),
            regime=part.label,
        )


def reach(settings: AnomalySettings) -> timedelta:
    """Return how much telemetry before a row its score may rest on."""
    return settings.width + settings.memory


def _description(watch: ModelWatch) -> dict[str, object]:
    return {
        "regimes": [_regime_description(part) for part in watch.parts.values()],
        "otherwise": None if watch.otherwise is None else _regime_description(watch.otherwise),
        "left_out": dict(watch.left_out),
    }


def _regime_description(part: RegimeModel) -> dict[str, object]:
    return {
        "regime": part.label,
        "signals": list(part.signals),
        "components": part.subspace.components,
        "rows": part.rows,
        "held_out": part.familiar.rows,
        "threshold": part.threshold,
        "machines_with_own_middle": len(part.own_centre),
    }
