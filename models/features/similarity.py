"""Past lives that went the same way: how long those went on whose health took the shape that this one's has."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from models.features.fleet_record import FleetRecord
from models.features.trend import LifeLevel
from models.features.weighting import WHOLE_LIFE
from models.features.window import Values

SimilarPart = Literal["mean", "spread", "low", "high", "distance"]
PARTS: Final[tuple[SimilarPart, ...]] = get_args(SimilarPart)
_LARGEST_TABLE: Final = 400_000  # distances held at once: small enough to stay in the cache


@dataclass(frozen=True, slots=True)
class SimilarLives:
    """One column of what past lives of a like shape say; `PastLives` computes it.

    Parameters
    ----------
    span
        How long a stretch is compared.
    part
        Weighted `mean` and `spread` of the life they had left, its 20 % and 80 % points (`low`, `high`), and the
        `distance` of the nearest.
    unit
        Of the life.
    """

    span: timedelta
    part: SimilarPart
    unit: str
    source: ClassVar[str] = "similar past lives"
    lookback: ClassVar[timedelta] = WHOLE_LIFE

    @property
    def name(self) -> str:
        """Such as `life left of similar past lives over 40 h, mean`."""
        what = "distance of the nearest" if self.part == "distance" else f"life left of, {self.part}"
        return f"similar past lives over {self.span / timedelta(hours=1):g} h: {what}"

    def values(self, record: FleetRecord) -> Values:
        """Refuse: a column of a library is not computed from a record alone.

        Raises
        ------
        ValueError
            Always.
        """
        raise ValueError(f"{self.name!r} comes from a library of past lives: ask PastLives.values")


@dataclass(frozen=True, slots=True)
class PastLives:
    """A library of shapes that health took before a failure.

    A shape is the health indices at steps back from a moment, each the mean over one step, as the feature engine
    computes it. A machine is never compared with itself.

    Parameters
    ----------
    indices
        The health indices that make a shape.
    component
        Whose lives.
    step
        Between two points of a shape.
    points
        For each span, how many points; ascending.
    nearest
        How many past shapes are asked.
    shapes : (n_library, n_indices * points[-1]) float
        The columns are by point, the latest first, and within it by index.
    life : (n_library,) float
        What each had left.
    machine : (n_library,) str
        Whose each was.
    """

    indices: tuple[str, ...]
    component: str
    step: timedelta
    points: tuple[int, ...]
    nearest: int
    shapes: Values
    life: Values
    machine: NDArray[np.object_]

    def columns(self, unit: str) -> tuple[SimilarLives, ...]:
        """Return what `values` has in its columns."""
        return tuple(SimilarLives(n * self.step, part, unit) for n in self.points for part in PARTS)

    @staticmethod
    def shape(indices: Sequence[str], component: str, step: timedelta, points: int) -> tuple[LifeLevel, ...]:
        """Return the features that make a shape."""
        return tuple(LifeLevel(index, component, step, lag=n * step) for n in range(points) for index in indices)

    def values(self, shapes: Values, machine: NDArray[np.object_]) -> Values:
        """Return what past lives say of each row.

        Parameters
        ----------
        shapes : (n_rows, n_indices * points[-1]) float
            The rows' shapes; where a point is missing, spans that reach to it are not known.
        machine : (n_rows,) str
            The rows' machines.

        Returns
        -------
        (n_rows, 5 * n_spans) float
        """
        return np.hstack([self._over(n * len(self.indices), shapes, machine) for n in self.points])

    def _over(self, width: int, shapes: Values, machine: NDArray[np.object_]) -> Values:
        library = ~np.isnan(self.shapes[:, :width]).any(axis=1)
        known = np.flatnonzero(~np.isnan(shapes[:, :width]).any(axis=1))
        found = np.full((len(shapes), len(PARTS)), np.nan)
        past, life, whose = self.shapes[library, :width], self.life[library], self.machine[library]
        nearest = min(self.nearest, _fewest_others(whose))
        if nearest < 2:
            return found
        run, squares = max(_LARGEST_TABLE // len(past), 1), np.square(past).sum(axis=1)
        for start in range(0, len(known), run):
            rows = known[start : start + run]
            distance = _distances(shapes[rows, :width], past, squares)
            for own in np.unique(machine[rows].astype(str)):
                distance[np.ix_(machine[rows] == own, whose == own)] = np.inf
            found[rows] = _said(distance, life, nearest)
        return found

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data for JSON."""
        return {
            "indices": list(self.indices),
            "component": self.component,
            "step_ms": self.step // timedelta(milliseconds=1),
            "points": list(self.points),
            "nearest": self.nearest,
            "shapes": [[None if v != v else v for v in row] for row in self.shapes.tolist()],
            "life": self.life.tolist(),
            "machine": self.machine.tolist(),
        }

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> "PastLives":
        """Build it from what `as_data` gave."""
        return cls(
            tuple(data["indices"]),
            data["component"],
            timedelta(milliseconds=data["step_ms"]),
            tuple(data["points"]),
            data["nearest"],
            np.array([[np.nan if v is None else v for v in row] for row in data["shapes"]], dtype=np.float64),
            np.array(data["life"], dtype=np.float64),
            np.array(data["machine"], dtype=object),
        )


def _fewest_others(whose: NDArray[np.object_]) -> int:
    """Return how many rows are left of the library at least, when one machine's are taken out."""
    _, counts = np.unique(whose.astype(str), return_counts=True)
    return int(len(whose) - counts.max(initial=0))


def _distances(rows: Values, past: Values, squares: Values) -> Values:
    """Return mean squared differences, (n_rows, n_past) float; `squares` are the sums of those of `past`."""
    found: Values = rows @ past.T
    found *= -2.0
    found += squares
    found += np.square(rows).sum(axis=1)[:, None]
    np.maximum(found, 0.0, out=found)
    found /= rows.shape[1]
    return found


def _said(distance: Values, life: Values, nearest: int) -> Values:
    place = np.argpartition(distance, nearest - 1, axis=1)[:, :nearest]
    near, left = np.take_along_axis(distance, place, axis=1), life[place]
    order = np.lexsort((left, near), axis=1)  # an order of its own: the parts' sums depend on it
    near, left = np.take_along_axis(near, order, axis=1), np.take_along_axis(left, order, axis=1)
    width = np.median(near, axis=1, keepdims=True) + 1e-9
    weight = np.exp(-near / width)
    weight /= weight.sum(axis=1, keepdims=True)
    mean = (weight * left).sum(axis=1)
    spread = np.sqrt((weight * np.square(left - mean[:, None])).sum(axis=1))
    low, high = np.quantile(left, (0.2, 0.8), axis=1)
    return np.stack([mean, spread, low, high, near[:, 0]], axis=1)
