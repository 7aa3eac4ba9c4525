"""Health indices: many signals fused into few, each a weighted sum of residuals."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from models.features.fleet_record import FleetRecord
from models.features.window import Values

COMPONENTS: Final = 2
_SHRINKAGE: Final = 10.0
_COMPONENT_SCALE: Final = 5.0


@dataclass(frozen=True, slots=True)
class FusedIndices:
    """The share of life left as a line through the signals tells it, and the signals' main directions.

    Trees cut one signal at a time; a sum over all of them has far less noise than any one. The first index is
    ridge regression of the capped life left, as a share of the cap, on smoothed residuals; the others are their
    first principal components, a fifth of their size.

    Parameters
    ----------
    signals
        What is summed.
    weights : (n_indices, n_signals) float
    offset : (n_indices,) float
    """

    signals: tuple[str, ...]
    weights: Values
    offset: Values

    @property
    def names(self) -> tuple[str, ...]:
        """What the indices are called."""
        return tuple(f"health index {number}" for number in range(1, len(self.weights) + 1))

    @classmethod
    def fit(cls, signals: Sequence[str], smoothed: Values, share_left: Values) -> "FusedIndices":
        """Learn the weights.

        Parameters
        ----------
        signals
            Names of the columns.
        smoothed : (n_rows, n_signals) float
            Rows with a NaN are left aside.
        share_left : (n_rows,) float
            Life left as a share of the cap, at most 1; NaN where it is not known.
        """
        whole = ~np.isnan(smoothed).any(axis=1) & ~np.isnan(share_left)
        rows, target = smoothed[whole], share_left[whole]
        middle = rows.mean(axis=0)
        centred = rows - middle
        squares = centred.T @ centred + _SHRINKAGE * np.eye(len(signals))
        line = np.linalg.solve(squares, centred.T @ (target - target.mean()))
        _, directions = np.linalg.eigh(centred.T @ centred)  # ascending
        main = directions[:, ::-1][:, :COMPONENTS].T
        main = main * np.where(main @ line > 0, -1.0, 1.0)[:, None] / _COMPONENT_SCALE  # rising as life is used
        weights = np.vstack([line, main])
        offset = np.append(target.mean(), np.zeros(len(main))) - weights @ middle
        return cls(tuple(signals), weights, offset)

    def on(self, record: FleetRecord) -> FleetRecord:
        """Return the record with the indices as signals; NaN where one of the signals is missing."""
        values = record.aligned(self.signals)
        sums = {
            name: (values * weights).sum(axis=1) + offset
            for name, weights, offset in zip(self.names, self.weights, self.offset.tolist(), strict=True)
        }
        return record.with_signals(sums)

    def as_data(self) -> dict[str, Any]:
        """Return them as plain data for JSON."""
        return {"signals": list(self.signals), "weights": self.weights.tolist(), "offset": self.offset.tolist()}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> "FusedIndices":
        """Build them from what `as_data` gave."""
        return cls(tuple(data["signals"]), *(np.array(data[name], dtype=np.float64) for name in ("weights", "offset")))
