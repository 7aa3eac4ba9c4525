"""Where a replay's wall time goes."""

import time as wall
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Stopwatch:
    """Wall seconds by stage; never part of a report that is to be the same twice."""

    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time spent inside to stage `name`."""
        begun = wall.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] += wall.perf_counter() - begun
