"""The lives that components will have: what is decided for the k-th component in a seat before it is fitted."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from simulators.plant.draws import generator
from simulators.plant.roster import Roster
from simulators.plant.wear import Fate, consumed_at

Floats = npt.NDArray[np.float64]

_BLOCK = 1024


@dataclass(slots=True)
class Life:
    """One component from its fitting to its end: its fate, and how unevenly it wears.

    Parameters
    ----------
    fate
        What was drawn when it was fitted.
    limit
        The consumed life at which it fails. [unitless]
    strength
        A standard normal draw per signal that shows it, in the class's order of signals: how
        strongly this life's damage shows there. [unitless]
    pace
        Consumed life per step at stress 1, without unevenness. [unitless]
    """

    fate: Fate
    limit: float
    strength: Floats
    pace: float
    _key: tuple[str | int, ...]
    _seed: int
    _shape: float
    _blocks: dict[int, Floats] = field(default_factory=dict)

    def increments(self, age: int, steps: int) -> Floats:
        """Return (steps,) consumed life at stress 1 in the steps after the age of `age` steps."""
        first, last = age // _BLOCK, (age + steps - 1) // _BLOCK
        joined = np.concatenate([self._block(index) for index in range(first, last + 1)])
        return joined[age - first * _BLOCK :][:steps]

    def _block(self, index: int) -> Floats:
        if index not in self._blocks:
            self._blocks[index] = self._make_block(index)
        return self._blocks[index]

    def _make_block(self, index: int) -> Floats:
        if self._shape == 0.0:
            return np.full(_BLOCK, self.pace)
        return self.pace / self._shape * generator(self._seed, *self._key, index).gamma(self._shape, size=_BLOCK)


class Lives:
    """Every life of every seat, drawn when first asked for; the same whoever asks, so forks share it."""

    def __init__(self, roster: Roster, seed: int) -> None:
        self._roster = roster
        self._seed = seed
        self._drawn: dict[tuple[int, int], Life] = {}

    def of(self, seat: int, number: int) -> Life:
        """Return the life of the `number`-th component in a seat; 0 is the one there at the start."""
        key = (seat, number)
        if key not in self._drawn:
            self._drawn[key] = self._draw(seat, number)
        return self._drawn[key]

    def _draw(self, seat: int, number: int) -> Life:
        place = self._roster.seats[seat]
        law = place.spec.wear
        key = (place.machine, place.component, number)
        draws = generator(self._seed, *key, "fate")
        fate = law.draw(draws)
        steps_of_life = law.life_days * 24.0 / self._roster.file.step_hours
        shape = 0.0 if fate.unevenness == 0.0 else 1.0 / (steps_of_life * fate.unevenness**2)
        limit = consumed_at(np.array(fate.threshold), np.array(fate.acceleration))
        signals = len(self._roster.classes[place.class_name].signals)
        return Life(
            fate, float(limit), draws.standard_normal(signals), fate.rate / steps_of_life, key, self._seed, shape
        )
