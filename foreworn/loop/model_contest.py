"""Champion against challenger: two models judged on the same stretch of time, which neither has seen."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from foreworn.errors import TooLittleHistory
from foreworn.fleet.history import FleetHistory
from foreworn.telemetry.sample import MILLISECOND, to_epoch_ms
from models.evaluation.alarms import EpisodeEnd, alarm_episodes, failure_notices
from models.evaluation.outcomes import FAILED, SURVIVED, Downtime, Record
from models.failure import GradientBoostedFailureModel
from models.failure.training_rows import runs, scorable_rows
from models.features import RowIndex
from models.features.row_index import span_ms

Values = NDArray[np.float64]
Recipe = Callable[[datetime], GradientBoostedFailureModel]
"""Trains as the challenger was trained, but only on what is stamped before the time given."""

FEWEST_FAILURES: Final = 5
"""With fewer in the stretch, chance decides who wins."""

FEWEST_MACHINES: Final = 5
"""With fewer, drawing machines anew does not tell how far a difference is luck."""

_SAMPLES: Final = 2000
_SEED: Final = 20150101


class NoContest(Exception):
    """The two cannot be compared; the message says why."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """What one model's forecasts of the stretch were worth.

    Parameters
    ----------
    caught
        Failures that an alarm foretold with the notice asked for.
    false_alarms
        Episodes of alarms that nothing followed.
    brier
        Mean squared error over the rows and components that both forecast from signs.
    """

    caught: int
    false_alarms: int
    brier: float


@dataclass(frozen=True, slots=True)
class Contest:
    """How a challenger's recipe did against the champion.

    Parameters
    ----------
    start, end
        The stretch: both were trained on what was stamped before `start`.
    notice
        How early an alarm has to come.
    failures
        Failures in the stretch that could have been foretold with that notice.
    champion, challenger
        What each was worth.
    machines
        Machines with forecasts that were compared.
    lost_low, lost_high
        The middle 95 % of the Brier skill that the challenger lacks of the champion's, over fleets of resampled
        machines; the skill is measured against always saying the share of the stretch's rows that failed.
    """

    start: datetime
    end: datetime
    notice: timedelta
    failures: int
    champion: Contestant
    challenger: Contestant
    machines: int
    lost_low: float
    lost_high: float


def hold_contest(
    champion: GradientBoostedFailureModel,
    recipe: Recipe,
    history: FleetHistory,
    *,
    until: datetime,
    horizon: timedelta,
) -> Contest:
    """Judge the champion, and what the recipe makes of the champion's own training time, on what came since.

    The challenger itself has learned from that stretch, so it cannot be judged on it. Its recipe can: features,
    settings and release as they are now, trained up to where the champion was.

    Parameters
    ----------
    champion
        The model in use.
    recipe
        How the challenger was trained.
    history
        What is stamped at or after `until` is not looked at.
    until
        Where the stretch ends; it begins where the champion's training ended.
    horizon
        The challenger's.

    Raises
    ------
    NoContest
        If the two cannot be compared, or there is too little to compare them on.
    """
    start = champion.provenance.trained_until
    _check_comparable(champion, horizon, start, until)
    past = history.until(until)
    _check_failures(past, start)
    try:
        challenger = recipe(start)
    except TooLittleHistory as little:
        raise NoContest(f"its recipe learns nothing from before {_day(start)}: {little}") from little
    if challenger.version == champion.version:
        raise NoContest("its recipe makes the very model in use of that one's history: only newer history is new")
    if not challenger.components:
        raise NoContest(f"its recipe learns no signs from before {_day(start)}")
    return _Stretch(past, start, until, challenger, champion).contest()


def _check_comparable(
    champion: GradientBoostedFailureModel, horizon: timedelta, start: datetime, until: datetime
) -> None:
    if not champion.components:
        raise NoContest("the one in use forecasts by age alone")
    if champion.horizon != horizon:
        hours = timedelta(hours=1)
        raise NoContest(f"the one in use looks {champion.horizon / hours:g} h ahead, this one {horizon / hours:g} h")
    if start >= until:
        raise NoContest(f"nothing was recorded since the one in use was trained, {_day(start)}")


def _check_failures(past: FleetHistory, start: datetime) -> None:
    since = past.failures.filter(pc.greater_equal(past.failures["time"], start))
    if (failures := len(since)) < FEWEST_FAILURES:
        raise NoContest(_too_few(failures, start))


def _too_few(failures: int, start: datetime) -> str:
    told = f"{failures} failure{'s' * (failures != 1)}"
    return f"{told} since the one in use was trained, {_day(start)}; {FEWEST_FAILURES} are needed"


@dataclass(frozen=True, slots=True)
class _Said:
    """A model's forecasts of the stretch: what it knows and at which probability it alarms."""

    probability: dict[str, Values]
    threshold: float


class _Stretch:
    """The rows that both models are judged on.

    Rows of machine models that either does not know are left out: those are forecast by age, whoever is in use. So are
    rows of a component that has failed and does not run again yet, as in training and in a backtest.
    """

    def __init__(
        self,
        past: FleetHistory,
        start: datetime,
        end: datetime,
        challenger: GradientBoostedFailureModel,
        champion: GradientBoostedFailureModel,
    ) -> None:
        settings = challenger.provenance.settings
        self._past, self._start, self._end = past, start, end
        self._horizon, self._notice = challenger.horizon, settings.notice
        censoring = past.maintenance if settings.replaced_before_failure == "left_out" else None
        failures = Downtime.of(past.failures, past.maintenance).without_repeats(past.failures)
        self._record = Record.of(failures, censoring, known_until=end - MILLISECOND)
        warm_up = max(challenger.features.warm_up, champion.features.warm_up)
        rows = scorable_rows(past, warm_up, start=start, end=end, every=settings.every)
        rows = rows.where(~self._record.failures.at_own_time(rows))
        known = {m.id for m in past.machines if m.model in challenger.models_seen & champion.models_seen}
        self._rows = rows.where(np.array([name in known for name in rows.machine.tolist()], dtype=bool))
        if not len(self._rows):
            raise NoContest(f"there are no rows to judge since the one in use was trained, {_day(start)}")
        self._champion, self._challenger = self._said(champion), self._said(challenger)

    def contest(self) -> Contest:
        """Compare the two."""
        notices = {name: self._caught(said) for name, said in (("champion", self._champion), ("new", self._challenger))}
        failures = notices["champion"][1]
        if failures < FEWEST_FAILURES:
            raise NoContest(_too_few(failures, self._start))
        machine, errors = self._squared_errors()
        low, high, machines = _resampled(machine, errors[1] - errors[0], errors[2])
        both = [
            Contestant(notices[name][0], self._false_alarms(said), float(error.mean()))
            for name, said, error in (("champion", self._champion, errors[0]), ("new", self._challenger, errors[1]))
        ]
        return Contest(self._start, self._end, self._notice, failures, both[0], both[1], machines, low, high)

    def _said(self, model: GradientBoostedFailureModel) -> _Said:
        return _Said(model.probabilities(self._past, self._rows), model.threshold)

    def _caught(self, said: _Said) -> tuple[int, int]:
        """Return how many failures of any component that either knows were caught, and how many there were."""
        found = []
        for component in sorted({*self._champion.probability, *self._challenger.probability}):
            index, probability = self._of(component, said)
            found += failure_notices(
                index,
                probability,
                component,
                self._record,
                threshold=said.threshold,
                horizon=self._horizon,
                first=to_epoch_ms(self._start) + span_ms(self._notice),
                end=to_epoch_ms(self._end),
            )
        return sum(notice.caught(self._notice) for notice in found), len(found)

    def _false_alarms(self, said: _Said) -> int:
        ends = []
        for component in said.probability:
            index, probability = self._of(component, said)
            terms = (index, probability, component, self._record)
            ends += [e.end for e in alarm_episodes(*terms, threshold=said.threshold, horizon=self._horizon)]
        return ends.count(EpisodeEnd.FALSE_ALARM)

    def _of(self, component: str, said: _Said) -> tuple[RowIndex, Values]:
        """Return the rows of components that run, and what was said; who does not know it never alarms."""
        own = runs(self._past, self._rows, component)
        probability = said.probability.get(component, np.zeros(len(self._rows)))
        return self._rows.where(own), probability[own]

    def _squared_errors(self) -> tuple[NDArray[np.object_], tuple[Values, Values, Values]]:
        """Return the machine of each row and component that both forecast, and the squared errors on it.

        Those of the champion, of the challenger, and of always saying the component's share of failed rows.
        """
        common = sorted(self._champion.probability.keys() & self._challenger.probability.keys())
        machines, champion, challenger, constant = [], [], [], []
        for component in common:
            outcome = self._record.outcomes(self._rows, component, self._horizon)
            own = runs(self._past, self._rows, component) & ((outcome == FAILED) | (outcome == SURVIVED))
            failed = outcome[own] == FAILED
            machines.append(self._rows.machine[own])
            champion.append(np.square(self._champion.probability[component][own] - failed))
            challenger.append(np.square(self._challenger.probability[component][own] - failed))
            constant.append(np.square(failed.mean() - failed) if len(failed) else np.empty(0))
        if not sum(error.sum() for error in constant):
            raise NoContest("no component that both forecast from its signs failed")
        errors = (np.concatenate(champion), np.concatenate(challenger), np.concatenate(constant))
        return np.concatenate(machines), errors


def _resampled(machine: NDArray[np.object_], difference: Values, constant: Values) -> tuple[float, float, int]:
    """Return the middle 95 % of the skill lost over fleets drawn by machine, and how many machines there are."""
    names, place = np.unique(machine.astype(str), return_inverse=True)
    even = np.full(len(names), 1 / len(names))
    fleets = np.random.default_rng(_SEED).multinomial(len(names), even, size=_SAMPLES).astype(np.float64)
    lost, base = (fleets @ np.bincount(place, weights=w, minlength=len(names)) for w in (difference, constant))
    low, high = np.quantile(lost[base > 0] / base[base > 0], (0.025, 0.975))
    return float(low), float(high), len(names)


def _day(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"
