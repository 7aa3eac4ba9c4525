"""How often somebody may try to log in: guessing a password is made slow, per name, address and both."""

import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import timedelta

from api.problems import TooManyAttempts

WINDOW = timedelta(minutes=15)
PER_PAIR, PER_ADDRESS, PER_NAME = 5, 30, 50
"""Failures within the window. The name alone has the widest, or a stranger could keep its owner out."""

_LARGEST = 10_000


class Attempts:
    """Counts failed attempts of the last quarter of an hour.

    Parameters
    ----------
    seconds
        Tells time; never goes back.

    Examples
    --------
    >>> attempts = Attempts(lambda: 0.0)
    >>> for _ in range(5):
    ...     attempts.failed("ines", "192.0.2.7")
    >>> attempts.refuse_if_too_many("ines", "192.0.2.8")
    >>> attempts.refuse_if_too_many("ines", "192.0.2.7")
    Traceback (most recent call last):
    ...
    api.problems.TooManyAttempts: too many attempts to log in: try again in 15 min
    """

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._failures: dict[tuple[str, str], deque[float]] = {}
        self._lock = threading.Lock()

    def refuse_if_too_many(self, name: str, address: str) -> None:
        """Let pass who has not failed too often.

        Raises
        ------
        TooManyAttempts
            If this name, this address, or the two together have.
        """
        with self._lock:
            since = self._seconds() - WINDOW.total_seconds()
            for key, limit in _limits(name, address):
                failures = self._recent(key, since)
                if len(failures) >= limit:
                    raise TooManyAttempts(timedelta(seconds=failures[-limit] - since))

    def failed(self, name: str, address: str) -> None:
        """Take note of a failure."""
        with self._lock:
            now = self._seconds()
            if len(self._failures) > _LARGEST:
                self._forget(now - WINDOW.total_seconds())
            for key, limit in _limits(name, address):
                self._failures.setdefault(key, deque(maxlen=limit)).append(now)

    def succeeded(self, name: str, address: str) -> None:
        """Forget the failures of who has got in, from there."""
        with self._lock:
            self._failures.pop((name, address), None)

    def _recent(self, key: tuple[str, str], since: float) -> deque[float]:
        failures = self._failures.get(key, deque())
        while failures and failures[0] <= since:
            failures.popleft()
        return failures

    def _forget(self, since: float) -> None:
        old = [key for key in self._failures if not self._recent(key, since)]
        for key in old:
            del self._failures[key]
        if len(self._failures) > _LARGEST:
            # a flood of made-up names; the addresses they come from still count
            self._failures = {key: times for key, times in self._failures.items() if not key[0]}


def _limits(name: str, address: str) -> tuple[tuple[tuple[str, str], int], ...]:
    return (((name, address), PER_PAIR), (("", address), PER_ADDRESS), ((name, ""), PER_NAME))
