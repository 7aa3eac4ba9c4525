"""What a failure model says along lives that it has not seen, without the reasons, and the same made worse."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from foreworn.fleet.history import FleetHistory
from foreworn.loop.pricing.lives import HOUR, RunLife, first_and_last
from foreworn.telemetry.sample import from_epoch_ms, to_epoch_ms
from models.failure import GradientBoostedFailureModel
from models.features import RowIndex, compute
from models.features.row_index import span_ms

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]

THIRDS: Final = 3
_LEAST: Final = 1e-9
_STRETCHES: Final = 17


@dataclass(frozen=True, slots=True)
class ToldLife:
    """One life, and what was said along it.

    Parameters
    ----------
    life
        Whose truth it is judged by.
    time
        When it was said, rising; n times.
    probability : (n, n_horizons) float
        Of failing within each horizon, rising.
    horizons
        Which.
    by_age : (n,) bool
        Where it was said of the component's known age alone; nowhere unless given.
    """

    life: RunLife
    time: tuple[datetime, ...]
    probability: Values
    horizons: tuple[timedelta, ...]
    by_age: Flags | None = None

    @property
    def rests_on_age(self) -> Flags:
        """Where it was said of the component's known age alone, (n,) bool."""
        return np.zeros(len(self.time), dtype=bool) if self.by_age is None else self.by_age

    def curve(self, row: int) -> tuple[tuple[timedelta, float], ...]:
        """Return what was said at one time, as points of a failure curve."""
        return tuple(zip(self.horizons, self.probability[row].tolist(), strict=True))


def told_along(
    model: GradientBoostedFailureModel,
    history: FleetHistory,
    lives: Sequence[RunLife],
    horizons: Sequence[timedelta],
    *,
    every: timedelta,
) -> list[ToldLife]:
    """Return the forecasts along lives at every whole multiple of `every`, each from what was stamped before it.

    Nothing is said before the model's features have warmed up, nor of a component that the model does not know.
    """
    first = {machine: to_epoch_ms(spoke) for machine, (spoke, _) in first_and_last(history.telemetry).items()}
    rows = {
        i: _times(life, first[life.machine.id] + span_ms(model.features.warm_up), every) for i, life in enumerate(lives)
    }
    by_machine_and_time = sorted({(lives[i].machine.id, t) for i, times in rows.items() for t in times})
    places = {row: place for place, row in enumerate(by_machine_and_time)}
    index = RowIndex.of([(machine, from_epoch_ms(time)) for machine, time in by_machine_and_time])
    curves = _Curves(model, history, index, horizons)
    found = []
    for i, life in enumerate(lives):
        own = np.array([places[life.machine.id, t] for t in rows[i]], dtype=np.intp)
        said, by_age = curves.of(life, own)
        times = tuple(from_epoch_ms(t) for t in rows[i]) if len(said) else ()
        found.append(ToldLife(life, times, said, tuple(horizons), by_age))
    return found


class _Curves:
    """The curves of all components at some rows, as `FailureModel.forecast` tells them, without the reasons."""

    def __init__(
        self,
        model: GradientBoostedFailureModel,
        history: FleetHistory,
        index: RowIndex,
        horizons: Sequence[timedelta],
    ) -> None:
        self._horizons = horizons
        self._known = model.known(compute(model.features, history, index).matrix, history, index)
        self._told = dict(self._known.told())

    def of(self, life: RunLife, rows: NDArray[np.intp]) -> tuple[Values, Flags]:
        """Return (n_rows, n_horizons) probabilities, and which rows rest on a known age alone.

        No rows where nothing is said of such components.
        """
        component = life.component
        if not len(rows) or not np.isin(rows, self._told.get(component, ())).all():
            return np.empty((0, len(self._horizons))), np.empty(0, dtype=bool)
        signs = self._known.by_signs(component)[rows]
        said = self._known.probability(component, rows, signs, self._horizons)
        return said, ~signs & self._known.age_is_known(component, rows)


def _times(life: RunLife, earliest: int, every: timedelta) -> list[int]:
    step, begun, failed = span_ms(every), to_epoch_ms(life.begun), to_epoch_ms(life.failed_at)
    start = max(begun, earliest)
    return list(range(-(-start // step) * step, failed, step))


def without_signals(history: FleetHistory, silent: Iterable[str]) -> FleetHistory:
    """Return the history with some signals silent from the beginning."""
    telemetry = history.telemetry
    for signal in silent:
        place = telemetry.column_names.index(signal)
        telemetry = telemetry.set_column(place, signal, pa.nulls(len(telemetry), telemetry.schema.field(signal).type))
    return replace(history, telemetry=telemetry)


def thirds(model: GradientBoostedFailureModel, history: FleetHistory) -> list[tuple[str, ...]]:
    """Return the signals that a model reads, dealt into three parts in turn."""
    read = sorted(model.features.signals & set(history.signals))
    return [tuple(read[third::THIRDS]) for third in range(THIRDS)]


def with_noise_doubled(told: Sequence[ToldLife], *, lead: timedelta) -> list[ToldLife]:
    """Return forecasts whose log-odds stray twice as far from what is said on average with the same life left.

    What is said on average is taken over all lives of a kind, in stretches of a quarter of the lead time of life
    left, up to four lead times; beyond, over all there is.
    """
    by_kind: dict[str, list[ToldLife]] = defaultdict(list)
    for one in told:
        by_kind[one.life.kind].append(one)
    means = {kind: _mean_log_odds(some, lead) for kind, some in by_kind.items()}
    return [replace(one, probability=_strayed(one, means[one.life.kind], lead)) for one in told]


def _strayed(one: ToldLife, mean: Values, lead: timedelta) -> Values:
    if not one.time:
        return one.probability
    usual = mean[_stretch(one, lead)]
    odds = usual + 2.0 * (_log_odds(one.probability) - usual)
    return np.maximum.accumulate(1.0 / (1.0 + np.exp(-odds)), axis=1)


def _mean_log_odds(told: Sequence[ToldLife], lead: timedelta) -> Values:
    """Return (n_stretches, n_horizons) means; NaN where nothing was said with that much left."""
    stretch = np.concatenate([_stretch(one, lead) for one in told])
    odds = np.concatenate([_log_odds(one.probability) for one in told])
    means = np.full((_STRETCHES, odds.shape[1]), np.nan)
    for s in np.unique(stretch):
        means[s] = odds[stretch == s].mean(axis=0)
    return means


def _stretch(one: ToldLife, lead: timedelta) -> NDArray[np.intp]:
    left = np.array([(one.life.failed_at - time) / lead for time in one.time])
    return np.minimum((left * 4).astype(np.intp), _STRETCHES - 1)


def _log_odds(probability: Values) -> Values:
    kept = np.clip(probability, _LEAST, 1 - _LEAST)
    return np.asarray(np.log(kept / (1 - kept)))


def dealt_to_others(told: Sequence[ToldLife], *, seed: int) -> list[ToldLife]:
    """Return each life with what was said of a stranger's of its kind at the same age.

    A rotation of a drawn order of the kind's machines, and of their lives: a life never keeps its own unless its kind
    has but one. Where the stranger's life was over before, nothing more is said.
    """
    dice = np.random.default_rng(seed)
    by_kind: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(told):
        by_kind[one.life.kind].append(place)
    found = list(told)
    for kind in sorted(by_kind):
        order = dice.permutation(by_kind[kind]).tolist()
        for own, stranger in zip(order, [*order[1:], order[0]], strict=True):
            found[own] = _as_said_of(told[own].life, told[stranger])
    return found


def _as_said_of(life: RunLife, stranger: ToldLife) -> ToldLife:
    ages = [time - stranger.life.begun for time in stranger.time]
    alive = [place for place, age in enumerate(ages) if life.begun + age < life.failed_at]
    time = tuple(life.begun + ages[place] for place in alive)
    return ToldLife(life, time, stranger.probability[alive], stranger.horizons, stranger.rests_on_age[alive])


def hours(span: timedelta) -> int:
    """Return a span in hours, a begun one as a whole."""
    return -(-span // HOUR)
