"""What machines say: signals from their state, and fault messages."""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from foreworn.telemetry.signal import Signal, SignalCatalogue, SignalType
from simulators.plant.draws import generator
from simulators.plant.machine_class import MachineClass, SignalSpec, Symptom
from simulators.plant.plant_file import PlantFile
from simulators.plant.roster import Roster

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

RUN_STATES = ("running", "standby", "stopped", "failed")
_RUNNING, _STANDBY, _STOPPED, _FAILED = range(4)
_NOISE_BLOCK = 256
_KEPT_BLOCKS = 64
_DAYS_PER_YEAR = 365.25


class View(NamedTuple):
    """What the signals of a stretch depend on.

    `load`, `ambient`, `running`: (n_steps, n_machines). `damage`: (n_steps, n_seats) at the begin of each
    step, as a share of that at failure; `severity` the same as a share of the rated damage. `strength`:
    (n_seats, most signals) standard normal draws.
    """

    step: int
    load: Floats
    ambient: Floats
    running: Booleans
    damage: Floats
    severity: Floats
    strength: Floats


@dataclass(frozen=True, slots=True)
class FaultSent:
    """A fault message: sent `share` of the way through a step."""

    step: int
    share: float
    machine_index: int
    code: str


class Outputs:
    """Turns states into what devices send; its randomness belongs to machine and calendar.

    Parameters
    ----------
    roster
        Machines and components.
    seed
        Decides noise, lost and late readings, and when fault messages come.
    """

    def __init__(self, roster: Roster, seed: int) -> None:
        self._roster, self._seed = roster, seed
        self._members = {name: roster.of_class(name) for name in roster.classes}
        self._columns = {name: list(machine_class.signals) for name, machine_class in roster.classes.items()}
        self._drawn: OrderedDict[tuple[str, str, int], Floats] = OrderedDict()
        self._offsets = {name: self._lasting_offsets(name) for name in roster.classes}

    def readings(self, view: View, class_name: str) -> Floats:
        """Return (n_steps, n_machines of the class, n_signals) readings; NaN where none is due."""
        members, signals = self._members[class_name], self._roster.classes[class_name].signals
        load, running = view.load[:, members], view.running[:, members]
        ambient = view.ambient[:, members] - 20.0
        steps = len(load)
        noise = self._noise("noise", class_name, view.step, steps, len(signals))
        values = np.empty((steps, len(members), len(signals)))
        for column, spec in enumerate(signals.values()):
            work = spec.running + spec.per_load * load + spec.per_load_squared * load**2
            for component, symptom in spec.symptoms.items():
                work += self._shown(view, class_name, component, symptom, column) * (load if symptom.with_load else 1.0)
            value = np.where(running, work, spec.standing) + spec.per_kelvin * ambient
            value += self._offsets[class_name][:, column] + spec.noise * noise[:, :, column]
            values[:, :, column] = np.round(np.clip(value, spec.low, spec.high), spec.decimals)
            self._keep_cadence(values[:, :, column], spec, view.step)
        return values

    def faults(self, view: View, class_name: str) -> Iterator[FaultSent]:
        """Yield the fault messages of the machines of one class."""
        members, faults = self._members[class_name], self._roster.classes[class_name].faults
        if not faults:
            return
        days = self._roster.file.step_hours / 24.0
        draws = self._noise("faults", class_name, view.step, len(view.load), len(faults), uniform=True)
        for column, (code, fault) in enumerate(faults.items()):
            rate = np.full((len(view.load), len(members)), fault.spurious_per_year / _DAYS_PER_YEAR)
            if fault.component is not None:
                damage = view.damage[:, self._seats(class_name, fault.component)]
                if fault.from_damage < 1.0:
                    rate += fault.per_day * np.clip((damage - fault.from_damage) / (1.0 - fault.from_damage), 0.0, 1.0)
            chance = np.where(view.running[:, members], -np.expm1(-rate * days), 0.0)
            for step, member in zip(*np.nonzero(draws[:, :, column] < chance), strict=True):
                share = float(draws[step, member, column] / chance[step, member])
                yield FaultSent(int(step), share, members[int(member)], code)

    def chances(self, kind: str, step: int, steps: int) -> Floats:
        """Return (n_steps, n_machines) uniform draws, such as for which readings are lost."""
        chances = np.empty((steps, len(self._roster.machines)))
        for name, members in self._members.items():
            if members:
                chances[:, members] = self._noise(kind, name, step, steps, 1, uniform=True)[:, :, 0]
        return chances

    def _shown(self, view: View, class_name: str, component: str, symptom: Symptom, column: int) -> Floats:
        seats = self._seats(class_name, component)
        beyond = np.maximum(view.severity[:, seats] - symptom.onset, 0.0) / (1.0 - symptom.onset)
        strength = np.exp(symptom.spread * view.strength[seats, column])
        shown: Floats = symptom.rise * strength * beyond**symptom.shape
        return shown

    def _seats(self, class_name: str, component: str) -> npt.NDArray[np.intp]:
        return self._roster.of_kind[class_name, component]

    def _keep_cadence(self, values: Floats, spec: SignalSpec, step: int) -> None:
        if spec.cadence_hours is not None:
            every = round(spec.cadence_hours / self._roster.file.step_hours)
            values[(np.arange(step, step + len(values)) % every) != 0] = np.nan

    def _lasting_offsets(self, class_name: str) -> Floats:
        signals = self._roster.classes[class_name].signals
        spreads = np.array([spec.machine_spread for spec in signals.values()])
        machines = [self._roster.machines[index].id for index in self._members[class_name]]
        draws = [generator(self._seed, machine, "offset").standard_normal(len(signals)) for machine in machines]
        offsets: Floats = np.array(draws).reshape(len(machines), len(signals)) * spreads
        return offsets

    def _noise(self, kind: str, class_name: str, step: int, steps: int, width: int, *, uniform: bool = False) -> Floats:
        first, last = step // _NOISE_BLOCK, (step + steps - 1) // _NOISE_BLOCK
        blocks = [self._noise_block(kind, class_name, index, width, uniform) for index in range(first, last + 1)]
        joined = blocks[0] if len(blocks) == 1 else np.concatenate(blocks)
        begin = step - first * _NOISE_BLOCK
        return joined[begin : begin + steps]

    def _noise_block(self, kind: str, class_name: str, index: int, width: int, uniform: bool) -> Floats:
        key = (kind, class_name, index)
        if key not in self._drawn:
            machines = [self._roster.machines[member].id for member in self._members[class_name]]
            block = np.empty((_NOISE_BLOCK, len(machines), width))
            for column, machine in enumerate(machines):
                draws = generator(self._seed, machine, kind, index)
                shape = (_NOISE_BLOCK, width)
                block[:, column, :] = draws.random(shape) if uniform else draws.standard_normal(shape)
            self._drawn[key] = block
            if len(self._drawn) > _KEPT_BLOCKS:
                self._drawn.popitem(last=False)
        return self._drawn[key]


def run_states(running: Booleans, held: Booleans, down: Booleans) -> npt.NDArray[np.int8]:
    """Return the place in `RUN_STATES` of each machine in each step; a failed one is failed whatever else."""
    awake = np.where(running, _RUNNING, np.where(held, _STOPPED, _STANDBY))
    return np.where(down, _FAILED, awake).astype(np.int8)


def catalogue_of(file: PlantFile) -> SignalCatalogue:
    """Return the signals of every class, with those that every machine has."""
    return SignalCatalogue({name: _signals(machine_class, file) for name, machine_class in file.classes.items()})


def _signals(machine_class: MachineClass, file: PlantFile) -> list[Signal]:
    own = [
        Signal(
            name,
            spec.unit,
            low=spec.low,
            high=spec.high,
            cadence=file.step if spec.cadence_hours is None else file.step / file.step_hours * spec.cadence_hours,
            label=spec.label,
        )
        for name, spec in machine_class.signals.items()
    ]
    return [
        *own,
        Signal("run_state", type=SignalType.STATE, states=RUN_STATES, cadence=file.step, label="state"),
        Signal("hours_run", "h", SignalType.COUNTER, low=0.0, cadence=file.step, label="hours run"),
    ]
