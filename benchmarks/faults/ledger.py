"""What a device has sent, and of which of it somebody said that it is safe."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

Key = tuple[str, int]
"""Device and time, epoch ms: what makes a reading one reading."""


@dataclass
class Ledger:
    """Of one device; threads may share it. A reading is written down before it is sent, never after.

    Parameters
    ----------
    device
        Whose it is.
    """

    device: str
    _times: dict[int, int] = field(default_factory=dict)
    _taken: set[int] = field(default_factory=set)
    _acknowledged: set[int] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def enter(self, number: int, time: int) -> int:
        """Write a reading down and return its time: the next free millisecond, since no two readings share one."""
        with self._lock:
            while time in self._taken:
                time += 1
            self._taken.add(time)
            self._times[number] = time
        return time

    def acknowledge(self, numbers: Iterable[int]) -> None:
        """Write down that these are safe, as the device was told."""
        with self._lock:
            self._acknowledged.update(numbers)

    def acknowledge_through(self, number: int) -> None:
        """Write down that all up to this number are safe."""
        with self._lock:
            self._acknowledged.update(n for n in self._times if n <= number)

    @property
    def sent(self) -> dict[Key, int]:
        """The number of every reading written down."""
        with self._lock:
            return {(self.device, time): number for number, time in self._times.items()}

    @property
    def acknowledged(self) -> set[Key]:
        """The readings that are safe, as the device was told."""
        with self._lock:
            return {(self.device, self._times[number]) for number in self._acknowledged if number in self._times}

    @property
    def waits(self) -> int:
        """How many were sent and not acknowledged."""
        with self._lock:
            return len(self._times) - len(self._acknowledged & self._times.keys())
