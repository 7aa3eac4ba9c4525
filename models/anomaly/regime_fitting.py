"""Fitting what is usual in one regime."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foreworn.errors import TooLittleHistory
from models.anomaly.regime_model import RegimeModel, scored, standardised
from models.anomaly.score_distribution import ScoreDistribution
from models.anomaly.settings import AnomalySettings
from models.anomaly.subspace import PrincipalSubspace
from models.features.window import Values

Mask = NDArray[np.bool_]

_NORMAL = 1.4826  # median distance from the median, to standard deviation, of a normal spread
_MOSTLY = 0.5  # a signal that more rows lack is left out
_SMALLEST_LIMIT = 1e-6  # signals that are sums of others leave no residual, and rounding is no anomaly
_STANDS = 1e-12  # of a signal's size: below it a spread is rounding


@dataclass(frozen=True, slots=True)
class SmoothedRows:
    """Rows of one regime: machines, (n_rows,) str, and signals, (n_rows, n_signals) float, NaN where silent."""

    machine: NDArray[np.object_]
    matrix: Values

    def __len__(self) -> int:
        return len(self.machine)

    def where(self, keep: Mask) -> "SmoothedRows":
        """Return the rows where `keep` is true."""
        return SmoothedRows(self.machine[keep], self.matrix[keep])

    def of(self, columns: Mask) -> "SmoothedRows":
        """Return some of the signals."""
        return SmoothedRows(self.machine, self.matrix[:, columns])

    @property
    def complete(self) -> "SmoothedRows":
        """The rows that lack no signal."""
        return self.where(np.asarray(~np.isnan(self.matrix).any(axis=1)))

    def with_share(self, fewest: float) -> "SmoothedRows":
        """Return the rows that have at least a share of the signals."""
        return self.where(np.asarray((~np.isnan(self.matrix)).mean(axis=1) >= fewest))


def fit_regime(
    label: str, signals: Sequence[str], rows: SmoothedRows, *, teach: Mask, held_out: Mask, settings: AnomalySettings
) -> RegimeModel:
    """Fit limits on rows that the fit has not seen, then middle, spread and directions on all rows.

    The limits say how high healthy rows score under what was fitted before them. What serves is fitted on all
    rows, with as many components, and stands to what comes next as the first fit stood to the rows held out.

    Parameters
    ----------
    label, signals
        The regime in words, and the columns.
    rows
        All healthy rows.
    teach, held_out : (n_rows,) bool
        Rows to fit on first, and later ones that the limits come from.
    settings
        Rates, shares, and how many rows are enough.

    Raises
    ------
    TooLittleHistory
        If there are too few rows of either, or no signal that varies.
    """
    varying = _varying(rows.where(teach).matrix)
    if not varying.any():
        raise TooLittleHistory(f"regime {label!r}: no signal varies, so nothing can be unusual")
    rows = rows.of(varying)
    before, later = rows.where(teach).complete, rows.where(held_out).with_share(settings.fewest_signals)
    if min(len(before), len(later)) < settings.fewest_rows:
        raise TooLittleHistory(
            f"regime {label!r}: {len(before)} healthy rows to fit on and {len(later)} held out; "
            f"{settings.fewest_rows} of each are needed"
        )
    first = _Usual.of(before, later, settings)
    limits = _Limits.of(first, later, settings.false_alarm_rate)
    serving = _Usual.of(rows.complete, rows.complete, settings, components=first.subspace.components)
    usual_low, usual_high = np.quantile(serving.standardised(rows.complete), (0.05, 0.95), axis=0)
    return RegimeModel(
        label=label,
        signals=tuple(name for name, keep in zip(signals, varying.tolist(), strict=True) if keep),
        centre=serving.centre,
        scale=serving.scale,
        own_centre=serving.own_centre if first.own_centre else {},
        usual_low=usual_low,
        usual_high=usual_high,
        subspace=serving.subspace,
        hotelling_limit=limits.hotelling,
        residual_limit=limits.residual,
        familiar=limits.familiar,
        stranger=limits.stranger,
        threshold=float(limits.familiar.exceeded_with(settings.false_alarm_rate)),
        stranger_threshold=float(limits.stranger.exceeded_with(settings.false_alarm_rate)),
        rows=len(rows.complete),
    )


@dataclass(frozen=True, slots=True)
class _Usual:
    """Middles, spread and directions of some rows."""

    own_centre: Mapping[str, Values]
    centre: Values
    scale: Values
    subspace: PrincipalSubspace

    @classmethod
    def of(
        cls, rows: SmoothedRows, later: SmoothedRows, settings: AnomalySettings, *, components: int | None = None
    ) -> "_Usual":
        """Fit; machines have their own middle where enough of the `later` rows are of such machines."""
        own = _own_centres(rows, settings.fewest_own_rows)
        if sum(name in own for name in later.machine.tolist()) < settings.fewest_rows:
            own = {}
        centre = np.median(rows.matrix, axis=0)
        distance = standardised(rows.machine, rows.matrix, own, centre, np.ones(len(centre)))
        scale = _NORMAL * np.median(np.abs(distance), axis=0)
        scale = np.where(scale > _STANDS * np.maximum(np.abs(centre), 1.0), scale, distance.std(axis=0))
        subspace = PrincipalSubspace.fit(distance / scale, retained=settings.retained, components=components)
        return cls(own, centre, scale, subspace)

    def standardised(self, rows: SmoothedRows) -> Values:
        return standardised(rows.machine, rows.matrix, self.own_centre, self.centre, self.scale)


@dataclass(frozen=True, slots=True)
class _Limits:
    """Limits of T2 and Q, and how high healthy rows score by them."""

    hotelling: float
    residual: float
    familiar: ScoreDistribution
    stranger: ScoreDistribution

    @classmethod
    def of(cls, usual: _Usual, later: SmoothedRows, rate: float) -> "_Limits":
        known = np.array([name in usual.own_centre for name in later.machine.tolist()], dtype=bool)
        subspace, rows = usual.subspace, usual.standardised(later.where(known) if known.any() else later)
        filled = subspace.filled(rows)
        hotelling, residual = (
            max(float(ScoreDistribution.of(shares.sum(axis=1)).exceeded_with(rate)), _SMALLEST_LIMIT)
            for shares in (subspace.hotelling(filled), subspace.residual(filled))
        )
        strange = (later.matrix - usual.centre) / usual.scale
        return cls(
            hotelling,
            residual,
            familiar=ScoreDistribution.of(scored(subspace, rows, hotelling, residual)[0]),
            stranger=ScoreDistribution.of(scored(subspace, strange, hotelling, residual)[0]),
        )


def _varying(matrix: Values) -> Mask:
    """Tell which columns are mostly there when any is, and vary."""
    kept = np.zeros(matrix.shape[1], dtype=bool)
    matrix = matrix[~np.isnan(matrix).all(axis=1)]
    for column, values in enumerate(matrix.T):
        said = values[~np.isnan(values)]
        if len(said) and len(said) >= _MOSTLY * len(values):
            kept[column] = said.std() > _STANDS * max(np.abs(said).max(), 1.0)
    return kept


def _own_centres(rows: SmoothedRows, fewest: int) -> dict[str, Values]:
    """Return the middle of each machine with enough rows."""
    names, counts = np.unique(rows.machine.astype(str), return_counts=True)
    enough = [str(name) for name, count in zip(names, counts, strict=True) if count >= fewest]
    return {name: np.median(rows.matrix[rows.machine == name], axis=0) for name in enough}
