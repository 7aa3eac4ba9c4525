"""What a plant's devices see of a block of steps."""

import numpy as np
import numpy.typing as npt

from simulators.plant.inputs import Inputs
from simulators.plant.outputs import FaultSent, Outputs, View, run_states
from simulators.plant.period import Readings
from simulators.plant.roster import Roster
from simulators.plant.state import Block, Dynamics, State
from simulators.plant.wear import damage_of


class Observer:
    """Turns a block into readings and fault messages; has no state, so forks share it.

    Parameters
    ----------
    roster, inputs
        Who is there, and what comes at them.
    seed
        Decides noise and bad data.
    """

    def __init__(self, roster: Roster, inputs: Inputs, seed: int) -> None:
        self._roster, self._inputs = roster, inputs
        self._outputs = Outputs(roster, seed)

    def observe(self, state: State, block: Block, steps: int, dynamics: Dynamics) -> tuple[Readings, list[FaultSent]]:
        """Return the readings and fault messages of a block's first `steps` steps, begun from `state`."""
        view = self._view(state, block, steps, dynamics)
        bad = self._roster.file.bad_data
        readings = Readings(
            {name: self._outputs.readings(view, name) for name in self._roster.classes},
            run_states(block.running[:steps], block.held[:steps], block.down[:steps]),
            self._hours_before(state, block, steps),
            self._struck("lost", bad.lost_share, state.step, steps),
            self._struck("late", bad.late_share, state.step, steps),
        )
        return readings, [fault for name in self._roster.classes for fault in self._outputs.faults(view, name)]

    def _view(self, state: State, block: Block, steps: int, dynamics: Dynamics) -> View:
        window = slice(state.step, state.step + steps)
        raw = damage_of(block.consumed[:steps], dynamics.acceleration)
        severity = np.clip(raw, 0.0, dynamics.threshold)
        return View(
            step=state.step,
            load=self._inputs.load[window],
            ambient=self._inputs.ambient[window],
            running=block.running[:steps],
            damage=severity / dynamics.threshold,
            severity=severity,
            strength=dynamics.strength,
        )

    def _hours_before(self, state: State, block: Block, steps: int) -> npt.NDArray[np.int64]:
        worked = block.worked[:steps] * self._roster.file.step_hours
        hours: npt.NDArray[np.int64] = (state.hours_run + np.cumsum(worked, axis=0) - worked).astype(np.int64)
        return hours

    def _struck(self, kind: str, share: float, step: int, steps: int) -> npt.NDArray[np.bool_]:
        if share == 0.0:
            return np.zeros((steps, len(self._roster.machines)), dtype=np.bool_)
        return self._outputs.chances(kind, step, steps) < share
