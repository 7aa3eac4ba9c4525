"""How far everything has come: the arrays that change while a plant runs, and one block of steps in them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulators.plant.inputs import Inputs
from simulators.plant.lives import Lives
from simulators.plant.roster import Roster
from simulators.plant.wear import damage_of

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

LONGEST_BLOCK = 512
_BUFFER = 1024


@dataclass(slots=True)
class State:
    """Where a plant stands between two steps; `copy` it and both go on independently.

    Parameters
    ----------
    step
        Steps since the start.
    consumed
        (n_seats,) Consumed life of what is fitted. [unitless]
    number
        (n_seats,) Which component in its seat it is, from 0.
    age
        (n_seats,) Steps since it was fitted, as its unevenness counts them.
    failed
        (n_seats,) Whether it has failed and was not replaced.
    held_until
        (n_machines,) The step before which the machine is kept standing.
    hours_run
        (n_machines,) Operating time since commissioning. [h]
    """

    step: int
    consumed: Floats
    number: Integers
    age: Integers
    failed: Booleans
    held_until: Integers
    hours_run: Floats

    def copy(self) -> "State":
        """Return a copy that shares nothing."""
        return State(
            self.step,
            self.consumed.copy(),
            self.number.copy(),
            self.age.copy(),
            self.failed.copy(),
            self.held_until.copy(),
            self.hours_run.copy(),
        )


@dataclass(frozen=True, slots=True)
class Crossing:
    """A component reaches the end of its life in a step, after `share` of it."""

    seat: int
    step: int
    share: float


@dataclass(frozen=True, slots=True)
class Block:
    """What a stretch of steps would do to a plant that is left alone.

    Parameters
    ----------
    consumed
        (n_steps + 1, n_seats) Consumed life before each step, and after the last.
    running
        (n_steps, n_machines) Whether the machine runs in the step.
    held, down
        (n_steps, n_machines) Whether it is kept standing, or stands failed, when the step begins.
    worked
        (n_steps, n_machines) The share of the step that it runs.
    crossings
        The failures, by step, share and seat.
    """

    consumed: Floats
    running: Booleans
    held: Booleans
    down: Booleans
    worked: Floats
    crossings: tuple[Crossing, ...]


class Dynamics:
    """Computes blocks; all that it keeps for itself are the parameters of what is fitted now.

    Parameters
    ----------
    roster, inputs, lives
        Who is there, what comes at them, and what lives they will have.
    """

    def __init__(self, roster: Roster, inputs: Inputs, lives: Lives) -> None:
        self._roster, self._inputs, self._lives = roster, inputs, lives
        seats = len(roster.seats)
        self.limit: Floats = np.zeros(seats)
        self.acceleration: Floats = np.zeros(seats)
        self.threshold: Floats = np.zeros(seats)
        most = max(len(machine_class.signals) for machine_class in roster.classes.values())
        self.strength: Floats = np.zeros((seats, most))
        self._buffer: Floats = np.zeros((seats, _BUFFER))
        self._buffer_from: Integers = np.full(seats, -2 * _BUFFER, dtype=np.int64)
        self._rows = np.arange(seats)[None, :]

    def copy(self) -> "Dynamics":
        """Return a copy that shares what never changes."""
        twin = Dynamics(self._roster, self._inputs, self._lives)
        for name in ("limit", "acceleration", "threshold", "strength", "_buffer", "_buffer_from"):
            setattr(twin, name, getattr(self, name).copy())
        return twin

    def fit(self, seat: int, number: int) -> None:
        """Take note that the `number`-th component now sits in a seat."""
        life = self._lives.of(seat, number)
        self.limit[seat], self.threshold[seat] = life.limit, life.fate.threshold
        self.acceleration[seat] = life.fate.acceleration
        self.strength[seat, : len(life.strength)] = life.strength
        self._buffer_from[seat] = -2 * _BUFFER

    def damage(self, consumed: Floats) -> Floats:
        """Return the damage (..., n_seats) as a share of that at which each fails."""
        return np.clip(damage_of(consumed, self.acceleration) / self.threshold, 0.0, 1.0)

    def block(self, state: State, steps: int) -> Block:
        """Return what the next `steps` steps, at most `LONGEST_BLOCK`, do to the plant if nobody steps in."""
        self._inputs.reach(state.step + steps)
        window = slice(state.step, state.step + steps)
        index = np.arange(state.step, state.step + steps)[:, None]
        down = np.zeros((steps, len(self._roster.machines)), dtype=np.bool_)
        down[:, self._roster.machine_of[state.failed]] = True
        held = index < state.held_until
        running = ~down & ~held & (self._inputs.load[window] > 0.0)
        grown = self._inputs.stress[window] * self._increments(state, steps)
        grown *= running[:, self._roster.machine_of]
        consumed = np.vstack([state.consumed, grown])
        np.cumsum(consumed, axis=0, out=consumed)
        worked = running.astype(np.float64)
        crossings = self._stop_at_failures(state, grown, consumed, running, down, worked)
        return Block(consumed, running, held, down, worked, crossings)

    def _increments(self, state: State, steps: int) -> Floats:
        offset = state.age - self._buffer_from
        for seat in np.flatnonzero((offset < 0) | (offset + steps > _BUFFER)):
            age = int(state.age[seat])
            self._buffer[seat] = self._lives.of(int(seat), int(state.number[seat])).increments(age, _BUFFER)
            self._buffer_from[seat] = age
        columns = (state.age - self._buffer_from)[None, :] + np.arange(steps)[:, None]
        grown: Floats = self._buffer[self._rows, columns]
        return grown

    def _stop_at_failures(
        self, state: State, grown: Floats, consumed: Floats, running: Booleans, down: Booleans, worked: Floats
    ) -> tuple[Crossing, ...]:
        """Stand the machines still from their first failure on, in place."""
        due = np.flatnonzero((consumed[-1] >= self.limit) & ~state.failed)
        first: dict[int, Crossing] = {}
        for seat in due:
            step = int(np.searchsorted(consumed[1:, seat], self.limit[seat]))
            growth = grown[step, seat]
            share = 1.0 if growth <= 0.0 else (self.limit[seat] - consumed[step, seat]) / growth
            crossing = Crossing(int(seat), step, float(np.clip(share, 0.0, 1.0)))
            machine = int(self._roster.machine_of[seat])
            if machine not in first or (step, crossing.share) < (first[machine].step, first[machine].share):
                first[machine] = crossing
        for machine, crossing in first.items():
            step = crossing.step
            seats = np.flatnonzero(self._roster.machine_of == machine)
            consumed[step + 1 :, seats] = consumed[step, seats] + crossing.share * grown[step, seats]
            running[step + 1 :, machine] = False
            down[step + 1 :, machine] = True
            worked[step, machine] = crossing.share
            worked[step + 1 :, machine] = 0.0
        return tuple(sorted(first.values(), key=lambda c: (c.step, c.share, c.seat)))
