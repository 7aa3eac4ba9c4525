"""A plant that runs: it wears, speaks, fails, and is repaired."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import numpy as np

from foreworn.economics.cost_table import CostTable
from foreworn.fleet.machine import Attachment, Machine
from foreworn.telemetry.signal import SignalCatalogue
from simulators.plant.draws import generator
from simulators.plant.inputs import Inputs
from simulators.plant.life_record import LifeEnd, LifeRecord
from simulators.plant.lives import Lives
from simulators.plant.look_ahead import end_of_life
from simulators.plant.observer import Observer
from simulators.plant.outputs import FaultSent, catalogue_of
from simulators.plant.period import Failure, MachineEvent, Period, joined
from simulators.plant.plant_file import PlantFile
from simulators.plant.roster import Roster, Seat
from simulators.plant.state import LONGEST_BLOCK, Block, Dynamics, State
from simulators.plant.supplies import CrewSpec, PartSpec

Kind = Literal["preventive", "corrective"]

_MILLISECOND = timedelta(milliseconds=1)
_MOST_WORN_AT_START = 0.85
_OLDEST_AT_START_DAYS = 1500.0


@dataclass(frozen=True, slots=True)
class Condition:
    """The truth about a component.

    Parameters
    ----------
    damage
        As a share of that at which it fails, 0 to 1. [unitless]
    worn
        Whether a technician who looks at it sees the wear.
    failed
        Whether it has failed.
    """

    damage: float
    worn: bool
    failed: bool


@dataclass(frozen=True, slots=True)
class Replacement:
    """A component was replaced, and what the old one was like."""

    time: datetime
    machine: str
    component: str
    kind: Kind
    found: Condition


class Plant:
    """Machines that wear as a plant file says, step by step, in simulated time.

    All that is random belongs to a component's k-th life, or to a machine and the calendar, so two runs
    with different maintenance meet the same lives, loads and weather.

    Parameters
    ----------
    file
        The plant.
    start
        When the simulation begins, aware UTC.
    seed
        None: the file's.

    Raises
    ------
    ValueError
        If `start` is not aware.
    ConfigurationError
        If a machine is installed after `start`.
    """

    def __init__(self, file: PlantFile, start: datetime, seed: int | None = None) -> None:
        if start.tzinfo is None:
            raise ValueError(f"start {start} needs a time zone")
        self.file = file
        self.start = start
        self.seed = file.seed if seed is None else seed
        self.roster = Roster(file, start, self.seed)
        self.inputs = Inputs(self.roster, start, self.seed)
        self.lives = Lives(self.roster, self.seed)
        self.catalogue: SignalCatalogue = catalogue_of(file)
        self.costs: CostTable = file.costs
        self._observer = Observer(self.roster, self.inputs, self.seed)
        self._dynamics = Dynamics(self.roster, self.inputs, self.lives)
        self._installed: list[datetime] = []
        self._failed_at: dict[int, datetime] = {}
        self._ended: list[LifeRecord] = []
        self.state = self._at_start()

    @property
    def machines(self) -> tuple[Machine, ...]:
        """The fleet, sorted by id."""
        return self.roster.machines

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """The devices that speak for the machines."""
        return self.roster.attachments

    @property
    def parts(self) -> tuple[PartSpec, ...]:
        """The parts that replacements use."""
        return self.file.parts

    @property
    def crews(self) -> tuple[CrewSpec, ...]:
        """The teams; sites that the file gives nobody have one person, five days a week."""
        covered = {site for crew in self.file.crews for site in crew.sites}
        alone = tuple(sorted({site.id for site in self.file.sites} - covered))
        if not alone or any(not crew.sites for crew in self.file.crews):
            return self.file.crews
        taken = {crew.id for crew in self.file.crews}
        name = next(n for n in ("crew", "crew-2", "crew-3", "crew-of-the-others") if n not in taken)
        return (*self.file.crews, CrewSpec(id=name, sites=alone))

    @property
    def step(self) -> timedelta:
        """The length of a step."""
        return self.file.step

    @property
    def now(self) -> datetime:
        """The simulated present."""
        return self._time(self.state.step)

    def part_of(self, machine: str, component: str) -> str | None:
        """Return the id of the part that replacing a component uses, or None."""
        return self.roster.seat(machine, component).spec.part

    def fork(self) -> "Plant":
        """Return a plant in the same state that goes on independently, with the same luck ahead of it.

        Forks share what is drawn once for all, so use a plant and its forks in one thread.
        """
        twin = object.__new__(Plant)
        twin.__dict__.update(self.__dict__)
        twin.state = self.state.copy()
        twin._dynamics = self._dynamics.copy()
        twin._installed = list(self._installed)
        twin._failed_at = dict(self._failed_at)
        twin._ended = list(self._ended)
        return twin

    def advance(self, steps: int = 1, *, telemetry: bool = True, until_failure: bool = False) -> Period:
        """Let time pass.

        Parameters
        ----------
        steps
            How many steps, at least 1.
        telemetry
            Whether readings and fault messages are wanted; without them it is faster.
        until_failure
            Stop at the end of the first step in which something fails.

        Raises
        ------
        ValueError
            If `steps` is below 1.
        """
        if steps < 1:
            raise ValueError(f"steps is {steps}: it must be at least 1")
        pieces: list[Period] = []
        while steps > 0:
            piece = self._advance_block(min(steps, LONGEST_BLOCK), telemetry, until_failure)
            pieces.append(piece)
            steps -= (piece.end - piece.start) // self.step
            if until_failure and piece.failures:
                break
        return joined(pieces)

    def steps_to_failure(self, limit: int) -> tuple[int, tuple[str, str]] | None:
        """Return how many whole steps pass before the first failure, and whose it is; None if beyond `limit`.

        Time does not pass. For judging policies: nobody in the plant can know this.
        """
        probe = self.fork()
        for begin in range(0, limit, LONGEST_BLOCK):
            block = probe._dynamics.block(probe.state, min(LONGEST_BLOCK, limit - begin))
            if block.crossings:
                seat = self.roster.seats[block.crossings[0].seat]
                return begin + block.crossings[0].step, (seat.machine, seat.component)
            probe._commit(block, len(block.running))
        return None

    def replace(
        self, machine: str, component: str, kind: Kind | None = None, *, standstill: timedelta = timedelta(0)
    ) -> Replacement:
        """Replace a component now; it is as good as new, or as good as its `restores` says.

        Parameters
        ----------
        machine, component
            What is replaced.
        kind
            Why; by default corrective if it has failed and preventive otherwise.
        standstill
            How long the machine stands still for it from now on.

        Raises
        ------
        NotFound
            If there is no such machine or component.
        ValueError
            If `kind` is preventive and the component has failed already.
        """
        seat = self.roster.seat(machine, component)
        found = self.condition(machine, component)
        if kind == "preventive" and found.failed:
            raise ValueError(f"{component} of {machine} has failed: replacing it is corrective")
        kind = kind or ("corrective" if found.failed else "preventive")
        self._ended.append(self._record(seat, ended=self._failed_at.pop(seat.index, self.now), failed=found.failed))
        state = self.state
        state.consumed[seat.index] *= 1.0 - seat.spec.restores
        state.number[seat.index] += 1
        state.age[seat.index] = 0
        state.failed[seat.index] = False
        self._installed[seat.index] = self.now
        self._fit(seat)
        if standstill > timedelta(0):
            self.stop_for(machine, standstill)
        return Replacement(self.now, machine, component, kind, found)

    def stop_for(self, machine: str, span: timedelta) -> None:
        """Keep a machine standing for a span from now on; a shorter stop never cuts a longer one short."""
        index = self.roster.machine_index(machine)
        until = self.state.step + -(-span // self.step)
        self.state.held_until[index] = max(self.state.held_until[index], until)

    def condition(self, machine: str, component: str) -> Condition:
        """Return the truth about a component, as a technician finds it who takes it apart."""
        seat = self.roster.seat(machine, component)
        damage = float(self._dynamics.damage(self.state.consumed)[seat.index])
        failed = bool(self.state.failed[seat.index])
        damage = 1.0 if failed else damage
        return Condition(damage, damage >= seat.spec.visible_from, failed)

    def installed_at(self, machine: str, component: str) -> datetime:
        """Return since when the component that is there now has been there."""
        return self._installed[self.roster.seat(machine, component).index]

    def remaining_life(
        self, machine: str, component: str, *, look_ahead: timedelta = timedelta(days=730)
    ) -> timedelta | None:
        """Return when a component would fail if it were left alone; None if not within `look_ahead`.

        The machine is taken to run whenever its load asks it to, from the end of a stop that is on now.
        """
        seat = self.roster.seat(machine, component)
        if self.state.failed[seat.index]:
            return timedelta(0)
        state = self.state
        begin = max(state.step, int(state.held_until[seat.machine_index]))
        end = end_of_life(
            self.inputs,
            self.lives.of(seat.index, int(state.number[seat.index])),
            seat=seat.index,
            step=begin,
            consumed=float(state.consumed[seat.index]),
            age=int(state.age[seat.index]) + begin - state.step,
            until=begin + look_ahead // self.step,
        )
        return None if end is None else (end - state.step) * self.step

    def life_records(self) -> list[LifeRecord]:
        """Return every life so far, ended or not, in the order of machine, component, number."""
        running = [
            self._record(seat, ended=self._failed_at.get(seat.index), failed=bool(self.state.failed[seat.index]))
            for seat in self.roster.seats
        ]
        return sorted([*self._ended, *running], key=lambda r: (r.machine, r.component, r.number))

    # How it begins.

    def _at_start(self) -> State:
        seats, machines = len(self.roster.seats), len(self.roster.machines)
        self.state = State(
            step=0,
            consumed=np.zeros(seats),
            number=np.zeros(seats, dtype=np.int64),
            age=np.zeros(seats, dtype=np.int64),
            failed=np.zeros(seats, dtype=np.bool_),
            held_until=np.zeros(machines, dtype=np.int64),
            hours_run=np.zeros(machines),
        )
        month = round(28 * timedelta(days=1) / self.step)
        self.inputs.reach(month)
        for seat in self.roster.seats:
            self._fit(seat)
            used = _MOST_WORN_AT_START * generator(self.seed, seat.machine, seat.component, "used").random()
            self.state.consumed[seat.index] = used * self._dynamics.limit[seat.index]
            since = self.start - self._time_to_wear(seat, month)
            self._installed.append(max(since, self.machines[seat.machine_index].installed_at))
        duty = (self.inputs.load[:month] > 0.0).mean(axis=0)
        for index, machine in enumerate(self.machines):
            age = max(0.0, (self.start - machine.installed_at) / timedelta(hours=1))
            self.state.hours_run[index] = round(age * duty[index])
        return self.state

    def _time_to_wear(self, seat: Seat, month: int) -> timedelta:
        """Return how long it took, at the pace of the month ahead, to wear as far as it is."""
        pace = self.lives.of(seat.index, 0).pace * float(self.inputs.stress[:month, seat.index].mean())
        longest = _OLDEST_AT_START_DAYS * 24.0 / self.file.step_hours
        steps = min(longest, float(self.state.consumed[seat.index]) / pace) if pace > 0.0 else 0.0
        return max(1, round(steps)) * self.step

    # How it goes on.

    def _fit(self, seat: Seat) -> None:
        self._dynamics.fit(seat.index, int(self.state.number[seat.index]))

    def _advance_block(self, steps: int, telemetry: bool, until_failure: bool) -> Period:
        block = self._dynamics.block(self.state, steps)
        if until_failure and block.crossings:
            steps = block.crossings[0].step + 1
        failures = tuple(self._failures(block, steps))
        trips = [MachineEvent(f.time, f.machine, "TRIP", "error", f"stopped: {f.mode}") for f in failures]
        start = self.now
        readings, faults = self._observer.observe(self.state, block, steps, self._dynamics) if telemetry else (None, [])
        said = [*trips, *(self._fault_event(fault) for fault in faults)]
        self._commit(block, steps)
        events = tuple(sorted(said, key=lambda e: (e.time, e.machine, e.code)))
        return Period(start, self.now, self.step, failures, events, readings, self.roster)

    def _fault_event(self, sent: FaultSent) -> MachineEvent:
        machine = self.machines[sent.machine_index]
        fault = self.roster.classes[machine.model].faults[sent.code]
        return MachineEvent(self._moment(sent.step, sent.share), machine.id, sent.code, fault.severity, fault.message)

    def _failures(self, block: Block, steps: int) -> Iterator[Failure]:
        for crossing in block.crossings:
            if crossing.step < steps:
                seat = self.roster.seats[crossing.seat]
                time = self._moment(crossing.step, crossing.share)
                self._failed_at[seat.index] = time
                yield Failure(time, seat.machine, seat.component, seat.mode)

    def _commit(self, block: Block, steps: int) -> None:
        state = self.state
        state.consumed = block.consumed[steps].copy()
        state.hours_run += block.worked[:steps].sum(axis=0) * self.file.step_hours
        state.failed[[c.seat for c in block.crossings if c.step < steps]] = True
        state.age += steps
        state.step += steps

    def _record(self, seat: Seat, *, ended: datetime | None, failed: bool) -> LifeRecord:
        how = LifeEnd.FAILED if failed else LifeEnd.REPLACED if ended is not None else LifeEnd.IN_USE
        left = None if failed else self.remaining_life(seat.machine, seat.component)
        return LifeRecord(
            machine=seat.machine,
            component=seat.component,
            number=int(self.state.number[seat.index]),
            installed=self._installed[seat.index],
            ended=ended,
            how=how,
            would_have_failed_at=ended if failed else None if left is None else self.now + left,
        )

    def _moment(self, step: int, share: float) -> datetime:
        """Return a time inside a step of the present block, to the millisecond."""
        offset = min(int(share * (self.step / _MILLISECOND)), self.step // _MILLISECOND - 1)
        return self._time(self.state.step + step) + offset * _MILLISECOND

    def _time(self, step: int) -> datetime:
        return self.start + step * self.step
