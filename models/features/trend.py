"""Features of a component's life so far: levels, slopes and bends since its last replacement.

Wear of a whole life shows in what windows of hours cannot hold: how far a signal has come from where it began,
how fast, and whether faster than before. No window here reaches over a replacement into the life before. Where
the whole life is seen, the look-back is `WHOLE_LIFE`: a live window has to hold all telemetry since the
component was replaced, or the machine installed.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final, Literal, get_args

import numpy as np

from models.features.fleet_record import FleetRecord
from models.features.weighting import WHOLE_LIFE, Decay, Even, LifeWindow, RowWeights, Slope
from models.features.window import Values

BENDS: Final = tuple(timedelta(hours=h) for h in (10, 20, 40, 80, 160))
"""Time constants that an exponential trend chooses from, at a step of one hour."""

ExponentialPart = Literal["level", "rate", "constant", "misfit"]
_DECAY_SEEN: Final = 8  # time constants; what lies before weighs less than e^-8
_HOUR: Final = timedelta(hours=1)
_FEWEST_FOR_BEND: Final = 3
_FLAT: Final = 1e-12  # of its size: a bend that varies less is a constant


def _hours(width: timedelta) -> str:
    return f"{width / _HOUR:g} h"


@dataclass(frozen=True, slots=True)
class _OfLife:
    """What a signal did in the life of a component."""

    signal: str
    component: str
    unit: ClassVar[str] = ""

    @property
    def source(self) -> str:
        """The signal."""
        return self.signal


@dataclass(frozen=True, slots=True)
class LifeLevel(_OfLife):
    """Mean of a signal over the last `width` of the life; None: over all of it."""

    width: timedelta | None = None
    lag: timedelta = timedelta(0)

    @property
    def window(self) -> LifeWindow:
        """Which samples it sees."""
        return LifeWindow(self.component, self.width, self.lag)

    @property
    def name(self) -> str:
        """Such as `vibration level 40 h in life of bearing`."""
        span = "" if self.width is None else f" {_hours(self.width)}"
        ago = f" {_hours(self.lag)} ago" if self.lag else ""
        return f"{self.signal} level{span}{ago} in life of {self.component}"

    @property
    def lookback(self) -> timedelta:
        """The window and what lies behind it."""
        return self.window.lookback

    def values(self, record: FleetRecord) -> Values:
        """Return the means; NaN without a sample."""
        return record.weighted(self.signal, Even(self.window))


@dataclass(frozen=True, slots=True)
class FirstLevel(_OfLife):
    """Mean of a signal over the first `width` of the life, as far as the row sees it."""

    width: timedelta

    @property
    def name(self) -> str:
        """Such as `vibration first level 15 h in life of bearing`."""
        return f"{self.signal} first level {_hours(self.width)} in life of {self.component}"

    lookback: ClassVar[timedelta] = WHOLE_LIFE

    def values(self, record: FleetRecord) -> Values:
        """Return the means; NaN where nothing of the life's beginning is on record."""
        return record.weighted(self.signal, Even(LifeWindow(self.component, self.width, at_start=True)))


@dataclass(frozen=True, slots=True)
class LifeChange(_OfLife):
    """How far a signal's mean over the last `width` lies above the mean over the `width` that ended `lag` ago.

    With `lag` None it is held against the first `against` of the life.
    """

    width: timedelta
    lag: timedelta | None = None
    against: timedelta = timedelta(hours=15)

    @property
    def name(self) -> str:
        """Such as `vibration change in 40 h in life of bearing`."""
        since = f"in {_hours(self.lag)}" if self.lag is not None else f"since first {_hours(self.against)}"
        return f"{self.signal} change of {_hours(self.width)} {since} in life of {self.component}"

    @property
    def lookback(self) -> timedelta:
        """Both windows; the whole life where it is held against its beginning."""
        return WHOLE_LIFE if self.lag is None else self.width + self.lag

    def values(self, record: FleetRecord) -> Values:
        """Return the differences; NaN where a window is empty."""
        now = record.weighted(self.signal, Even(LifeWindow(self.component, self.width)))
        if self.lag is None:
            then = LifeWindow(self.component, self.against, at_start=True)
        else:
            then = LifeWindow(self.component, self.width, self.lag)
        return now - record.weighted(self.signal, Even(then))


@dataclass(frozen=True, slots=True)
class LifeSlope(_OfLife):
    """Slope of the straight line of least squares over the last `width` of the life; None: over all of it [1/h]."""

    width: timedelta | None = None

    @property
    def name(self) -> str:
        """Such as `vibration slope 40 h in life of bearing`."""
        span = "" if self.width is None else f" {_hours(self.width)}"
        return f"{self.signal} slope{span} in life of {self.component}"

    @property
    def lookback(self) -> timedelta:
        """The window."""
        return LifeWindow(self.component, self.width).lookback

    def values(self, record: FleetRecord) -> Values:
        """Return the slopes; NaN over fewer than two samples."""
        return record.weighted(self.signal, Slope(LifeWindow(self.component, self.width)))


@dataclass(frozen=True, slots=True)
class DecayingLevel(_OfLife):
    """Mean of a signal in which a sample weighs exp(-age / `constant`); samples beyond 8 constants are not seen."""

    constant: timedelta

    @property
    def name(self) -> str:
        """Such as `vibration decaying level 10 h in life of bearing`."""
        return f"{self.signal} decaying level {_hours(self.constant)} in life of {self.component}"

    @property
    def lookback(self) -> timedelta:
        """Eight time constants."""
        return _DECAY_SEEN * self.constant

    def values(self, record: FleetRecord) -> Values:
        """Return the means; NaN without a sample."""
        return record.weighted(self.signal, Decay(LifeWindow(self.component, self.lookback), self.constant))


@dataclass(frozen=True, slots=True)
class ExponentialTrend(_OfLife):
    r"""What an exponential fitted to the whole life says: :math:`h(t) = c + a e^{(t - t_0) / \tau}`.

    By least squares for each time constant of `constants`; the one that fits best counts.

    Parameters
    ----------
    signal, component
        Of what, in whose life.
    part
        `level`, its value at the row; `rate`, its slope there [1/h]; `constant`, tau [h]; `misfit`, the root mean
        square of what it leaves.
    constants
        What tau is chosen from, ascending.
    """

    part: ExponentialPart
    constants: tuple[timedelta, ...] = BENDS
    lookback: ClassVar[timedelta] = WHOLE_LIFE

    def __post_init__(self) -> None:
        """Refuse a part that there is not."""
        if self.part not in get_args(ExponentialPart):
            raise ValueError(f"an exponential trend has no part {self.part!r}: {', '.join(get_args(ExponentialPart))}")

    @property
    def name(self) -> str:
        """Such as `vibration exponential rate in life of bearing`."""
        return f"{self.signal} exponential {self.part} in life of {self.component}"

    def values(self, record: FleetRecord) -> Values:
        """Return the part that was asked for; NaN over fewer than three samples."""
        key = ("exponential", self.signal, self.component, self.constants)
        fits = record.once(key, lambda: _exponential_fits(record, self))
        part: Values = fits[get_args(ExponentialPart).index(self.part)]
        return part


def _exponential_fits(record: FleetRecord, feature: ExponentialTrend) -> Values:
    """Return level, rate, constant and misfit of the best fit of each row, (4, n_rows) float."""
    life = LifeWindow(feature.component)
    even = record.weights(feature.signal, Even(life))
    _, values = record.samples(feature.signal)
    count, mean, square = even.count.astype(np.float64), even.of(values), even.of(np.square(values))
    best, least = np.full((4, len(count)), np.nan), np.full(len(count), np.inf)
    for constant in feature.constants:
        bend = record.weights(feature.signal, Decay(life, constant, summed=True))
        fit = _fitted(count, mean, square, bend, values)
        better = (count >= _FEWEST_FOR_BEND) & (fit.misfit < least)
        least[better] = fit.misfit[better]
        hours = np.full(len(count), constant / _HOUR)
        found = np.stack([fit.offset + fit.bend, fit.bend / hours, hours, fit.misfit])
        best[:, better] = found[:, better]
    return best


@dataclass(frozen=True, slots=True)
class _Fit:
    """offset + bend * exp(-age / constant), and the root mean square of what it leaves."""

    offset: Values
    bend: Values
    misfit: Values


def _fitted(count: Values, mean: Values, square: Values, weights: RowWeights, values: Values) -> _Fit:
    """Solve the normal equations of one time constant."""
    n = np.maximum(count, 1)
    middle, spread = weights.total(1) / n, weights.total(2) / n
    along = weights.of(values) / n
    variance = spread - np.square(middle)
    steady = variance <= _FLAT * spread
    bend = np.where(steady, 0.0, (along - middle * mean) / np.where(steady, 1.0, variance))
    left = square - np.square(mean) - np.square(bend) * variance
    return _Fit(mean - bend * middle, bend, np.sqrt(np.maximum(left, 0.0)))
