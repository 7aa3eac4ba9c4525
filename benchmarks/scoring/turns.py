"""Contenders in turns, by CPU seconds of this process."""

import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median


def cpu_seconds(work: Callable[[], object]) -> float:
    """Do some work and return the CPU seconds that it took, of all threads."""
    before = time.process_time()
    work()
    return time.process_time() - before


def alternate(contenders: Mapping[str, Callable[[], object]], turns: int) -> dict[str, list[float]]:
    """Let contenders take turns, in an order that moves on, and return each one's CPU seconds by turn.

    A first turn of each is a warm-up and does not count.
    """
    found: dict[str, list[float]] = {name: [] for name in contenders}
    names = list(contenders)
    for work in contenders.values():
        work()
    for turn in range(turns):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            found[name].append(cpu_seconds(contenders[name]))
    return found


def spread(name: str, found: Sequence[float]) -> dict[str, float]:
    """Return the median under this name, and the least and the greatest."""
    return {name: median(found), f"{name}_low": min(found), f"{name}_high": max(found)}


def ratio(name: str, above: Sequence[float], below: Sequence[float]) -> dict[str, float]:
    """Return the median of the turns' ratios under this name, and the least and the greatest."""
    return spread(name, [a / b for a, b in zip(above, below, strict=True)])
