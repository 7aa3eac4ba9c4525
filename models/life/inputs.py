"""What a model of remaining life reads: residuals, health indices, long history, similar past lives, course of wear."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.features import FeatureSet
from models.features.definition import Feature
from models.features.fleet_record import FleetRecord
from models.features.fused_index import FusedIndices
from models.features.regime import OperatingRegimes, RegimeResiduals
from models.features.similarity import PastLives
from models.features.trend import LifeLevel
from models.features.wear_course import ExponentialWear
from models.features.window import Values
from models.life.life_features import SPANS, life_features
from models.life.life_rows import LifeRows
from models.life.settings import HOURS, LifeModelSettings

Mask = NDArray[np.bool_]

_WEAR_CONSTANTS = (12, 18, 27, 40, 60, 90)
_SHAPE_STEP = 5
_LONGEST_COMPARED = 1.28  # caps: how much life past lives are said to have had left at most


@dataclass(frozen=True, slots=True)
class LifeInputs:
    """How a row's samples become the columns that trees read; a part of the artefact.

    Parameters
    ----------
    residuals, indices
        Signals against their regimes, and their sums.
    features
        Of both, in the order of the columns.
    past
        The library of past shapes, whose columns follow the features'; None: without.
    wear
        How past lives wore, whose columns are last; None: without.
    unit
        Of the library's lives.
    """

    residuals: RegimeResiduals
    indices: FusedIndices
    features: FeatureSet
    past: PastLives | None
    wear: ExponentialWear | None
    unit: str

    @property
    def columns(self) -> tuple[Feature, ...]:
        """What each column is."""
        similar: tuple[Feature, ...] = self.past.columns(self.unit) if self.past else ()
        return (*self.features.features, *similar, *(self.wear.columns if self.wear else ()))

    @classmethod
    def fit(
        cls, rows: LifeRows, signals: Sequence[str], component: str, teach: Mask, settings: LifeModelSettings
    ) -> tuple["LifeInputs", Values]:
        """Learn from the rows of `teach`, and return the matrix of all rows besides.

        The machines of the other rows are not looked at: neither their samples nor how long they lived.
        """
        residuals = _residuals(rows, signals, component, teach, settings)
        indices = _indices(residuals, rows, component, teach, settings)
        features = life_features(residuals.names, indices.names, component, settings)
        inputs = cls(residuals, indices, features, None, None, settings.unit)
        record = inputs._fused(rows.record)
        if settings.with_similar_lives and settings.with_long_history:
            inputs = replace(inputs, past=_past_lives(record, rows, indices, component, teach, settings))
        if settings.with_course_of_wear and settings.with_long_history:
            inputs = replace(inputs, wear=_wear(record, rows, indices, component, teach, settings))
        return inputs, inputs._columns_on(record, rows.index.machine)

    def matrix(self, record: FleetRecord, machine: NDArray[np.object_]) -> Values:
        """Return the columns of each row, (n_rows, n_columns) float; NaN where something is not known."""
        return self._columns_on(self._fused(record), machine)

    def _fused(self, record: FleetRecord) -> FleetRecord:
        return self.indices.on(self.residuals.on(record), self.residuals.regime_of_samples(record))

    def _columns_on(self, record: FleetRecord, machine: NDArray[np.object_]) -> Values:
        found = [np.stack([feature.values(record) for feature in self.features.features], axis=1)]
        if self.past:
            found.append(self._similar(record, machine))
        if self.wear:
            found.append(self.wear.values(record))
        return np.hstack(found)

    def _similar(self, record: FleetRecord, machine: NDArray[np.object_]) -> Values:
        assert self.past is not None, "there is no library"
        shapes = PastLives.shape(self.past.indices, self.past.component, self.past.step, self.past.points[-1])
        return self.past.values(np.stack([f.values(record) for f in shapes], axis=1), machine)

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data for JSON."""
        return {
            "residuals": self.residuals.as_data(),
            "indices": self.indices.as_data(),
            "features": self.features.as_data(),
            "past": self.past.as_data() if self.past else None,
            "wear": self.wear.as_data() if self.wear else None,
            "unit": self.unit,
        }

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> "LifeInputs":
        """Build it from what `as_data` gave."""
        return cls(
            RegimeResiduals.from_data(data["residuals"]),
            FusedIndices.from_data(data["indices"]),
            FeatureSet.from_data(data["features"]),
            PastLives.from_data(data["past"]) if data["past"] else None,
            ExponentialWear.from_data(data["wear"]) if data["wear"] else None,
            data["unit"],
        )


def _residuals(
    rows: LifeRows, signals: Sequence[str], component: str, teach: Mask, settings: LifeModelSettings
) -> RegimeResiduals:
    record = rows.record
    taught = np.isin(record.sample_machine(), np.unique(record.machine[teach]))
    driven, values = record.aligned(settings.operating_settings)[taught], record.aligned(tuple(signals))[taught]
    regimes = OperatingRegimes.fit(settings.operating_settings, driven)
    found = RegimeResiduals.fit(regimes, signals, driven, values)
    return found.with_covariance(_levels(found.on(record), found.names, component, settings)[teach])


def _indices(
    residuals: RegimeResiduals, rows: LifeRows, component: str, teach: Mask, settings: LifeModelSettings
) -> FusedIndices:
    record, regime = residuals.on(rows.record), residuals.regime_of_samples(rows.record)
    last = rows.record.last_sample()[teach]
    lives = np.stack([rows.record.machine, rows.record.life_start(component)], axis=1)[teach]
    _, life = np.unique(lives, axis=0, return_inverse=True)
    values = record.aligned(residuals.names)[last]
    found = FusedIndices.directions(residuals.names, values, regime[last], life.ravel(), len(residuals.regimes))
    share = np.where(rows.ended & teach, np.minimum(rows.left, settings.cap) / settings.cap, np.nan)
    fused = found.on(record, regime)
    samples = fused.aligned(found.names)[rows.record.last_sample()]
    smoothed = _levels(fused, found.names, component, settings)
    return found.turned(samples, smoothed, share, rows.last_of_lives(component, teach))


def _levels(record: FleetRecord, signals: Sequence[str], component: str, settings: LifeModelSettings) -> Values:
    smooth = [LifeLevel(signal, component, _SHAPE_STEP * settings.step).values(record) for signal in signals]
    return np.stack(smooth, axis=1)


def _past_lives(
    record: FleetRecord,
    rows: LifeRows,
    indices: FusedIndices,
    component: str,
    teach: Mask,
    settings: LifeModelSettings,
) -> PastLives:
    step, points = _SHAPE_STEP * settings.step, tuple(n // _SHAPE_STEP for n in SPANS)
    shapes = np.stack([f.values(record) for f in PastLives.shape(indices.names, component, step, points[-1])], axis=1)
    kept = np.flatnonzero(teach & rows.ended)[:: settings.library_every]
    return PastLives(
        indices=indices.names,
        component=component,
        step=step,
        points=points,
        nearest=settings.nearest,
        shapes=shapes[kept],
        life=np.minimum(rows.left[kept], _LONGEST_COMPARED * settings.cap),
        machine=rows.index.machine[kept],
    )


def _wear(
    record: FleetRecord,
    rows: LifeRows,
    indices: FusedIndices,
    component: str,
    teach: Mask,
    settings: LifeModelSettings,
) -> ExponentialWear:
    """Learn from each life's last row; where the unit is a counter, its life is taken to end there."""
    ends = rows.last_of_lives(component, teach)
    hours = rows.left[ends] if settings.unit == HOURS else np.zeros(len(ends))
    constants = tuple(n * settings.step for n in _WEAR_CONSTANTS)
    return ExponentialWear.fit(record, ends, hours, indices.names, component, settings.step, constants)
