"""The probability of failing within any time, read off forecasts at some horizons."""

import math
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from foreworn.health.forecast import Forecast

_LARGEST = 1 - 1e-9


@dataclass(frozen=True, slots=True)
class FailureCurve:
    """A cumulative failure probability over time from the data's time on, never falling.

    Between the given horizons the hazard is constant; after the last one it stays as it was there.

    Parameters
    ----------
    points
        (horizon, probability), by horizon; horizons above 0.

    Examples
    --------
    >>> week = FailureCurve(((timedelta(days=7), 0.5),))
    >>> round(week.probability(timedelta(days=14)), 3)
    0.75
    """

    points: tuple[tuple[timedelta, float], ...]

    def __post_init__(self) -> None:
        """Refuse what is no curve.

        Raises
        ------
        ValueError
            If there is no point, horizons do not grow, or a probability falls or is none.
        """
        if not self.points:
            raise ValueError("a failure curve needs at least one forecast")
        before, reached = timedelta(0), 0.0
        for horizon, probability in self.points:
            if horizon <= before or not reached <= probability <= 1:
                raise ValueError(f"{self.points} is no failure curve: horizons grow and probabilities do not fall")
            before, reached = horizon, probability

    @classmethod
    def of(cls, forecasts: Iterable[Forecast]) -> "FailureCurve":
        """Return the curve through one component's forecasts of one data time, and what they say of other horizons.

        Where it falls, it is lifted. A forecast's own probability counts before what a curve says of its horizon.
        """
        said: dict[timedelta, float] = {}
        for forecast in (known := list(forecasts)):
            said |= dict(forecast.curve)
        said |= {forecast.horizon: forecast.probability for forecast in known}
        points: list[tuple[timedelta, float]] = []
        reached = 0.0
        for horizon, probability in sorted(said.items()):
            reached = max(reached, probability)
            points.append((horizon, reached))
        return cls(tuple(points))

    @property
    def horizon(self) -> timedelta:
        """The longest time that was forecast; beyond it the hazard is assumed to stay."""
        return self.points[-1][0]

    def probability(self, within: timedelta) -> float:
        """Return the probability of failing within this time."""
        return -math.expm1(-self.cumulative_hazard(within))

    def between(self, start: timedelta, end: timedelta) -> float:
        """Return the probability of failing in (start, end] for one that has come to `start`."""
        return -math.expm1(self.cumulative_hazard(start) - self.cumulative_hazard(end))

    def cumulative_hazard(self, within: timedelta) -> float:
        """Return the cumulative hazard, -log of survival."""
        if within <= timedelta(0):
            return 0.0
        times = [timedelta(0), *(h for h, _ in self.points)]
        hazards = [0.0, *(-math.log1p(-min(p, _LARGEST)) for _, p in self.points)]
        right = min(bisect_left(times, within), len(times) - 1)
        share = (within - times[right - 1]) / (times[right] - times[right - 1])
        return hazards[right - 1] + share * (hazards[right] - hazards[right - 1])
