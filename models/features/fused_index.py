"""Health indices: many signals fused into few, each a weighted sum of residuals, weighed by operating regime."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import null_space

from foreworn.errors import TooLittleHistory
from models.features.fleet_record import FleetRecord
from models.features.regime import UNSEEN
from models.features.slow_directions import Codes, slow_directions
from models.features.window import Values

DIRECTIONS: Final = 2
_SHRINKAGE: Final = 10.0
_SCALE: Final = 0.2
_FEWEST: Final = 30
_FEWEST_ENDS: Final = 4
_SHARE_OF_NOISE: Final = 0.01


@dataclass(frozen=True, slots=True)
class FusedIndices:
    """The directions in which signals move slowly, and the share of life left as a line through them tells it.

    Trees cut one signal at a time; a sum over all of them has far less noise than any one. A signal that shows wear
    well at full throttle may hide it at idle, so each regime weighs by itself. The first index is ridge regression of
    the capped life left, as a share of the cap, on smoothed directions; the others are the directions, turned, a fifth
    of their size.

    Parameters
    ----------
    signals
        What is summed.
    weights : (n_regimes, n_indices, n_signals) float
    offset : (n_regimes, n_indices) float
    """

    signals: tuple[str, ...]
    weights: Values
    offset: Values

    @property
    def names(self) -> tuple[str, ...]:
        """What the indices are called."""
        return tuple(f"health index {number}" for number in range(1, self.weights.shape[1] + 1))

    @classmethod
    def directions(
        cls, signals: Sequence[str], residuals: Values, regime: Codes, life: Codes, n_regimes: int
    ) -> "FusedIndices":
        """Learn the directions alone; `turned` puts the line before them.

        Parameters
        ----------
        signals
            Names of the columns.
        residuals : (n_samples, n_signals) float
            Each life's together and in the order of time; those with a NaN are left aside.
        regime, life : (n_samples,) int
            What each sample was taken under, and in which life.
        n_regimes
            How many regimes there are.

        Raises
        ------
        TooLittleHistory
            If fewer than 30 samples have all signals.
        """
        whole = ~np.isnan(residuals).any(axis=1) & (regime != UNSEEN)
        if whole.sum() < _FEWEST:
            raise TooLittleHistory(
                f"{whole.sum()} samples of lives have all of {', '.join(signals)}; {_FEWEST} are needed: leave some out"
            )
        count = min(DIRECTIONS, len(signals))
        weights, offset = slow_directions(residuals[whole], regime[whole], life[whole], count, n_regimes)
        return cls(tuple(signals), _SCALE * weights, _SCALE * offset)

    def turned(self, samples: Values, smoothed: Values, share_left: Values, ends: NDArray[np.intp]) -> "FusedIndices":
        """Return the line, and the directions turned so that the first is at much the same level wherever lives end.

        What is nearly constant at the end tells how far away it is. The others are uncorrelated with it in their noise.

        Parameters
        ----------
        samples, smoothed : (n_rows, n_directions) float
            The directions at each row, and their means over its latest samples; rows with a NaN are left aside.
        share_left : (n_rows,) float
            Life left as a share of the cap, at most 1; NaN where it is not known.
        ends
            The last row of each life that ended in a failure.
        """
        whole = ~np.isnan(smoothed).any(axis=1) & ~np.isnan(share_left)
        middle = smoothed[whole].mean(axis=0)
        centred, target = smoothed[whole] - middle, share_left[whole]
        together = centred.T @ (target - target.mean())
        shrunk = centred.T @ centred + _SHRINKAGE * _SCALE**2 * np.eye(len(middle))
        line = np.linalg.solve(shrunk, together)
        noise = np.atleast_2d(np.cov((samples - smoothed)[whole].T))
        towards = _towards_the_end(smoothed[ends] - middle, noise, line)
        main = np.vstack([towards, null_space((towards @ noise)[None]).T])
        main *= _SCALE / np.maximum((centred @ main.T).std(axis=0), _SCALE * 1e-6)[:, None]
        mixing = np.vstack([line, main * np.where(main @ together > 0, -1.0, 1.0)[:, None]])  # rising as life is used
        offset = self.offset @ mixing.T
        offset[:, 0] += target.mean() - line @ middle
        return FusedIndices(self.signals, np.einsum("ik,rks->ris", mixing, self.weights), offset)

    def on(self, record: FleetRecord, regime: Codes) -> FleetRecord:
        """Return the record with the indices as signals; NaN where a signal is missing or the regime is unseen.

        Parameters
        ----------
        record
            With the signals.
        regime : (n_samples,) int
            Of each row of its telemetry.
        """
        values = record.aligned(self.signals)
        sums = {
            name: np.where(
                regime == UNSEEN, np.nan, (values * self.weights[regime, i]).sum(axis=1) + self.offset[regime, i]
            )
            for i, name in enumerate(self.names)
        }
        return record.with_signals(sums)

    def as_data(self) -> dict[str, Any]:
        """Return them as plain data for JSON."""
        return {"signals": list(self.signals), "weights": self.weights.tolist(), "offset": self.offset.tolist()}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> "FusedIndices":
        """Build them from what `as_data` gave."""
        return cls(tuple(data["signals"]), *(np.array(data[name], dtype=np.float64) for name in ("weights", "offset")))


def _towards_the_end(ends: Values, noise: Values, line: Values) -> Values:
    """Return along which direction ends lie farthest from the middle for how far they lie apart; else the line."""
    whole = ends[~np.isnan(ends).any(axis=1)]
    if len(whole) < _FEWEST_ENDS:
        return -line
    apart = np.atleast_2d(np.cov(whole.T)) + _SHARE_OF_NOISE * noise
    return np.asarray(np.linalg.solve(apart, whole.mean(axis=0)), dtype=np.float64)
