"""Who is in a plant: its machines and components with their places in the arrays."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np

from foreworn.errors import ConfigurationError, NotFound
from foreworn.fleet.machine import Attachment, Machine
from simulators.plant.draws import generator
from simulators.plant.machine_class import ComponentSpec, MachineClass
from simulators.plant.plant_file import PlantFile
from simulators.plant.surroundings import Load, SiteSpec


@dataclass(frozen=True, slots=True)
class Seat:
    """One component of one machine, and its place in the arrays."""

    index: int
    machine: str
    machine_index: int
    class_name: str
    component: str
    spec: ComponentSpec

    @property
    def mode(self) -> str:
        """Its failure mode."""
        return self.spec.mode or self.spec.wear.mode


class Roster:
    """Machines in the order of their ids, and their components; what never changes while a plant runs.

    Parameters
    ----------
    file
        The plant.
    start
        When its simulation begins: machines that do not say are 2 to 12 years old then.
    seed
        Decides how old.

    Raises
    ------
    ConfigurationError
        If a machine is installed after the start.
    """

    def __init__(self, file: PlantFile, start: datetime, seed: int) -> None:
        self.file = file
        entries = sorted(file.machine_ids(), key=lambda entry: entry[0])
        self.sites: tuple[SiteSpec, ...] = tuple(site for _, site, _ in entries)
        self.loads: tuple[Load, ...] = tuple(file.loads[group.load] for _, _, group in entries)
        self.machines: tuple[Machine, ...] = tuple(
            Machine(
                id=machine,
                model=group.machine_class,
                site=site.id,
                installed_at=_installed(machine, group.installed, start, seed),
                components=tuple(sorted(file.classes[group.machine_class].components)),
            )
            for machine, site, group in entries
        )
        self.seats: tuple[Seat, ...] = self._seat_all()
        self.machine_of = np.array([seat.machine_index for seat in self.seats], dtype=np.intp)
        kinds: dict[tuple[str, str], list[int]] = {
            (name, component): []
            for name, machine_class in file.classes.items()
            for component in machine_class.components
        }
        for seat in self.seats:
            kinds[seat.class_name, seat.component].append(seat.index)
        self.of_kind = {kind: np.array(places, dtype=np.intp) for kind, places in kinds.items()}
        self._members: dict[str, list[int]] = {name: [] for name in file.classes}
        for index, machine in enumerate(self.machines):
            self._members[machine.model].append(index)
        self._machine_index = {machine.id: index for index, machine in enumerate(self.machines)}
        self._seat_index = {(seat.machine, seat.component): seat.index for seat in self.seats}

    @property
    def classes(self) -> Mapping[str, MachineClass]:
        """The machine classes, by name."""
        return self.file.classes

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """One device per machine, for as long as the machine works."""
        return tuple(
            sorted(
                (Attachment(device_of(machine.id), machine.id, machine.installed_at) for machine in self.machines),
                key=lambda seat: seat.device,
            )
        )

    def machine_index(self, machine: str) -> int:
        """Return a machine's place in the arrays.

        Raises
        ------
        NotFound
            If there is no such machine.
        """
        try:
            return self._machine_index[machine]
        except KeyError:
            raise NotFound("machine", machine, known=[m.id for m in self.machines][:20]) from None

    def seat(self, machine: str, component: str) -> Seat:
        """Return a component of a machine.

        Raises
        ------
        NotFound
            If there is no such machine, or it has no such component.
        """
        try:
            return self.seats[self._seat_index[machine, component]]
        except KeyError:
            known = self.machines[self.machine_index(machine)].components
            raise NotFound(f"component of machine {machine!r}", component, known=known) from None

    def of_class(self, name: str) -> list[int]:
        """Return the places of the machines of one class."""
        return self._members[name]

    def _seat_all(self) -> tuple[Seat, ...]:
        seats: list[Seat] = []
        for index, machine in enumerate(self.machines):
            for component in machine.components:
                spec = self.file.classes[machine.model].components[component]
                seats.append(Seat(len(seats), machine.id, index, machine.model, component, spec))
        return tuple(seats)


def device_of(machine: str) -> str:
    """Return the id of the device that speaks for a machine.

    Examples
    --------
    >>> device_of("mill-pump-1")
    'plc-mill-pump-1'
    """
    return f"plc-{machine}"


def _installed(machine: str, day: date | None, start: datetime, seed: int) -> datetime:
    if day is not None:
        since = datetime(day.year, day.month, day.day, tzinfo=UTC)
        if since >= start:
            raise ConfigurationError(
                f"machine {machine!r} is installed on {day}, but the simulation starts on {start:%Y-%m-%d}: "
                "give it an earlier `installed`, or start later"
            )
        return since
    years = 2.0 + 10.0 * generator(seed, machine, "installed").random()
    return (start - timedelta(days=round(365.25 * years))).replace(hour=0, minute=0, second=0, microsecond=0)
