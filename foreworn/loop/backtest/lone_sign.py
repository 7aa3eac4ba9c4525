"""A probe for a status or an event that is written because of a failure: one sign that alone tells failures.

A *sign* is an event's code, or a value of a signal that is not the usual one. Where one alone tells nearly all
failures, a rule of two lines does what the model does. That may be honest, as an error code that comes before
failures is; the probe then asks whether it is written before it is known. A status that was filled in afterwards
has more: it comes for nothing but failures, lasts up to them without a break, and is gone once they are repaired.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from foreworn.errors import TooLittleHistory
from foreworn.fleet.history import FleetHistory
from models.evaluation.leakage import LeakageFound
from models.features.row_index import span_ms

Times = NDArray[np.int64]

_FEWEST: Final = 5  # failures: fewer stand at a sign's end by luck
_ALONE: Final = 0.9  # of the failures
_OVER_CHANCE: Final = 5.0
_ONLY_THEN: Final = 0.99  # of the times that it comes
_USUAL: Final = 0.5  # of a signal's samples
_MOST_VALUES: Final = 20  # of a signal that is a status
_ANY: Final = "any component"


@dataclass(frozen=True, slots=True)
class _Sign:
    """When a sign stood, run by run, on one axis on which machines lie further apart than any horizon [ms]."""

    name: str
    first: Times
    last: Times
    gone: Times
    """The next sample without it, or `first` - 1 where nothing tells that it is gone: an event."""


@dataclass(frozen=True, slots=True)
class _Told:
    """How a sign stands to the failures of one component, or of any."""

    sign: str
    component: str
    failures: int
    told: float
    precise: float
    taken_back: float
    chance: float

    @property
    def alone(self) -> bool:
        """Whether the sign alone tells failures, far better than by chance."""
        far_over = min(_OVER_CHANCE * self.chance, (1 + self.chance) / 2)
        return self.told >= _ALONE and self.precise > far_over

    @property
    def written_because(self) -> bool:
        """Whether it stands as a status does that was filled in afterwards."""
        return self.alone and min(self.precise, self.taken_back / _ALONE) >= _ONLY_THEN

    def __str__(self) -> str:
        after = "" if self.component == _ANY else f" of {self.component}"
        return (
            f"{self.sign} alone tells {self.told:.0%} of {self.failures} failures{after}, and one follows "
            f"{self.precise:.0%} of the times that it comes"
        )


def check_lone_sign(history: FleetHistory, horizon: timedelta) -> str:
    """Hold that no sign alone tells failures and is taken back when they are repaired.

    Parameters
    ----------
    history
        The whole record.
    horizon
        A failure follows a sign where it comes within this of it.

    Returns
    -------
    str
        What was found, and what to ask of a sign that alone tells failures, which is no leak by itself.

    Raises
    ------
    LeakageFound
        If one does.
    TooLittleHistory
        If failures are too few to tell.
    """
    axis = _Axis.of(history, span_ms(horizon))
    broken = {name: times for name, times in axis.failures.items() if len(times) >= _FEWEST}
    if not broken:
        raise TooLittleHistory(f"no component has {_FEWEST} failures on record")
    found = [axis.told(sign, component, times) for sign in axis.signs(history) for component, times in broken.items()]
    leaks = [one for one in found if one.written_because]
    if leaks:
        worst = max(leaks, key=lambda one: (one.told, one.failures))
        raise LeakageFound(f"{worst}; it lasts up to the failure and is gone once that is repaired")
    alone = {one.component: one for one in sorted(found, key=lambda one: (one.precise, one.told)) if one.alone}
    if not alone:
        return f"no event and no status alone tells {_ALONE:.0%} of a component's failures"
    told = "; ".join(str(one) for _, one in sorted(alone.items()))
    return f"{told}. A rule of two lines does that. Is it written before the failure is known?"


@dataclass(frozen=True, slots=True)
class _Axis:
    """All machines' records behind each other."""

    place: dict[str, int]
    begin: int
    lane: int
    horizon: int
    failures: dict[str, Times]
    repaired: dict[str, Times]
    watched: int

    @classmethod
    def of(cls, history: FleetHistory, horizon: int) -> "_Axis":
        """Lay out a history."""
        tables = (history.telemetry, history.events, history.failures, history.renewals)
        stamps = [_ms(table) for table in tables if len(table)]
        spoken = _ms(history.telemetry)
        watched = int(spoken.max() - spoken.min()) if len(spoken) else 0
        begin = min((int(each.min()) for each in stamps), default=0)
        end = max((int(each.max()) for each in stamps), default=0)
        place = {machine.id: number for number, machine in enumerate(history.machines)}
        empty = cls(place, begin, end - begin + 2 * horizon + 1, horizon, {}, {}, watched * len(place))
        failures, repaired = empty._by_component(history.failures), empty._by_component(history.renewals)
        return cls(place, begin, empty.lane, horizon, failures, repaired, empty.watched)

    def _on(self, table: pa.Table) -> Times:
        machine = table["machine"].combine_chunks().dictionary_encode()
        places = np.array([self.place[name] for name in machine.dictionary.to_pylist()], dtype=np.int64)
        return places[machine.indices.to_numpy()] * self.lane + _ms(table) - self.begin if len(table) else _ms(table)

    def _by_component(self, table: pa.Table) -> dict[str, Times]:
        """Return the sorted places of what is on record of each component, and of any."""
        where, component = self._on(table), np.array(table["component"].to_pylist(), dtype=object)
        found = {name: np.unique(where[component == name]) for name in sorted(set(component.tolist()))}
        return {**found, _ANY: np.unique(where)}

    def signs(self, history: FleetHistory) -> Iterator[_Sign]:
        """Return every code of an event, and every value of a signal but its usual one."""
        events, codes = self._on(history.events), np.array(history.events["code"].to_pylist(), dtype=object)
        for code in sorted(set(codes.tolist())):
            at = np.sort(events[codes == code])
            yield _Sign(f"the event {code}", at, at, at - 1)
        samples = self._on(history.telemetry)
        for signal in history.signals:
            for value, has in _unusual(history.telemetry[signal]):
                sign = self._runs(f"{signal} {value}", samples, has)
                if len(sign.first):
                    yield sign

    def _runs(self, name: str, samples: Times, has: NDArray[np.bool_]) -> _Sign:
        lanes = samples // self.lane
        breaks = np.append(np.diff(lanes) > 0, True)
        starts = np.flatnonzero(has & (np.append(True, breaks[:-1]) | ~np.append(False, has[:-1])))
        ends = np.flatnonzero(has & (breaks | ~np.append(has[1:], False)))
        following = np.append(samples[1:], 0)[ends]
        gone = np.where(breaks[ends], (lanes[ends] + 1) * self.lane - self.horizon, following)
        came = ~np.append(True, breaks[:-1])[starts]  # what stood from a machine's first sample on never came
        return _Sign(name, samples[starts][came], samples[ends][came], gone[came])

    def told(self, sign: _Sign, component: str, failed: Times) -> _Told:
        """Return how a sign stands to failures."""
        before = np.searchsorted(sign.first, failed, side="left") - 1
        told = (before >= 0) & (sign.last[np.maximum(before, 0)] >= failed - self.horizon)
        after = np.searchsorted(failed, sign.first, side="right")
        follows = np.append(failed, np.iinfo(np.int64).max)[after] <= sign.last + self.horizon
        chance = min(len(failed) * self.horizon / max(self.watched, 1), 1.0)
        back = float(self._taken_back(sign, component, failed).mean())
        return _Told(sign.name, component, len(failed), float(told.mean()), float(follows.mean()), back, chance)

    def _taken_back(self, sign: _Sign, component: str, failed: Times) -> NDArray[np.bool_]:
        """Return which runs last up to a failure and not past its repair."""
        latest = np.searchsorted(failed, sign.gone, side="right") - 1
        at = np.where(latest >= 0, failed[np.maximum(latest, 0)], -1)
        repairs = self.repaired[component] if component in self.repaired else failed[:0]
        repair = np.append(repairs, np.iinfo(np.int64).max)[np.searchsorted(repairs, at, side="left")]
        return (at > sign.first) & (sign.last <= np.where(repair - at < self.lane, repair, at))


def _unusual(column: pa.ChunkedArray) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Return the values of a signal but its usual one, if it has one; of one with many values, all others together."""
    counts = pc.value_counts(column.combine_chunks())
    values, times = counts.field("values"), counts.field("counts").to_numpy()
    usual = int(times.argmax()) if len(times) else 0
    if len(times) < 2 or times[usual] < _USUAL * len(column):
        return
    codes = pc.index_in(column, values).to_numpy()
    if len(times) > _MOST_VALUES:
        yield "other than usual", codes != usual
        return
    for code, value in enumerate(values.to_pylist()):
        if code != usual:
            yield "missing" if value is None else f"at {value}", codes == code


def _ms(table: pa.Table) -> Times:
    stamps: Times = table["time"].cast(pa.timestamp("ms", tz="UTC")).cast(pa.int64()).to_numpy()
    return stamps
