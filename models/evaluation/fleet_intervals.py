"""Intervals of figures from resampling machines: the rows of one machine stand and fall together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.evaluation.alarms import EpisodeEnd
from models.evaluation.judgement import NOTICE, Judgement
from models.evaluation.logistic import fit_logistic, logit
from models.evaluation.scored_rows import ScoredRows

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]

SAMPLES: Final = 1000
SEED: Final = 20150101
_SLOW_SAMPLES = 250  # each is a regression, or a pass over all rows, of its own
_LOGIT_STEP = 0.02  # rows are pooled this finely for the slope's interval; a point estimate pools nothing


@dataclass(frozen=True, slots=True)
class Interval:
    """The middle 95 % of a figure over resampled fleets; NaN where too few of them had the figure."""

    low: float
    high: float


class FleetIntervals:
    """Intervals of one judgement's figures.

    Fleets of as many machines are drawn from the judged machines with replacement, always the same
    ones, and each figure is computed again for each of them.

    Parameters
    ----------
    judgement
        What was judged.
    machines
        The judged machines, those without failures or alarms included.
    samples
        How many fleets.
    """

    def __init__(self, judgement: Judgement, machines: list[str], *, samples: int = SAMPLES) -> None:
        self._judgement = judgement
        self._place = {name: place for place, name in enumerate(sorted(machines))}
        even = np.full(len(machines), 1 / len(machines))
        draws = np.random.default_rng(SEED).multinomial(len(machines), even, size=samples)
        self._fleets = draws.astype(np.float64)

    def macro_f1(self, alarm: Flags) -> Interval:
        """Return the interval of the components' mean F1; `alarm` says of each scored row whether it is one."""
        scores = []
        for component, own in self._components():
            rows, rings = self._judgement.scored.of(component), alarm[own]
            right = self._fleets @ self._sums(rows, rings & rows.failed)
            both = self._fleets @ (self._sums(rows, rings) + self._sums(rows, rows.failed))
            scores.append(_ratio(2 * right, both))
        return _middle(np.mean(scores, axis=0))

    def macro_average_precision(self) -> Interval:
        """Return the interval of the components' mean average precision, from a quarter of the fleets."""
        return _middle(np.mean([self._average_precision(c) for c, _ in self._components()], axis=0))

    def recall(self, notice: timedelta = NOTICE) -> Interval:
        """Return the interval of the share of failures caught."""
        notices = self._judgement.notices
        return self.share([n.machine for n in notices], [n.caught(notice) for n in notices])

    def share(self, machines: Sequence[str], true: Sequence[bool]) -> Interval:
        """Return the interval of the share of cases that something is true of; each case is a machine's."""
        some = self._counts([machine for machine, yes in zip(machines, true, strict=True) if yes])
        return _middle(_ratio(self._fleets @ some, self._fleets @ self._counts(machines)))

    def false_alarms_per_machine_month(self) -> Interval:
        """Return the interval of false alarms per machine and 30 days; a machine brings the months it was watched."""
        episodes, watched = self._judgement.episodes, self._judgement.months_by_machine
        false = self._counts([e.machine for e in episodes if e.end is EpisodeEnd.FALSE_ALARM])
        months = np.array([watched.get(machine, 0.0) for machine in self._place])
        return _middle(_ratio(self._fleets @ false, self._fleets @ months))

    def brier_skill(self, base: Values) -> Interval:
        """Return the interval of the Brier skill against a base rate for each scored row."""
        rows = self._judgement.scored
        error = self._fleets @ self._sums(rows, np.square(rows.probability - rows.failed))
        return _middle(1 - _ratio(error, self._fleets @ self._sums(rows, np.square(base - rows.failed))))

    def calibration_line(self) -> tuple[Interval, Interval]:
        """Return the intervals of calibration slope and intercept.

        From a quarter of the fleets, and log-odds rounded to 0.02. Where forecasts separate the outcomes without error
        there is no line, and none in any fleet drawn from them.
        """
        rows = self._judgement.scored
        if np.isnan(self._judgement.calibration_slope):
            return Interval(float("nan"), float("nan")), Interval(float("nan"), float("nan"))
        odds, pool = np.unique(np.round(logit(rows.probability) / _LOGIT_STEP), return_inverse=True)
        shape = (len(self._place), len(odds))
        cell = self._places(rows) * len(odds) + pool
        count = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)
        failed = np.bincount(cell, weights=rows.failed, minlength=shape[0] * shape[1]).reshape(shape)
        lines = [_line(odds * _LOGIT_STEP, fleet @ failed, fleet @ count) for fleet in self._fleets[:_SLOW_SAMPLES]]
        slopes, intercepts = np.array(lines).T
        return _middle(slopes), _middle(intercepts)

    def _components(self) -> list[tuple[str, Flags]]:
        component = self._judgement.scored.component
        return [(name, component == name) for name in sorted(set(component.tolist()))]

    def _average_precision(self, component: str) -> Values:
        """Return the average precision of each fleet; a machine drawn twice has its rows twice."""
        rows = self._judgement.scored.of(component)
        order = np.argsort(-rows.probability, kind="stable")
        falling, failed, place = rows.probability[order], rows.failed[order], self._places(rows)[order]
        ends = np.flatnonzero(np.append(np.diff(falling) != 0, True)[: len(falling)])
        found = np.full(min(_SLOW_SAMPLES, len(self._fleets)), np.nan)
        for i, fleet in enumerate(self._fleets[: len(found)]):
            weight = fleet[place]
            hits, said = np.cumsum(weight * failed)[ends], np.cumsum(weight)[ends]
            if len(ends) and hits[-1]:
                precision = _ratio(hits, said)
                found[i] = np.nansum(np.diff(hits, prepend=0) * precision) / hits[-1]
        return found

    def _places(self, rows: ScoredRows) -> NDArray[np.int64]:
        return np.array([self._place[m] for m in rows.machine.tolist()], dtype=np.int64)

    def _sums(self, rows: ScoredRows, values: NDArray[np.float64] | NDArray[np.bool_]) -> Values:
        sums = np.bincount(self._places(rows), weights=values, minlength=len(self._place))
        return sums.astype(np.float64)

    def _counts(self, machines: Sequence[str]) -> Values:
        places = np.array([self._place[m] for m in machines], dtype=np.int64)
        return np.bincount(places, minlength=len(self._place)).astype(np.float64)


def _ratio(above: Values, below: Values) -> Values:
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0)


def _line(odds: Values, failed: Values, count: Values) -> tuple[float, float]:
    drawn = count > 0
    if not 0 < failed.sum() < count.sum():
        return float("nan"), float("nan")
    found = fit_logistic([odds[drawn]], failed[drawn] / count[drawn], count[drawn])
    return (float("nan"), float("nan")) if found is None else (float(found[0]), float(found[1]))


def _middle(values: Values) -> Interval:
    known = values[~np.isnan(values)]
    if len(known) < len(values) / 2:
        return Interval(float("nan"), float("nan"))
    low, high = np.quantile(known, (0.025, 0.975))
    return Interval(float(low), float(high))
