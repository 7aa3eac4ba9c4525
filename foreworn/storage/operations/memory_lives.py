"""The board of remaining lives, in memory."""

import threading
from collections.abc import Sequence

from foreworn.health.remaining_life import LifeForecast
from foreworn.storage.operations.life_rules import check_life, standing_lives


class MemoryLifeBoard:
    """A board of remaining lives that forgets everything with its process."""

    def __init__(self) -> None:
        self._standing: dict[tuple[str, str], LifeForecast] = {}
        self._lock = threading.Lock()

    def post(self, lives: Sequence[LifeForecast]) -> None:
        """Put them up; see `LifeBoard.post`."""
        for life in lives:
            check_life(life)
        with self._lock:
            self._standing = standing_lives([*self._standing.values(), *lives])

    def latest(self, *, machine: str | None = None) -> list[LifeForecast]:
        """Return those that stand; see `LifeBoard.latest`."""
        with self._lock:
            kept = [x for x in self._standing.values() if machine in (None, x.machine)]
        return sorted(kept, key=lambda x: (x.machine, x.component))
