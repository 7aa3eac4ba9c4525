"""What both twins of the board of remaining lives hold to."""

import math
from collections.abc import Iterable

from foreworn.health.remaining_life import LifeForecast


def standing_lives(lives: Iterable[LifeForecast]) -> dict[tuple[str, str], LifeForecast]:
    """Return which of the lives, in the order they were posted, stands for each machine and component."""
    standing: dict[tuple[str, str], LifeForecast] = {}
    for life in lives:
        key = (life.machine, life.component)
        if key not in standing or life.time >= standing[key].time:
            standing[key] = life
    return standing


def check_life(life: LifeForecast) -> None:
    """Hold that a remaining life is made of numbers.

    Raises
    ------
    ValueError
        If a number of it, or of its reasons, is a NaN or an infinity.
    """
    whose = f"the remaining life of {life.component!r} of {life.machine!r} at {life.time}"
    if not all(map(math.isfinite, (life.p10, life.p50, life.p90, life.expected, life.cap))):
        raise ValueError(f"{whose} is not finite")
    for reason in life.reasons:
        numbers = (reason.value, reason.usual_low, reason.usual_high, reason.contribution)
        if not all(n is None or math.isfinite(n) for n in numbers):
            raise ValueError(f"{whose} has a reason, {reason.feature!r}, that is not finite: {numbers}")
