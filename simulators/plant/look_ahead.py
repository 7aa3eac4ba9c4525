"""When a component would fail if nobody touched it: the truth that no policy may see, but its judge must."""

import numpy as np

from simulators.plant.inputs import Inputs
from simulators.plant.lives import Life

_CHUNK = 1024


def end_of_life(
    inputs: Inputs, life: Life, *, seat: int, step: int, consumed: float, age: int, until: int
) -> float | None:
    """Return at which point in time, in steps since the start, a component fails that is left alone.

    Its machine is taken to run whenever the load asks it to: nothing else on it fails and nobody stops it.

    Parameters
    ----------
    inputs, life
        What comes at it, and what it is like.
    seat
        Its place.
    step, consumed, age
        The step from which it goes on, the life it has consumed by then, and the steps since it was fitted.
    until
        How far to look. [steps since the start]

    Returns
    -------
    float or None
        The point in time, in (step, until]; None if it outlives that.
    """
    while step < until:
        steps = min(_CHUNK, until - step)
        inputs.reach(step + steps)
        path = consumed + np.cumsum(inputs.stress[step : step + steps, seat] * life.increments(age, steps))
        if path[-1] >= life.limit:
            first = int(np.searchsorted(path, life.limit))
            before = float(path[first - 1]) if first else consumed
            growth = float(path[first]) - before
            share = 1.0 if growth <= 0.0 else (life.limit - before) / growth
            return step + first + float(np.clip(share, 0.0, 1.0))
        step, consumed, age = step + steps, float(path[-1]), age + steps
    return None
