"""Intervals of figures from resampling machines: the rows of one machine stand and fall together.

Where every fleet that can be drawn has the same figure, drawing shows nothing of what did not happen: whoever caught
all failures of ten machines catches all in every fleet, and has still seen ten only. Then a share has Wilson's interval
of as many trials as machines have cases, and what is no share has none. Few false alarms are drawn from too narrowly as
well: below `FEW_ALARMS` the interval reaches to the wider end of that and the exact one of Poisson's. `RULE` says so in
a protocol.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from foreworn.health.scorecard import wilson
from models.evaluation.alarms import EpisodeEnd
from models.evaluation.judgement import NOTICE, Judgement
from models.evaluation.logistic import fit_logistic, logit
from models.evaluation.probability import RELIABILITY_EDGES, reliability_places
from models.evaluation.scored_rows import ScoredRows
from models.features.row_index import span_ms

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]

SAMPLES: Final = 1000
SEED: Final = 20150101
RULE: Final = (
    "95 % intervals from drawing machines anew; where that changes nothing, because all or none were caught, Wilson's "
    "of as many trials as machines had failures; with fewer than 10 false alarms, their exact Poisson interval where "
    "that is wider"
)
FEW_ALARMS: Final = 10
_TAILS: Final = (0.025, 0.975)
_SLOW_SAMPLES = 250  # each is a regression, or a pass over all rows, of its own
_LOGIT_STEP = 0.02  # rows are pooled this finely for the slope's interval; a point estimate pools nothing


@dataclass(frozen=True, slots=True)
class Interval:
    """Of a figure, 95 %; NaN where there is none."""

    low: float
    high: float

    @property
    def varies(self) -> bool:
        """Whether the fleets differ in the figure; where they do not, or lack it, they tell nothing of chance."""
        return self.low < self.high


_UNKNOWN: Final = Interval(float("nan"), float("nan"))


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
        return _varying(_middle(np.mean(scores, axis=0)))

    def macro_average_precision(self) -> Interval:
        """Return the interval of the components' mean average precision, from a quarter of the fleets."""
        return _varying(_middle(np.mean([self._average_precision(c) for c, _ in self._components()], axis=0)))

    def recall(self, notice: timedelta = NOTICE) -> Interval:
        """Return the interval of the share of failures caught."""
        notices = self._judgement.notices
        return self.share([n.machine for n in notices], [n.caught(notice) for n in notices])

    def share(self, machines: Sequence[str], true: Sequence[bool]) -> Interval:
        """Return the interval of the share of cases that something is true of; each case is a machine's.

        Where the fleets do not differ, Wilson's of as many trials as machines have cases; NaN without a case.
        """
        if not len(true):
            return _UNKNOWN
        some = self._counts([machine for machine, yes in zip(machines, true, strict=True) if yes])
        drawn = _middle(_ratio(self._fleets @ some, self._fleets @ self._counts(machines)))
        trials = len(set(machines))
        return drawn if drawn.varies else Interval(*wilson(round(sum(true) / len(true) * trials), trials))

    def false_alarms_per_machine_month(self) -> Interval:
        """Return the interval of false alarms per machine and 30 days; a machine brings the months it was watched.

        With fewer than `FEW_ALARMS`, and where the fleets do not differ, it holds the exact interval of Poisson's
        distribution [1]_ as well: none in so many months still allows for a rate of 3.7 in as many.

        References
        ----------
        .. [1] F. Garwood, Fiducial limits for the Poisson distribution, Biometrika 28, 1936.
        """
        episodes, watched = self._judgement.episodes, self._judgement.months_by_machine
        false = self._counts([e.machine for e in episodes if e.end is EpisodeEnd.FALSE_ALARM])
        months = np.array([watched.get(machine, 0.0) for machine in self._place])
        drawn = _middle(_ratio(self._fleets @ false, self._fleets @ months))
        if drawn.varies and false.sum() >= FEW_ALARMS:
            return drawn
        exact = _poisson(int(false.sum()), float(months.sum()))
        return _wider(drawn, exact) if drawn.varies else exact

    def reliability(self, horizon: timedelta) -> list[Interval]:
        """Return the interval of the share that failed for each range of `RELIABILITY_EDGES`; NaN without a forecast.

        Where the fleets do not differ, Wilson's of the cases: forecasts of one component within one horizon look at the
        same time, so together they are one case.
        """
        rows, span = self._judgement.scored, span_ms(horizon)
        place, machine = reliability_places(rows.probability), self._places(rows)
        _, component = np.unique(rows.component.astype(str), return_inverse=True)
        case = np.stack([machine, component, rows.time // span], axis=1)
        return [
            self._range(machine[own], rows.failed[own], case[own])
            for own in (place == i for i in range(len(RELIABILITY_EDGES) - 1))
        ]

    def _range(self, machine: NDArray[np.int64], failed: Flags, case: NDArray[np.int64]) -> Interval:
        if not len(failed):
            return _UNKNOWN
        all_rows, some = (
            np.bincount(m, minlength=len(self._place)).astype(np.float64) for m in (machine, machine[failed])
        )
        drawn = _middle(_ratio(self._fleets @ some, self._fleets @ all_rows))
        cases = len(np.unique(case, axis=0))
        return drawn if drawn.varies else Interval(*wilson(round(float(failed.mean()) * cases), cases))

    def brier_skill(self, base: Values) -> Interval:
        """Return the interval of the Brier skill against a base rate for each scored row."""
        rows = self._judgement.scored
        error = self._fleets @ self._sums(rows, np.square(rows.probability - rows.failed))
        reference = self._fleets @ self._sums(rows, np.square(base - rows.failed))
        return _varying(_middle(1 - _ratio(error, reference)))

    def calibration_line(self) -> tuple[Interval, Interval]:
        """Return the intervals of calibration slope and intercept.

        From a quarter of the fleets, and log-odds rounded to 0.02. Where forecasts separate the outcomes without error
        there is no line, and none in any fleet drawn from them.
        """
        rows = self._judgement.scored
        if np.isnan(self._judgement.calibration_slope):
            return _UNKNOWN, _UNKNOWN
        odds, pool = np.unique(np.round(logit(rows.probability) / _LOGIT_STEP), return_inverse=True)
        shape = (len(self._place), len(odds))
        cell = self._places(rows) * len(odds) + pool
        count = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)
        failed = np.bincount(cell, weights=rows.failed, minlength=shape[0] * shape[1]).reshape(shape)
        lines = [_line(odds * _LOGIT_STEP, fleet @ failed, fleet @ count) for fleet in self._fleets[:_SLOW_SAMPLES]]
        slopes, intercepts = np.array(lines).T
        return _varying(_middle(slopes)), _varying(_middle(intercepts))

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
        return _UNKNOWN
    low, high = np.quantile(known, _TAILS)
    return Interval(float(low), float(high))


def _varying(drawn: Interval) -> Interval:
    return drawn if drawn.varies else _UNKNOWN


def _wider(one: Interval, other: Interval) -> Interval:
    return Interval(min(one.low, other.low), max(one.high, other.high))


def _poisson(count: int, months: float) -> Interval:
    """Return the exact 95 % interval of a rate; NaN without time."""
    if not months:
        return _UNKNOWN
    low = chi2.ppf(_TAILS[0], 2 * count) / 2 if count else 0.0
    return Interval(float(low / months), float(chi2.ppf(_TAILS[1], 2 * count + 2) / 2 / months))
