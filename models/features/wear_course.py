"""What the course of wear says of the end: wear that grows exponentially, and how it stood when past lives ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Final, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from models.features.fleet_record import FleetRecord
from models.features.weighting import WHOLE_LIFE, Decay, Even, LifeWindow, RowWeights
from models.features.window import Values

CoursePart = Literal["mean", "spread", "p10", "p50", "p90"]
PARTS: Final[tuple[CoursePart, ...]] = get_args(CoursePart)
CEILING: Final = 125.0  # steps: what the mean and the spread take a longer life for
STEPS_LEFT: Final = np.concatenate([np.arange(0.0, 40, 2), np.arange(40.0, 100, 4), np.arange(100.0, 230, 8)])
_HOUR: Final = timedelta(hours=1)
_LEAST_CHANCE: Final = 0.01  # of a time constant, before the constants are scaled to 1
_LEAST_DENSITY: Final = 1e-12
_NARROWEST: Final = 0.05  # of a life: lives are not taken as more alike than that
_ROUNDS: Final = 30
_ROWS_AT_ONCE: Final = 2000
_FEWEST_SAMPLES: Final = 1


@dataclass(frozen=True, slots=True)
class CourseOfWear:
    """One column of what the course of wear says; `ExponentialWear` computes it.

    Parameters
    ----------
    indices
        Whose course.
    part
        Of the life left: `mean` and `spread` up to the ceiling, and three quantiles.
    """

    indices: tuple[str, ...]
    part: CoursePart
    unit: ClassVar[str] = "h"
    source: ClassVar[str] = "course of wear"
    lookback: ClassVar[timedelta] = WHOLE_LIFE

    @property
    def name(self) -> str:
        """Such as `life left by the course of health index 2, mean`."""
        return f"life left by the course of {', '.join(self.indices)}, {self.part}"

    def values(self, record: FleetRecord) -> Values:
        """Refuse: what past lives were like at their ends is not on a record alone.

        Raises
        ------
        ValueError
            Always.
        """
        raise ValueError(f"{self.name!r} rests on past lives: ask ExponentialWear.values")


@dataclass(frozen=True, slots=True)
class ExponentialWear:
    r"""The life left given how health indices went, if they go as :math:`h(t) = c + A e^{(t - T) / \tau}`.

    T is the end of the life: A is how far an index comes by then. Past lives say what c and A are like at each time
    constant (a normal distribution each), how common the constants are, how far samples lie from the course, and how
    long lives are. Beside all that was said in a life so far, by Bayes' rule, this gives a distribution of what is
    left, with c and A integrated out in closed form [1]_. Indices share T and the constant, and are otherwise taken as
    independent.

    Parameters
    ----------
    indices, component
        What is followed, in whose life.
    step
        Counts of `STEPS_LEFT` are of this.
    constants
        What tau may be.
    chance : (n_constants,) float
        How common each is.
    mean : (n_indices, n_constants, 2) float
    covariance : (n_indices, n_constants, 2, 2) float
        Of (c, A).
    noise : (n_indices,) float
        Variance of a sample about its course.
    lives : (n_lives,) float
        Logarithms of the hours that past lives had.

    References
    ----------
    .. [1] N. Z. Gebraeel et al., "Residual-life distributions from component degradation signals: A Bayesian
       approach", IIE Transactions 37 (6), 2005.
    """

    indices: tuple[str, ...]
    component: str
    step: timedelta
    constants: tuple[timedelta, ...]
    chance: Values
    mean: Values
    covariance: Values
    noise: Values
    lives: Values

    @classmethod
    def fit(
        cls,
        record: FleetRecord,
        ends: NDArray[np.intp],
        hours_left: Values,
        indices: Sequence[str],
        component: str,
        step: timedelta,
        constants: tuple[timedelta, ...],
    ) -> Self:
        """Learn from past lives.

        Parameters
        ----------
        record
            With the indices.
        ends
            The last row of each past life that ended in a failure.
        hours_left : (n_ends,) float
            What each had left there.
        """
        age = (record.place - record.life_start(component))[ends] / (_HOUR / timedelta(milliseconds=1))
        lives = np.log(np.maximum(age + hours_left, step / _HOUR))
        sums = [[s.where(ends) for s in own] for own in _sums(record, indices, component, constants)]
        growth = [np.exp(-hours_left / (c / _HOUR)) for c in constants]
        courses = [[_courses(s, g) for s, g in zip(own, growth, strict=True)] for own in sums]
        mean = np.array([[ends.mean(axis=1) for ends, _ in own] for own in courses])
        spread = np.array([[np.atleast_2d(np.cov(e)) for e, _ in own] for own in courses]) + 1e-6 * np.eye(2)
        noise = np.array([max(min(left for _, left in own), 1e-9) for own in courses])
        even = np.full(len(constants), 1.0 / len(constants))
        found = cls(tuple(indices), component, step, constants, even, mean, spread, noise, lives)
        told = np.stack(
            [
                sum(found._likelihood(own[n], i, n, g[:, None])[:, 0] for i, own in enumerate(sums))
                for n, g in enumerate(growth)
            ],
            axis=1,
        )
        return cls(found.indices, component, step, constants, _chances(told), mean, spread, noise, lives)

    @property
    def columns(self) -> tuple[CourseOfWear, ...]:
        """What `values` has in its columns."""
        return tuple(CourseOfWear(self._names(which), part) for which in self._sets() for part in PARTS)

    def values(self, record: FleetRecord) -> Values:
        """Return what the course of wear says of each row, (n_rows, n_columns) float; NaN without enough samples."""
        sums = _sums(record, self.indices, self.component, self.constants)
        age = (record.place - record.life_start(self.component)) / (_HOUR / timedelta(milliseconds=1))
        found = np.full((len(age), len(self.columns)), np.nan)
        for start in range(0, len(age), _ROWS_AT_ONCE):
            rows = np.arange(start, min(start + _ROWS_AT_ONCE, len(age)))
            near = [[s.where(rows) for s in own] for own in sums]
            found[rows] = np.hstack([self._said(near, which, age[rows]) for which in self._sets()])
        return found

    def _sets(self) -> list[tuple[int, ...]]:
        """Return which indices are followed together: the first alone, and all others, which it is a sum of."""
        others = tuple(range(1, len(self.indices)))
        return [(0,), others] if others else [(0,)]

    def _names(self, which: Sequence[int]) -> tuple[str, ...]:
        return tuple(self.indices[i] for i in which)

    def _said(self, sums: "list[list[_Sums]]", which: Sequence[int], age: Values) -> Values:
        left = STEPS_LEFT * (self.step / _HOUR)
        prior = np.log(self._density(age[:, None] + left) * np.gradient(left))
        chance = np.empty((len(self.constants), *prior.shape))
        for n, constant in enumerate(self.constants):
            growth = np.exp(-left / (constant / _HOUR))[None, :]
            told = sum(self._likelihood(sums[i][n], i, n, growth) for i in which)
            chance[n] = told + np.log(self.chance[n]) + prior
        weight = np.exp(chance - chance.max(axis=(0, 2))[None, :, None]).sum(axis=0)
        said = _summary(weight / weight.sum(axis=1, keepdims=True), left, CEILING * (self.step / _HOUR))
        spoken = np.min([sums[i][0].count for i in which], axis=0) >= _FEWEST_SAMPLES
        return np.where(spoken[:, None], said, np.nan)

    def _likelihood(self, sums: "_Sums", index: int, constant: int, growth: Values) -> Values:
        """Return the logarithm of how likely the samples are at each time left, (n_rows, n_left) float."""
        noise, mean = self.noise[index], self.mean[index, constant]
        sure = np.linalg.inv(self.covariance[index, constant])
        toward = sure @ mean
        first, mixed = sure[0, 0] + sums.count[:, None] / noise, sure[0, 1] + growth * sums.bend[:, None] / noise
        second = sure[1, 1] + np.square(growth) * sums.bend_square[:, None] / noise
        level, rise = toward[0] + sums.value[:, None] / noise, toward[1] + growth * sums.along[:, None] / noise
        determinant = first * second - np.square(mixed)
        fit = (second * np.square(level) - 2 * mixed * level * rise + first * np.square(rise)) / determinant
        return np.asarray((fit - sums.square[:, None] / noise - np.log(determinant) + _constant(sure, mean)) / 2)

    def _density(self, hours: Values) -> Values:
        """Return how common lives of this length are, by a kernel over past lives [1/h]."""
        lives = self.lives
        width = max(1.06 * float(lives.std()) * len(lives) ** -0.2, _NARROWEST)
        at = np.linspace(lives.min() - 5 * width, lives.max() + 5 * width, 500)
        kernel = np.exp(-0.5 * np.square((at[:, None] - lives) / width)).mean(axis=1) / width
        hours = np.maximum(hours, 1e-6)
        return np.asarray((np.interp(np.log(hours), at, kernel, left=0.0, right=0.0) + _LEAST_DENSITY) / hours)

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data for JSON."""
        arrays = ("chance", "mean", "covariance", "noise", "lives")
        return {
            "indices": list(self.indices),
            "component": self.component,
            "step_ms": self.step // timedelta(milliseconds=1),
            "constants_ms": [c // timedelta(milliseconds=1) for c in self.constants],
            **{name: getattr(self, name).tolist() for name in arrays},
        }

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Self:
        """Build it from what `as_data` gave."""
        constants = tuple(timedelta(milliseconds=ms) for ms in data["constants_ms"])
        arrays = [np.array(data[name], dtype=np.float64) for name in ("chance", "mean", "covariance", "noise", "lives")]
        step = timedelta(milliseconds=data["step_ms"])
        return cls(tuple(data["indices"]), data["component"], step, constants, *arrays)


@dataclass(frozen=True, slots=True)
class _Sums:
    """Sums over the samples of each row's life, where e is exp(-age / tau): of 1, h, h^2, e, e^2 and h e."""

    count: Values
    value: Values
    square: Values
    bend: Values
    bend_square: Values
    along: Values

    @classmethod
    def of(cls, values: Values, even: RowWeights, bend: RowWeights) -> "_Sums":
        count = even.count.astype(np.float64)
        value, square, along = (np.nan_to_num(x) for x in (even.of(values), even.of(values**2), bend.of(values)))
        return cls(count, count * value, count * square, bend.total(1), bend.total(2), along)

    def where(self, rows: NDArray[np.intp]) -> "_Sums":
        """Return those of some rows."""
        return _Sums(*(getattr(self, name)[rows] for name in self.__slots__))


def _sums(
    record: FleetRecord, indices: Sequence[str], component: str, constants: Sequence[timedelta]
) -> list[list[_Sums]]:
    """Return the sums of each index and constant; the weights of one constant are held at a time."""
    life = LifeWindow(component)
    found: list[list[_Sums]] = [[] for _ in indices]
    for constant in constants:
        bends: dict[int, RowWeights] = {}
        for own, index in zip(found, indices, strict=True):
            places, values = record.samples(index)
            if id(places) not in bends:
                bends[id(places)] = Decay(life, constant, summed=True).weights(record, places)
            own.append(_Sums.of(values, record.weights(index, Even(life)), bends[id(places)]))
    return found


def _courses(sums: _Sums, growth: Values) -> tuple[Values, float]:
    """Return c and A of each life by least squares, (2, n_lives), and the variance that they leave."""
    n = np.maximum(sums.count, 1.0)
    bend, bend_square, along = growth * sums.bend, np.square(growth) * sums.bend_square, growth * sums.along
    variance = np.maximum(bend_square - bend * bend / n, 1e-12)
    rise = (along - bend * sums.value / n) / variance
    level = (sums.value - rise * bend) / n
    left = sums.square - level * sums.value - rise * along
    return np.stack([level, rise]), float(np.maximum(left, 0.0).sum() / np.maximum(n - 2, 1.0).sum())


def _constant(sure: Values, mean: Values) -> float:
    return float(np.log(np.linalg.det(sure)) - mean @ sure @ mean)


def _chances(told: Values) -> Values:
    """Return how common each time constant is, by expectation and maximisation over past lives."""
    chance = np.full(told.shape[1], 1.0 / told.shape[1])
    for _ in range(_ROUNDS):
        share = told + np.log(np.maximum(chance, _LEAST_DENSITY))
        share = np.exp(share - share.max(axis=1, keepdims=True))
        chance = (share / share.sum(axis=1, keepdims=True)).mean(axis=0)
    return np.asarray((chance + _LEAST_CHANCE) / (1 + _LEAST_CHANCE * len(chance)))


def _summary(chance: Values, left: Values, ceiling: float) -> Values:
    """Return mean, spread and three quantiles of what is left, (n_rows, 5) float; each row by itself."""
    near = np.minimum(left, ceiling)
    mean = (chance * near).sum(axis=1)
    spread = np.sqrt(np.maximum((chance * np.square(near)).sum(axis=1) - np.square(mean), 0.0))
    reached = np.cumsum(chance, axis=1)
    quantiles = [left[np.argmax(reached >= level, axis=1)] for level in (0.1, 0.5, 0.9)]
    return np.stack([mean, spread, *quantiles], axis=1)
