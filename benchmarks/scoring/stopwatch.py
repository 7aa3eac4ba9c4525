"""Where scoring's time goes, stage by stage: the ports that it works through, each with a clock."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any


class Stopwatch:
    """CPU seconds of this process, all threads, by stage; stages do not overlap."""

    def __init__(self) -> None:
        self.cpu_seconds: dict[str, float] = defaultdict(float)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count what is done within to a stage."""
        before = time.process_time()
        try:
            yield
        finally:
            self.cpu_seconds[name] += time.process_time() - before


class Timed:
    """Anything, with some of its methods on a stopwatch.

    Parameters
    ----------
    inner
        What does the work.
    watch
        Where the time is counted.
    stages
        By method, its stage.
    then
        The same for what the methods return.
    """

    def __init__(
        self, inner: Any, watch: Stopwatch, stages: Mapping[str, str], then: Mapping[str, str] | None = None
    ) -> None:
        self._inner, self._watch, self._stages, self._then = inner, watch, stages, then

    def __getattr__(self, name: str) -> Any:
        """Return what the inner one has, timed where it is a stage."""
        found = getattr(self._inner, name)
        return self._timed(found, self._stages[name]) if name in self._stages else found

    def _timed(self, method: Callable[..., Any], stage: str) -> Callable[..., Any]:
        def timed(*given: Any, **named: Any) -> Any:
            with self._watch.stage(stage):
                found = method(*given, **named)
            return found if self._then is None else Timed(found, self._watch, self._then)

        return timed
