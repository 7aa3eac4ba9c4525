"""A failure model of gradient-boosted hazards, one set of trees per component and interval of time ahead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from foreworn.fleet.history import FleetHistory
from foreworn.fleet.machine import Machine
from foreworn.health.forecast import Forecast, Reason
from models.failure.age_model import AgeModel
from models.failure.component_model import ComponentModel
from models.failure.known_rows import KnownRows
from models.failure.reasons import UsualRanges
from models.failure.scored_matrix import ScoredMatrix
from models.failure.settings import FailureModelSettings
from models.failure.silence import ALL_ROWS, SignalsHeard
from models.features import FeatureSet, RowIndex, compute

_HOUR = timedelta(hours=1)


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
    """A failure curve per component, from hazards of gradient-boosted trees; implements `FailureModel`.

    Components compete without knowing of each other: each has its own hazards, the cause-specific ones. That nothing
    fails on a machine is the product of what its components survive with.

    A component with too few failures to learn its signs, any component of a machine model that training did not know,
    and any whose signs rest on signals that fell silent, is forecast by its age alone, and the forecast's first reason
    says so.

    Parameters
    ----------
    version
        Follows from training data, features, settings and library: the same give the same.
    horizon
        How far its forecasts look unless asked for others.
    threshold
        The probability within the horizon from which a forecast is an alarm, one for all components.
    features
        What it reads.
    usual
        Where the middle 90 % of the training rows lay, per machine model and feature.
    heard
        Which share of the training rows said something of each signal, per machine model.
    components
        By component, those whose signs were learned.
    ages
        By component, those that ever failed, how long they last.
    models_seen
        The machine models that rows were learned from.
    unlearned
        By component, why its signs were not learned.
    horizons
        At which every forecast's curve is told.
    provenance
        Where it comes from.
    """

    version: str
    horizon: timedelta
    threshold: float
    features: FeatureSet
    usual: UsualRanges
    heard: SignalsHeard
    components: Mapping[str, ComponentModel]
    ages: Mapping[str, AgeModel]
    models_seen: frozenset[str]
    unlearned: Mapping[str, str]
    horizons: tuple[timedelta, ...]
    provenance: Provenance

    @property
    def lookback(self) -> timedelta:
        """How much telemetry, events and log lines before a row its features need."""
        return self.features.lookback

    @property
    def reads_logs(self) -> bool:
        """Whether its features read lines of operation logs."""
        return self.features.reads_logs

    @property
    def base_rates(self) -> dict[str, float]:
        """By component learned, the share of training rows followed by a failure within the horizon."""
        return {name: part.base_rate for name, part in self.components.items()}

    @property
    def components_left_out(self) -> dict[str, str]:
        """Why a component has no forecast at all."""
        return {name: f"{why}, and none ever failed" for name, why in self.unlearned.items() if name not in self.ages}

    @property
    def basis(self) -> dict[str, str]:
        """By component forecast, what its forecasts rest on."""
        learned = dict.fromkeys(self.components, "signs")
        return learned | {c: f"{a.basis}; {self.unlearned[c]}" for c, a in self.ages.items() if c in self.unlearned}

    @property
    def rests_on(self) -> dict[str, dict[str, float]]:
        """By component learned, the share of what its trees gained in training that came from each signal."""
        return {
            name: dict(zip(self.heard.signals, self.leaning(part)[ALL_ROWS].tolist(), strict=True))
            for name, part in self.components.items()
        }

    def leaning(self, part: ComponentModel) -> NDArray[np.float64]:
        """Return how much a component's trees go by each signal, (n_groups, n_signals), as `SignalsHeard` has it."""
        return self.heard.leaning(self.features, part.gain())

    def describe(self) -> dict[str, object]:
        """Return what a person asks about the model, as JSON-able values."""
        return {
            "trained_from": self.provenance.trained_from.isoformat(),
            "trained_until": self.provenance.trained_until.isoformat(),
            "rows": self.provenance.rows,
            "horizon_h": self.horizon / _HOUR,
            "horizons_h": [horizon / _HOUR for horizon in self.horizons],
            "threshold": self.threshold,
            "components": sorted(self.basis),
            "basis": self.basis,
            "rests_on": self.rests_on,
            "machine_models": sorted(self.models_seen),
            "left_out": self.components_left_out,
            "features": list(self.features.names),
            "features_of_the_plan": list(self.features.plan_names),
            "metrics": {name: dict(part.metrics) for name, part in self.components.items()},
            "fingerprint": self.provenance.fingerprint,
            "library": self.provenance.library,
            "settings": self.provenance.settings.model_dump(mode="json"),
        }

    def probabilities(
        self, history: FleetHistory, rows: RowIndex, *, horizon: timedelta | None = None
    ) -> dict[str, NDArray[np.float64]]:
        """Return per component learned the probability at each row, (n_rows,) float, without the reasons.

        Within the model's horizon unless another is given. By its signs, of machine models that training did not know
        too; by its age where what they rest on is silent.
        """
        known = self.known(compute(self.features, history, rows).matrix, history, rows)
        asked, every = (self.horizon if horizon is None else horizon,), np.arange(len(rows))
        return {name: known.probability(name, every, known.heard(name), asked)[:, 0] for name in self.components}

    def known(self, matrix: NDArray[np.float64], history: FleetHistory, rows: RowIndex) -> KnownRows:
        """Return rows whose features are known, (n_rows, n_features) float, as this model sees them."""
        return KnownRows(self, history, rows, matrix)

    def forecast(
        self,
        history: FleetHistory,
        rows: Sequence[tuple[str, datetime]],
        *,
        issued_at: datetime,
        horizons: Sequence[timedelta] | None = None,
    ) -> list[Forecast]:
        """Return a forecast, with reasons and curve, per row (machine, time), component of that machine, and horizon.

        At the model's horizon unless others are asked for; every one of them is read off the same curve.
        """
        asked = (self.horizon,) if horizons is None else tuple(horizons)
        matrix = compute(self.features, history, rows).matrix
        return self.forecasts_of(matrix, history, rows, asked, issued_at=issued_at)

    def score(
        self, history: FleetHistory, rows: Sequence[tuple[str, datetime]], *, issued_at: datetime
    ) -> ScoredMatrix:
        """Return what `forecast` says of the rows, as a table and, where asked for, as objects."""
        index = RowIndex.of(rows)
        return ScoredMatrix(self, history, index, compute(self.features, history, index).matrix, issued_at)

    def forecasts_of(
        self,
        matrix: NDArray[np.float64],
        history: FleetHistory,
        rows: Sequence[tuple[str, datetime]],
        asked: Sequence[timedelta],
        *,
        issued_at: datetime,
    ) -> list[Forecast]:
        """Return the forecasts of rows whose features are known; see `forecast`.

        Parameters
        ----------
        matrix : (n_rows, n_features) float
        """
        known, found = self.known(matrix, history, RowIndex.of(rows)), list[tuple[int, Forecast]]()
        for name, own in known.told():
            if len(own):
                signs = known.by_signs(name)[own]
                said = known.probability(name, own, signs, (*asked, *self.horizons))
                told = _Told(said, known.why(name, own, signs))
                found += self._forecasts(name, own.tolist(), rows, told, asked, issued_at)
        return [forecast for _, forecast in sorted(found, key=lambda pair: pair[0])]

    def knows(self, machine: Machine, component: str) -> bool:
        """Tell whether the component's signs were learned for machines like this; without an age model they must do."""
        return machine.model in self.models_seen or component not in self.ages

    def _forecasts(
        self,
        component: str,
        own: Sequence[int],
        rows: Sequence[tuple[str, datetime]],
        told: "_Told",
        asked: Sequence[timedelta],
        issued_at: datetime,
    ) -> list[tuple[int, Forecast]]:
        """Return the forecasts of one component's rows, each with its row's number."""
        found = []
        for row, said, why in zip(own, told.probability.tolist(), told.reasons, strict=True):
            curve = tuple(zip(self.horizons, said[len(asked) :], strict=True))
            for horizon, probability in zip(asked, said, strict=False):
                machine, time = rows[row]
                forecast = Forecast(
                    machine=machine,
                    component=component,
                    time=time,
                    horizon=horizon,
                    probability=probability,
                    model_version=self.version,
                    issued_at=issued_at,
                    reasons=why,
                    curve=curve,
                )
                found.append((row, forecast))
        return found


@dataclass(frozen=True, slots=True)
class _Told:
    """What is said of one component's rows.

    Parameters
    ----------
    probability : (n_rows, n_asked + n_horizons) float
        At the horizons asked for, then at the curve's.
    reasons
        One tuple per row.
    """

    probability: NDArray[np.float64]
    reasons: Sequence[tuple[Reason, ...]]
