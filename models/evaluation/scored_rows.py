"""Forecasts beside what became of them, one row per machine, component and time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_NO_NAMES = np.empty(0, dtype=object)


@dataclass(frozen=True, slots=True)
class ScoredRows:
    """Probabilities and outcomes, as arrays of one length.

    Parameters
    ----------
    machine, component : (n_rows,) str objects
    time : (n_rows,) int, epoch ms
    probability : (n_rows,) float, in [0, 1]
    failed : (n_rows,) bool
        Whether the component failed within the horizon; rows whose outcome is not known are not here.
    """

    machine: NDArray[np.object_]
    component: NDArray[np.object_]
    time: NDArray[np.int64]
    probability: NDArray[np.float64]
    failed: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.time)

    def of(self, component: str) -> "ScoredRows":
        """Return one component's rows."""
        return self.where(self.component == component)

    def where(self, keep: NDArray[np.bool_]) -> "ScoredRows":
        """Return the rows where `keep` is true."""
        return ScoredRows(
            self.machine[keep], self.component[keep], self.time[keep], self.probability[keep], self.failed[keep]
        )

    @classmethod
    def joined(cls, parts: "Sequence[ScoredRows]") -> "ScoredRows":
        """Return the rows of all parts."""
        return cls(
            np.concatenate([_NO_NAMES, *(p.machine for p in parts)]),
            np.concatenate([_NO_NAMES, *(p.component for p in parts)]),
            np.concatenate([np.empty(0, dtype=np.int64), *(p.time for p in parts)]),
            np.concatenate([np.empty(0), *(p.probability for p in parts)]),
            np.concatenate([np.empty(0, dtype=bool), *(p.failed for p in parts)]),
        )
