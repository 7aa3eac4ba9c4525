"""How fast a signal may change: a value is held against the device's last good one."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from foreworn.errors import Rejected
from foreworn.telemetry.signal import Signal, SignalType

_NEVER = -(2**63)
_Last = tuple[int, float]
_Number = TypeVar("_Number", float, NDArray[np.float64])


@dataclass(frozen=True, slots=True)
class Track:
    """Values of one signal whose speed is limited, of several devices, in the order they came.

    Parameters
    ----------
    signal
        One with a limit.
    devices
        Who sends.
    rows
        Where in `devices` the device of each value is. (n,)
    since
        When that device was attached to its present machine. (n,) [ms since 1970]
    times
        (n,) [ms since 1970]
    values
        In the signal's unit. (n,)
    """

    signal: Signal
    devices: Sequence[str]
    rows: NDArray[np.intp]
    since: NDArray[np.int64]
    times: NDArray[np.int64]
    values: NDArray[np.float64]

    def only(self, chosen: NDArray[np.bool_]) -> "Track":
        """Return the chosen values alone."""
        if chosen.all():
            return self
        return Track(
            self.signal,
            self.devices,
            self.rows[chosen],
            self.since[chosen],
            self.times[chosen],
            self.values[chosen],
        )


class RatesOfChange:
    """Remembers each device's last good value of the signals whose speed is limited.

    A value is judged against the last accepted one, if that is older and was sent from the same machine. So a
    value that comes late, after a newer one, is not judged; neither is the first after a start, for nothing is
    remembered over it. What was refused is not remembered: a true jump is refused only until enough time has
    gone by since the last accepted value for it to be possible. A counter may fall as far as it likes, that is
    a reset.
    """

    def __init__(self) -> None:
        self._last: dict[tuple[str, str], _Last] = {}
        self._undo: dict[tuple[str, str], _Last | None] | None = None

    def take(self, signal: Signal, device: str, since: int, time: int, value: float) -> None:
        """Judge one value, and remember it.

        Parameters
        ----------
        signal
            One with a limit.
        device
            Who sends it.
        since
            When the device was attached to its present machine. [ms since 1970]
        time
            Of the value. [ms since 1970]
        value
            In the signal's unit.

        Raises
        ------
        Rejected
            As `too_fast`; then it is not remembered.
        """
        value = float(value)
        last_time, last = self._last.get((device, signal.name), (_NEVER, 0.0))
        if time < last_time:
            return
        if since <= last_time < time and _change(signal, last, value) > _limit(signal) * ((time - last_time) / 1000):
            unit = f" {signal.unit}" if signal.unit else ""
            raise Rejected(
                "too_fast",
                f"signal {signal.name!r} went from {last:g} to {value:g}{unit} in {(time - last_time) / 1000:g} s: "
                f"possible is {_limit(signal):g}{unit} per second",
            )
        self._remember((device, signal.name), (time, value))

    def doubtful(self, track: Track) -> NDArray[np.intp]:
        """Return which devices have values that `take` would refuse, or that do not come in order of time.

        Nothing is remembered. The devices are given as places in `track.devices`, some more than once.
        """
        known = [self._last.get((device, track.signal.name), (_NEVER, 0.0)) for device in track.devices]
        order = np.argsort(track.rows, kind="stable")
        who, when, what = track.rows[order], track.times[order], track.values[order]
        is_first = np.ones(len(who), np.bool_)
        is_first[1:] = who[1:] != who[:-1]
        before = np.where(is_first, np.array([time for time, _ in known], np.int64)[who], np.roll(when, 1))
        last = np.where(is_first, np.array([value for _, value in known])[who], np.roll(what, 1))
        is_judged = before >= track.since[order]
        seconds = (when - np.where(is_judged, before, when)) / 1000
        with np.errstate(over="ignore"):
            is_fast = is_judged & (_change(track.signal, last, what) > _limit(track.signal) * seconds)
        return who[is_fast | (when <= before)]

    def remember(self, track: Track) -> None:
        """Remember the last value of each device, none of which is doubtful."""
        last = np.full(len(track.devices), -1)
        last[track.rows] = np.arange(len(track.rows))  # a device that stands there several times gets its last row
        for device, row in zip(track.devices, last.tolist(), strict=True):
            if row >= 0:
                self._remember((device, track.signal.name), (int(track.times[row]), float(track.values[row])))

    @contextmanager
    def forgotten_on_error(self) -> Iterator[None]:
        """Forget what is remembered inside if it ends in an error, for it will be taken again."""
        self._undo = {}
        try:
            yield
        except BaseException:
            for key, last in self._undo.items():
                if last is None:
                    del self._last[key]
                else:
                    self._last[key] = last
            raise
        finally:
            self._undo = None

    def _remember(self, key: tuple[str, str], last: _Last) -> None:
        if self._undo is not None:
            self._undo.setdefault(key, self._last.get(key))
        self._last[key] = last


def _limit(signal: Signal) -> float:
    return math.inf if signal.most_per_second is None else signal.most_per_second


def _change(signal: Signal, last: _Number, value: _Number) -> _Number:
    rise = value - last
    return rise if signal.type is SignalType.COUNTER else abs(rise)
