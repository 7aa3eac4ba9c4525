"""Signals as they stand to their operating regime: by how many standard deviations above what is usual in it.

A temperature at full throttle says nothing beside one at idle. The settings that a machine is run by are cut into
levels, their combinations that training saw are the regimes, and each signal is held against its mean and spread
there. All of it is a function of one sample and of what training knew, so it is the same live and in a batch.

The rule of the levels: a setting's values, sorted, fall apart where a gap is wider than 10 % of their range (ten values
evenly spread are no levels); a level
of fewer than 1 % of the samples goes to its neighbour across the narrower gap. A setting that changes without gaps
is one level. A sample whose settings lie outside of every regime has no residuals: it is unknown, never guessed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from foreworn.errors import TooLittleHistory
from models.features.fleet_record import FleetRecord
from models.features.window import Values

GAP: Final = 0.1
MARGIN: Final = 0.05
FEWEST_SHARE: Final = 0.01
FEWEST_SAMPLES: Final = 30
UNSEEN: Final = -1
_STANDS: Final = 1e-9  # of a signal's size: below it a spread is rounding
_CLOSE: Final = 1e-6  # of a setting's size, where training saw it at one value only


@dataclass(frozen=True, slots=True)
class OperatingRegimes:
    """Boxes in the space of the settings.

    Parameters
    ----------
    settings
        The signals that say how a machine is run; none: there is one regime.
    low, high : (n_regimes, n_settings) float
        What training saw in each, with a margin: 5 % of the setting's range, or, where the setting is at one
        level, all of its range.
    """

    settings: tuple[str, ...]
    low: Values
    high: Values

    def __len__(self) -> int:
        return len(self.low)

    @classmethod
    def fit(cls, settings: Sequence[str], values: Values) -> "OperatingRegimes":
        """Find the regimes.

        Parameters
        ----------
        settings
            Names of the columns.
        values : (n_samples, n_settings) float
            Samples with a NaN are left aside.

        Raises
        ------
        TooLittleHistory
            If no combination of levels has 30 samples.
        """
        names = tuple(settings)
        if not names:
            return cls((), np.zeros((1, 0)), np.zeros((1, 0)))
        whole = values[~np.isnan(values).any(axis=1)]
        if not len(whole):
            raise TooLittleHistory(f"no sample has all of the operating settings {', '.join(names)}")
        levels = np.stack([_levels(column) for column in whole.T], axis=1)
        span = np.ptp(whole, axis=0)
        margin = np.where(levels.max(axis=0) > 0, MARGIN, 1.0) * span
        margin = np.maximum(margin, _CLOSE * np.abs(whole).max(axis=0))
        combined, place, count = np.unique(levels, axis=0, return_inverse=True, return_counts=True)
        boxes = [whole[place.ravel() == i] for i in range(len(combined)) if count[i] >= FEWEST_SAMPLES]
        if not boxes:
            raise TooLittleHistory(
                f"no operating regime of {', '.join(names)} has {FEWEST_SAMPLES} samples; name fewer settings"
            )
        low, high = (np.stack([end(box, axis=0) for box in boxes]) for end in (np.min, np.max))
        return cls(names, low - margin, high + margin)

    def of(self, values: Values) -> NDArray[np.intp]:
        """Return the regime of each sample, (n_samples,) int; `UNSEEN` outside of all of them."""
        beyond = np.logical_or(values[:, None] < self.low, values[:, None] > self.high)
        outside = np.any(beyond | np.isnan(values)[:, None], axis=2)
        return np.where(np.all(outside, axis=1), UNSEEN, np.argmin(outside, axis=1))

    def as_data(self) -> dict[str, Any]:
        """Return them as plain data for JSON."""
        return {"settings": list(self.settings), "low": self.low.tolist(), "high": self.high.tolist()}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> "OperatingRegimes":
        """Build them from what `as_data` gave."""
        shape = (-1, len(data["settings"])) if data["settings"] else (1, 0)
        low, high = (np.array(data[end], dtype=np.float64).reshape(shape) for end in ("low", "high"))
        return cls(tuple(data["settings"]), low, high)


def residual_of(signal: str) -> str:
    """Return what the residual of a signal is called."""
    return f"{signal} residual"


@dataclass(frozen=True, slots=True)
class RegimeResiduals:
    """What is usual in each regime, and how signals hang together.

    A signal that a sample lacks is told from the others by their covariance, where at least half of them are
    there: one dead sensor takes away what it alone knew, and no more.

    Parameters
    ----------
    regimes
        The regimes.
    signals
        Those that vary in every regime; what stands still somewhere is left out.
    mean, spread : (n_regimes, n_signals) float
        Of the training samples, in the signals' units.
    covariance : (n_signals, n_signals) float
        Of the residuals, smoothed as training found them. [unitless]
    """

    regimes: OperatingRegimes
    signals: tuple[str, ...]
    mean: Values
    spread: Values
    covariance: Values

    @property
    def names(self) -> tuple[str, ...]:
        """What the residuals are called."""
        return tuple(residual_of(signal) for signal in self.signals)

    @classmethod
    def fit(
        cls, regimes: OperatingRegimes, signals: Sequence[str], settings: Values, values: Values
    ) -> "RegimeResiduals":
        """Learn from samples; the covariance is theirs, unsmoothed, until `with_covariance` gives another.

        Parameters
        ----------
        regimes, signals
            The regimes, and the names of the columns of `values`.
        settings : (n_samples, n_settings) float
        values : (n_samples, n_signals) float

        Raises
        ------
        TooLittleHistory
            If no signal varies in every regime.
        """
        code = regimes.of(settings)
        stats = [_mean_and_spread(values[code == regime]) for regime in range(len(regimes))]
        mean, spread = (np.stack([s[i] for s in stats]) for i in (0, 1))
        varying = spread > _STANDS * np.maximum(np.abs(mean), 1e-300)  # NaN compares false
        varies: NDArray[np.bool_] = np.logical_and.reduce(varying, axis=0)
        if not varies.any():
            raise TooLittleHistory("no signal varies in every operating regime: there is nothing to learn wear from")
        names = tuple(name for name, kept in zip(signals, varies.tolist(), strict=True) if kept)
        found = cls(regimes, names, mean[:, varies], spread[:, varies], np.eye(int(varies.sum())))
        return found.with_covariance(found.residuals(settings, values[:, varies]))

    def with_covariance(self, residuals: Values) -> "RegimeResiduals":
        """Return it with the covariance of these residuals, rows with a NaN left aside."""
        whole = residuals[~np.isnan(residuals).any(axis=1)]
        covariance = np.atleast_2d(np.cov(whole, rowvar=False)) if len(whole) > 1 else np.eye(len(self.signals))
        return RegimeResiduals(self.regimes, self.signals, self.mean, self.spread, covariance)

    def residuals(self, settings: Values, values: Values) -> Values:
        """Return the residual of each sample and signal, NaN where settings are unseen or a value is missing."""
        code = self.regimes.of(settings)
        found = (values - self.mean[code]) / self.spread[code]
        found[code == UNSEEN] = np.nan
        return found

    def regime_of_samples(self, record: FleetRecord) -> NDArray[np.intp]:
        """Return the regime of every row of telemetry, (n_samples,) int; `UNSEEN` outside of all of them."""
        return self.regimes.of(record.aligned(self.regimes.settings))

    def on(self, record: FleetRecord) -> FleetRecord:
        """Return the record with the residuals as signals."""
        settings = record.aligned(self.regimes.settings)
        filled = self._filled(self.residuals(settings, record.aligned(self.signals)))
        return record.with_signals(dict(zip(self.names, filled.T, strict=True)))

    def _filled(self, residuals: Values) -> Values:
        missing = np.isnan(residuals)
        some = missing.any(axis=1) & (missing.mean(axis=1) <= 0.5)
        for pattern in np.unique(missing[some], axis=0):
            rows = np.flatnonzero(some & (missing == pattern).all(axis=1))
            known = ~pattern
            among = self.covariance[np.ix_(known, known)] + _RIDGE * np.eye(int(known.sum()))
            weights: Values = np.linalg.solve(among, self.covariance[np.ix_(known, pattern)]).astype(np.float64)
            residuals[np.ix_(rows, np.flatnonzero(pattern))] = _row_by_row(residuals[rows][:, known], weights)
        return residuals

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data for JSON."""
        arrays = {"mean": self.mean, "spread": self.spread, "covariance": self.covariance}
        return {
            "regimes": self.regimes.as_data(),
            "signals": list(self.signals),
            **{name: array.tolist() for name, array in arrays.items()},
        }

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> "RegimeResiduals":
        """Build it from what `as_data` gave."""
        arrays = [np.array(data[name], dtype=np.float64) for name in ("mean", "spread", "covariance")]
        return cls(OperatingRegimes.from_data(data["regimes"]), tuple(data["signals"]), *arrays)


_RIDGE: Final = 0.05  # keeps the others' noise out of what they tell of a dead signal


def _row_by_row(rows: Values, weights: Values) -> Values:
    """Return rows @ weights, summed so that a row's bits do not depend on the rows beside it."""
    return np.stack([(rows * column).sum(axis=1) for column in weights.T], axis=1)


def _mean_and_spread(values: Values) -> tuple[Values, Values]:
    known = ~np.isnan(values)
    count = known.sum(axis=0)
    mean = np.where(known, values, 0.0).sum(axis=0) / np.where(count > 0, count, np.nan)
    squares = np.where(known, np.square(values - mean), 0.0).sum(axis=0)
    return mean, np.sqrt(squares / np.where(count > 1, count - 1, np.nan))


def _levels(column: Values) -> NDArray[np.intp]:
    """Return the level of each value, counted from the lowest."""
    values, place, count = np.unique(column, return_inverse=True, return_counts=True)
    gaps = np.diff(values)
    cuts = (np.flatnonzero(gaps > GAP * np.ptp(values)) + 1).tolist() if len(values) > 1 else []
    while cuts:
        sizes = np.add.reduceat(count, [0, *cuts])
        smallest = int(np.argmin(sizes))
        if sizes[smallest] >= FEWEST_SHARE * len(column):
            break
        beside = [cut for cut in (smallest - 1, smallest) if 0 <= cut < len(cuts)]
        cuts.pop(min(beside, key=lambda cut: float(gaps[cuts[cut] - 1])))
    level = np.searchsorted(np.array(cuts, dtype=np.intp), np.arange(len(values)), side="right")
    return np.asarray(level[place.ravel()], dtype=np.intp)
