"""A failure model of gradient-boosted trees, one set of trees per component."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from foreworn.fleet.history import FleetHistory
from foreworn.health.forecast import Forecast
from models.failure.component_model import ComponentModel
from models.failure.reasons import UsualRanges, reasons
from models.failure.settings import FailureModelSettings
from models.features import FeatureSet, RowIndex, compute


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a model comes from: what it was trained on, and with what.

    Parameters
    ----------
    trained_from, trained_until
        The first training row, and the time from which on nothing was looked at.
    rows
        How many rows were learned from.
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
    fingerprint: str
    library: str
    settings: FailureModelSettings


@dataclass(frozen=True, slots=True)
class GradientBoostedFailureModel:
    """One probability per component of failing within the horizon; implements `FailureModel`.

    Components compete without knowing of each other: each has its own trees, and the probabilities
    of one machine need not add up to anything. A machine that has been silent is scored on what is
    known, missing features being missing.

    Parameters
    ----------
    version
        Follows from training data, features, settings and library: the same give the same.
    horizon
        How far its forecasts look.
    threshold
        The probability from which a forecast is an alarm, one for all components.
    features
        What it reads.
    usual
        Where the middle 90 % of the training rows lay, per machine model and feature.
    components
        By component; those with too little history are not here.
    components_left_out
        Why a component has no forecast.
    provenance
        Where it comes from.
    """

    version: str
    horizon: timedelta
    threshold: float
    features: FeatureSet
    usual: UsualRanges
    components: Mapping[str, ComponentModel]
    components_left_out: Mapping[str, str]
    provenance: Provenance

    @property
    def lookback(self) -> timedelta:
        """How much telemetry and events before a row its features need."""
        return self.features.lookback

    @property
    def base_rates(self) -> dict[str, float]:
        """By component, the share of training rows followed by a failure."""
        return {name: part.base_rate for name, part in self.components.items()}

    def describe(self) -> dict[str, object]:
        """Return what a person asks about the model, as JSON-able values."""
        return {
            "trained_from": self.provenance.trained_from.isoformat(),
            "trained_until": self.provenance.trained_until.isoformat(),
            "rows": self.provenance.rows,
            "horizon_h": self.horizon / timedelta(hours=1),
            "threshold": self.threshold,
            "components": sorted(self.components),
            "left_out": dict(self.components_left_out),
            "features": list(self.features.names),
            "metrics": {name: dict(part.metrics) for name, part in self.components.items()},
            "fingerprint": self.provenance.fingerprint,
            "library": self.provenance.library,
            "settings": self.provenance.settings.model_dump(mode="json"),
        }

    def probabilities(self, history: FleetHistory, rows: RowIndex) -> dict[str, NDArray[np.float64]]:
        """Return per component the probability at each row, (n_rows,) float, without the reasons."""
        matrix = compute(self.features, history, rows).matrix
        return {name: part.probability(matrix) for name, part in self.components.items()}

    def forecast(
        self, history: FleetHistory, rows: Sequence[tuple[str, datetime]], *, issued_at: datetime
    ) -> list[Forecast]:
        """Return a forecast, with reasons, per row (machine, time) and component of that machine."""
        matrix = compute(self.features, history, rows).matrix
        fitted = {machine.id: frozenset(machine.components) for machine in history.machines}
        found: list[tuple[int, Forecast]] = []
        for name, part in self.components.items():
            own = [i for i, (machine, _) in enumerate(rows) if name in fitted[machine]]
            if own:
                forecasts = self._of_component(part, matrix[own], [rows[i] for i in own], issued_at)
                found += zip(own, forecasts, strict=True)
        return [forecast for _, forecast in sorted(found, key=lambda pair: pair[0])]

    def _of_component(
        self,
        part: ComponentModel,
        matrix: NDArray[np.float64],
        rows: Sequence[tuple[str, datetime]],
        issued_at: datetime,
    ) -> list[Forecast]:
        probability = part.probability(matrix).tolist()
        why = reasons(self.features, self.usual, matrix, part.contributions(matrix))
        return [
            Forecast(
                machine=machine,
                component=part.component,
                time=time,
                horizon=self.horizon,
                probability=probability[i],
                model_version=self.version,
                issued_at=issued_at,
                reasons=why[i],
            )
            for i, (machine, time) in enumerate(rows)
        ]
