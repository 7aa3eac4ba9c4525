"""Training an anomaly detector on a fleet's past."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import pyarrow.compute as pc

from foreworn.errors import TooLittleHistory
from foreworn.fleet.history import FleetHistory
from foreworn.telemetry.sample import MILLISECOND, from_epoch_ms
from models.anomaly.detector import ModelWatch, Provenance, SubspaceDetector, reach
from models.anomaly.healthy_rows import healthy_rows
from models.anomaly.regime_fitting import SmoothedRows, fit_regime
from models.anomaly.regime_model import RegimeModel
from models.anomaly.regimes import ANY, UNKNOWN, Regimes, choose_regimes
from models.anomaly.sample_line import SampleLine
from models.anomaly.settings import AnomalySettings
from models.anomaly.standing import standing
from models.anomaly.working_line import WorkingLine
from models.features import RowIndex
from models.features.row_index import span_ms

_DEFAULTS: Final = AnomalySettings()


def train(history: FleetHistory, *, until: datetime, settings: AnomalySettings = _DEFAULTS) -> SubspaceDetector:
    """Train on the healthy rows stamped before `until`, and on nothing else.

    Per machine model and regime, the last share of the samples, `settings.held_out`, less a smoothing window, tells
    how high healthy rows score under what was fitted before it, and so the thresholds; what serves is then
    fitted on all healthy rows.

    Parameters
    ----------
    history
        The fleet's past; what is stamped at or after `until` is not looked at.
    until
        Up to where the detector may know; where the record ends earlier, up to there.
    settings
        Smoothing, regimes, rates, and how much history is enough.

    Raises
    ------
    TooLittleHistory
        If no machine model has healthy rows enough. Where only some have not, they are left out, and
        `models_left_out` says why.
    """
    past = history.until(until)
    last: datetime | None = pc.max(past.telemetry["time"]).as_py()
    known_until = until if last is None else min(until, last + MILLISECOND)
    learned: dict[str, _Learned] = {}
    left_out: dict[str, str] = {}
    for model in sorted({machine.model for machine in past.machines}):
        try:
            learned[model] = _learn(past, model, known_until, settings)
        except TooLittleHistory as problem:
            left_out[model] = str(problem)
    if not learned:
        raise TooLittleHistory(
            f"no machine model has healthy history enough before {known_until:%Y-%m-%d %H:%M} UTC: "
            + ("; ".join(f"{model}: {why}" for model, why in left_out.items()) or "there are no machines")
        )
    return _detector(learned, left_out, known_until, settings)


@dataclass(frozen=True, slots=True)
class _Learned:
    watch: ModelWatch
    rows: int
    first_row: int
    not_healthy: int
    fingerprint: str


def _detector(
    learned: dict[str, _Learned], left_out: dict[str, str], until: datetime, settings: AnomalySettings
) -> SubspaceDetector:
    prints = "\t".join(f"{model}\t{part.fingerprint}" for model, part in learned.items())
    fingerprint = hashlib.sha256(prints.encode()).hexdigest()
    origin = {"data": fingerprint, "settings": settings.model_dump(mode="json")}
    return SubspaceDetector(
        version="t2q-" + hashlib.sha256(json.dumps(origin, sort_keys=True).encode()).hexdigest()[:8],
        watches={model: part.watch for model, part in learned.items()},
        models_left_out=left_out,
        provenance=Provenance(
            trained_from=from_epoch_ms(min(part.first_row for part in learned.values())),
            trained_until=until,
            rows=sum(part.rows for part in learned.values()),
            not_healthy=sum(part.not_healthy for part in learned.values()),
            fingerprint=fingerprint,
            settings=settings,
        ),
    )


def _learn(past: FleetHistory, model: str, known_until: datetime, settings: AnomalySettings) -> _Learned:
    rows, not_healthy = healthy_rows(past, model, known_until=known_until, settings=settings)
    if not len(rows):
        raise TooLittleHistory(f"no healthy row among {not_healthy}")
    line = SampleLine(past.telemetry, rows, reach(settings))
    running = ~standing(line, line.place, settings)
    if not running.any():
        raise TooLittleHistory("its machines stood still all the time")
    cutoff = int(np.quantile(line.time[running], 1.0 - settings.held_out, method="lower"))
    regimes = choose_regimes(line, running & (line.time < cutoff), settings)
    watch = _Teaching(rows, line, cutoff, settings).watch(regimes)
    return _Learned(watch, len(rows), int(rows.time.min()), not_healthy, _fingerprint(rows, line))


@dataclass(frozen=True, slots=True)
class _Teaching:
    """Healthy rows of one machine model, and where those begin that are held out."""

    rows: RowIndex
    line: SampleLine
    cutoff: int
    settings: AnomalySettings

    def watch(self, regimes: Regimes) -> ModelWatch:
        """Learn each regime, and all of them together.

        Raises
        ------
        TooLittleHistory
            If there is too little even for all together.
        """
        working = WorkingLine(self.line, Regimes(), self.settings)
        together = self._fit(working, ANY, "any")
        if not regimes.splits:
            return ModelWatch(regimes, {ANY: together}, None, {})
        working = WorkingLine(self.line, regimes, self.settings)
        parts, left_out = {}, {}
        for code in np.unique(working.row_code[working.row_code != UNKNOWN]).tolist():
            try:
                parts[code] = self._fit(working, code, regimes.label(code))
            except TooLittleHistory as problem:
                left_out[regimes.label(code)] = str(problem)
        return ModelWatch(regimes, parts, together, left_out)

    def _fit(self, working: WorkingLine, code: int, label: str) -> RegimeModel:
        own = np.flatnonzero(working.row_code == code)
        time = self.rows.time[own]
        return fit_regime(
            label,
            self.line.measured,
            SmoothedRows(self.rows.machine[own], working.matrix(own, code, self.line.measured)),
            teach=time < self.cutoff,
            held_out=time >= self.cutoff + span_ms(self.settings.width),
            settings=self.settings,
        )


def _fingerprint(rows: RowIndex, line: SampleLine) -> str:
    content = hashlib.sha256("\t".join(rows.machine.tolist()).encode())
    content.update(rows.time.tobytes() + line.place.tobytes())
    for signal in line.measured:
        content.update(signal.encode() + line.numbers(signal).tobytes())
    for signal in line.texts:
        texts = tuple(line.shares(signal, np.ones(len(line.place), dtype=bool)))
        content.update("\t".join([signal, *texts]).encode() + line.codes(signal, texts).tobytes())
    return content.hexdigest()
