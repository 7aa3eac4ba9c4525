"""What is usual for the machines of one model in one operating regime."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foreworn.health.anomaly import SignalShare
from models.anomaly.score_distribution import ScoreDistribution
from models.anomaly.subspace import PrincipalSubspace
from models.features.window import Values

MOST_SHARES = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a regime's model says of one row; see `Verdicts`."""

    score: float
    threshold: float
    p_value: float
    shares: Values


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What a regime's model says of some rows, an entry each.

    Parameters
    ----------
    score, threshold, p_value : (n_rows,) float
    shares : (n_rows, n_signals) float
        Each signal's part in the score; rows add up to 1.
    """

    score: Values
    threshold: Values
    p_value: Values
    shares: Values

    def of(self, row: int) -> Verdict:
        """Return one row's."""
        return Verdict(float(self.score[row]), float(self.threshold[row]), float(self.p_value[row]), self.shares[row])


@dataclass(frozen=True, slots=True)
class RegimeModel:
    r"""Middle, spread, directions and limits of healthy rows in one regime.

    The score is :math:`\max(T^2 / T^2_{lim}, Q / Q_{lim})`: whichever statistic goes further beyond its own limit,
    and contributions are those of that one. Both limits, and the threshold of the score itself, are exceeded by
    held-out healthy rows with the stated false-alarm rate.

    Parameters
    ----------
    label
        The regime in words.
    signals
        What it looks at; signals that never change in the regime, or are mostly missing, are not here.
    centre, scale : (n_signals,) float
        Median and 1.4826 times the median distance from it, of the machine model, in the signals' units.
    own_centre
        By machine, the median of those with enough rows; machines of one model differ by how they were built in.
    usual_low, usual_high : (n_signals,) float
        Where the middle 90 % of standardised healthy rows lay.
    subspace
        The directions.
    hotelling_limit, residual_limit
        Of T2 and Q.
    familiar, stranger
        Scores of held-out rows against the machine's own middle, and against its model's: a machine that training
        did not know is held against the second, and so by how much machines differ.
    threshold, stranger_threshold
        The scores that those exceed with the false-alarm rate.
    rows
        How many healthy rows it was fitted on.
    """

    label: str
    signals: tuple[str, ...]
    centre: Values
    scale: Values
    own_centre: Mapping[str, Values]
    usual_low: Values
    usual_high: Values
    subspace: PrincipalSubspace
    hotelling_limit: float
    residual_limit: float
    familiar: ScoreDistribution
    stranger: ScoreDistribution
    threshold: float
    stranger_threshold: float
    rows: int

    def enough(self, matrix: Values, fewest: float) -> NDArray[np.bool_]:
        """Tell which rows have at least a share of the signals."""
        return np.asarray((~np.isnan(matrix)).mean(axis=1) >= fewest)

    def judge(self, machine: NDArray[np.object_], matrix: Values) -> Verdicts:
        """Score rows, (n_rows, n_signals) float in the signals' units, NaN where missing."""
        score, shares = scored(
            self.subspace, self.standardised(machine, matrix), self.hotelling_limit, self.residual_limit
        )
        own = np.array([name in self.own_centre for name in machine.tolist()], dtype=bool)
        return Verdicts(
            score=score,
            threshold=np.where(own, self.threshold, self.stranger_threshold),
            p_value=np.where(own, self.familiar.p_value(score), self.stranger.p_value(score)),
            shares=shares,
        )

    def standardised(self, machine: NDArray[np.object_], matrix: Values) -> Values:
        """Return rows as distances from their machine's middle, in spreads."""
        return standardised(machine, matrix, self.own_centre, self.centre, self.scale)

    def contributions(self, machine: str, row: Values, shares: Values) -> tuple[SignalShare, ...]:
        """Return the largest shares of one row, (n_signals,) float, the largest first; what is missing has none."""
        centre = self.own_centre.get(machine, self.centre)
        largest = np.argsort(-shares, kind="stable")[:MOST_SHARES]
        return tuple(
            SignalShare(
                signal=self.signals[i],
                share=float(shares[i]),
                value=float(row[i]),
                usual_low=float(centre[i] + self.scale[i] * self.usual_low[i]),
                usual_high=float(centre[i] + self.scale[i] * self.usual_high[i]),
            )
            for i in largest.tolist()
            if not np.isnan(row[i])
        )


def standardised(
    machine: NDArray[np.object_], matrix: Values, own_centre: Mapping[str, Values], centre: Values, scale: Values
) -> Values:
    """Return rows as distances from their machine's own middle, or the general one, in spreads."""
    centres = np.array([own_centre.get(name, centre) for name in machine.tolist()]).reshape(matrix.shape)
    return np.asarray((matrix - centres) / scale)


def scored(
    subspace: PrincipalSubspace, rows: Values, hotelling_limit: float, residual_limit: float
) -> tuple[Values, Values]:
    """Return score, (n_rows,) float, and shares, (n_rows, n_signals) float, of standardised rows.

    What is missing is put in as expected and has no share.
    """
    filled = subspace.filled(rows)
    hotelling, residual = subspace.hotelling(filled), subspace.residual(filled)
    far, outside = hotelling.sum(axis=1) / hotelling_limit, residual.sum(axis=1) / residual_limit
    parts = np.where((far >= outside)[:, np.newaxis], hotelling, residual)
    parts = np.where(np.isnan(rows), 0.0, parts)
    total = parts.sum(axis=1, keepdims=True)
    shares = np.divide(parts, total, out=np.zeros_like(parts), where=total > 0)
    return np.maximum(far, outside), shares
