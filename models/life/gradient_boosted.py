"""A model of remaining life of gradient-boosted trees, for one component."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from foreworn.fleet.history import FleetHistory
from foreworn.health.forecast import Reason
from foreworn.health.remaining_life import RemainingLife
from models.failure.reasons import UsualRanges, reasons
from models.features import FeatureSet, RowIndex
from models.features.fleet_record import FleetRecord
from models.features.regime import UNSEEN
from models.features.window import Values
from models.life.inputs import LifeInputs
from models.life.settings import LifeModelSettings
from models.life.silence import notes_on_silence
from models.life.trees import LifeTrees
from models.life.widening import Widening


@dataclass(frozen=True, slots=True)
class LifeProvenance:
    """Where a model comes from.

    Parameters
    ----------
    trained_from, trained_until
        The first training row, and the time from which on nothing was looked at.
    rows, lives, lives_cut_short
        What was learned from: rows, lives that ended in a failure, lives that did not.
    fingerprint
        SHA-256 of the training rows.
    library
        What grew the trees, by major version.
    settings
        How.
    """

    trained_from: datetime
    trained_until: datetime
    rows: int
    lives: int
    lives_cut_short: int
    fingerprint: str
    library: str
    settings: LifeModelSettings


@dataclass(frozen=True, slots=True)
class Told:
    """What a model says of rows.

    Parameters
    ----------
    expected : (n_rows,) float
        Within 0 and the cap.
    quantiles : (n_rows, 3) float
        p10, p50, p90.
    """

    expected: Values
    quantiles: Values


@dataclass(frozen=True, slots=True)
class GradientBoostedLifeModel:
    """How long a component will last; implements `LifeModel`.

    Parameters
    ----------
    version
        Follows from training data and settings: the same give the same.
    component
        Whose life.
    inputs, trees, widening
        What it reads, what it learned, and how far its intervals were stretched to hold.
    usual
        Where the middle 90 % of the training rows lay, by column.
    metrics
        On folds of machines that the trees had not seen.
    provenance
        Where it comes from.
    """

    version: str
    component: str
    inputs: LifeInputs
    trees: LifeTrees
    widening: Widening
    usual: UsualRanges
    metrics: Mapping[str, float]
    provenance: LifeProvenance

    @property
    def settings(self) -> LifeModelSettings:
        """How it was trained."""
        return self.provenance.settings

    @property
    def lookback(self) -> timedelta:
        """A whole life: all telemetry since the component was replaced, or the machine installed."""
        return self.inputs.features.lookback

    def describe(self) -> dict[str, object]:
        """Return what a person asks about the model, as JSON-able values."""
        origin = self.provenance
        return {
            "component": self.component,
            "unit": self.settings.unit,
            "trained_from": origin.trained_from.isoformat(),
            "trained_until": origin.trained_until.isoformat(),
            "rows": origin.rows,
            "lives": origin.lives,
            "lives_cut_short": origin.lives_cut_short,
            "operating_regimes": len(self.inputs.residuals.regimes),
            "signals": list(self.inputs.residuals.signals),
            "features": [column.name for column in self.inputs.columns],
            "metrics": dict(self.metrics),
            "fingerprint": origin.fingerprint,
            "library": origin.library,
            "settings": origin.settings.model_dump(mode="json"),
        }

    def told(self, history: FleetHistory, rows: RowIndex) -> Told:
        """Return expected lives and quantiles of rows, without the reasons."""
        return self._told(self._matrix(FleetRecord(history, rows, self.lookback), rows))

    def remaining_life(self, history: FleetHistory, rows: Sequence[tuple[str, datetime]]) -> list[RemainingLife]:
        """Return one forecast per row (machine, time) whose machine has spoken in this life, in their order."""
        index = RowIndex.of(rows)
        if not len(index):
            return []
        record = FleetRecord(history, index, self.lookback)
        matrix = self._matrix(record, index)
        told, why, notes = self._told(matrix), self._reasons(matrix), self._notes(record, history)
        silent = np.logical_and.reduce(np.isnan(matrix[:, self._levels()]), axis=1)
        return [
            RemainingLife(
                machine,
                self.component,
                time,
                p10=float(told.quantiles[i, 0]),
                p50=float(told.quantiles[i, 1]),
                p90=float(told.quantiles[i, 2]),
                expected=float(told.expected[i]),
                cap=self.settings.cap,
                unit=self.settings.unit,
                model_version=self.version,
                reasons=why[i],
                note=notes[i],
            )
            for i, (machine, time) in enumerate(rows)
            if not silent[i]
        ]

    def _matrix(self, record: FleetRecord, rows: RowIndex) -> Values:
        return self.inputs.matrix(record, rows.machine)

    def _told(self, matrix: Values) -> Told:
        expected = np.clip(self.trees.expected_life(matrix), 0.0, self.settings.cap)
        return Told(expected, self.widening.of(self.trees.quantile_lives(matrix)))

    def _levels(self) -> list[int]:
        signals = {*self.inputs.residuals.names}
        return [i for i, column in enumerate(self.inputs.columns) if column.source in signals]

    def _reasons(self, matrix: Values) -> list[tuple[Reason, ...]]:
        shares = -self.trees.contributions(matrix)[:, :-1]
        return reasons(FeatureSet(self.inputs.columns), self.usual, matrix, shares)

    def _notes(self, record: FleetRecord, history: FleetHistory) -> list[str]:
        """Say of each row what makes it doubtful."""
        silent, settings = notes_on_silence(record, history, self.inputs, self.settings), self._strange(record)
        return ["; ".join(filter(None, both)) for both in zip(settings, silent, strict=True)]

    def _strange(self, record: FleetRecord) -> list[str]:
        """Say of rows whose machine's last settings training had not seen that they are so."""
        regimes = self.inputs.residuals.regimes
        if not regimes.settings:
            return [""] * len(record.time)
        last = record.last_sample()
        settings = record.aligned(regimes.settings)
        code = regimes.of(settings)
        unseen = (last >= 0) & (np.append(code, 0)[last] == UNSEEN)
        note = f"its last {', '.join(regimes.settings)} lie outside of every operating regime that training saw"
        return [note if strange else "" for strange in unseen.tolist()]
