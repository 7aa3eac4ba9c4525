"""What time it is: on the wall, or in the history that is being replayed.

Everything that asks for the time asks a `Clock`, so that a replay at any speed and a live plant run
the same code and a replay gives the same result twice.
"""

import threading
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """A source of the present time."""

    def now(self) -> datetime:
        """Return the present time, aware, in UTC."""
        ...


class WallClock:
    """The machine's own clock, in the platform's resolution of 1 ms.

    A finer time would come back from a store of records cut off, and so lie before itself.
    """

    def now(self) -> datetime:
        """Return the present time, aware, in UTC."""
        now = datetime.now(UTC)
        return now.replace(microsecond=now.microsecond // 1000 * 1000)


class ReplayClock:
    """Time as the replayed devices tell it: the slowest active device's watermark, never backwards.

    A device's watermark is its latest time less the allowed lateness, and never falls behind the
    fastest device by more than the idle timeout: a silent machine does not stop the clock.

    Parameters
    ----------
    start
        Where the clock stands before any device has spoken.
    allowed_lateness
        How far a device's readings may be out of order.
    idle_timeout
        How far a silent device may hold the clock back.

    Examples
    --------
    >>> start = datetime(2026, 1, 1, tzinfo=UTC)
    >>> clock = ReplayClock(start, idle_timeout=timedelta(hours=2))
    >>> clock.observe("pump-1", start + timedelta(hours=1))
    >>> clock.observe("pump-2", start + timedelta(hours=4))
    >>> (clock.now() - start).total_seconds() / 3600
    2.0
    """

    def __init__(
        self,
        start: datetime,
        *,
        allowed_lateness: timedelta = timedelta(0),
        idle_timeout: timedelta = timedelta(hours=2),
    ) -> None:
        self._now = start
        self._latest: dict[str, datetime] = {}
        self._allowed_lateness = allowed_lateness
        self._idle_timeout = idle_timeout
        self._lock = threading.Lock()

    def observe(self, device: str, time: datetime) -> None:
        """Take note that `device` has spoken of `time`."""
        with self._lock:
            if time > self._latest.get(device, datetime.min.replace(tzinfo=UTC)):
                self._latest[device] = time
                self._advance()

    def now(self) -> datetime:
        """Return the replayed time."""
        with self._lock:
            return self._now

    def end(self, time: datetime) -> None:
        """Say that the replay has reached `time` whoever is still silent."""
        with self._lock:
            self._now = max(self._now, time)

    def _advance(self) -> None:
        fastest = max(self._latest.values()) - self._allowed_lateness
        slowest = min(self._latest.values()) - self._allowed_lateness
        self._now = max(self._now, slowest, fastest - self._idle_timeout)


class ManualClock:
    """A clock that stands where it is put; for tests and simulations."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        """Return the time last set."""
        return self._now

    def set(self, time: datetime) -> None:
        """Put the clock at `time`; it may not go back.

        Raises
        ------
        ValueError
            If `time` lies before the present.
        """
        if time < self._now:
            raise ValueError(f"the clock cannot go back from {self._now} to {time}")
        self._now = time


def grid_times(start: datetime, end: datetime, every: timedelta) -> list[datetime]:
    """Return the grid points in (start, end], on multiples of `every` since the epoch.

    Examples
    --------
    >>> start = datetime(2026, 1, 1, 0, 30, tzinfo=UTC)
    >>> [t.hour for t in grid_times(start, start + timedelta(hours=3), timedelta(hours=1))]
    [1, 2, 3]
    """
    step = every.total_seconds()
    first = int(start.timestamp() // step) + 1
    last = int(end.timestamp() // step)
    return [datetime.fromtimestamp(i * step, UTC) for i in range(first, last + 1)]
