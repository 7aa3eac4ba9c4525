"""A whole plant as its TOML file describes it."""

from collections.abc import Iterator
from datetime import timedelta

from pydantic import Field

from foreworn.economics.cost_table import CostTable
from simulators.plant.machine_class import ComponentSpec, MachineClass
from simulators.plant.part_of_file import Identity, Name, PartOfFile, Share
from simulators.plant.supplies import CrewSpec, PartSpec
from simulators.plant.surroundings import Load, MachineGroup, SiteSpec, Weather


class BadData(PartOfFile):
    """What goes wrong between a machine and the store."""

    lost_share: Share = Field(0.0, description="Share of readings that never arrive. [0-1]")
    late_share: Share = Field(0.0, description="Share of readings that arrive late; only on the live wire. [0-1]")
    late_hours: float = Field(6.0, gt=0.0, le=720.0, description="How late those are. [h]")


class PlantFile(PartOfFile):
    """A plant: sites with machines, what is asked of them, how they wear, what maintaining them costs."""

    name: str = Field(min_length=1, max_length=100, description="What a person reads.")
    currency: str = Field("EUR", pattern="^[A-Z]{3}$", description="ISO 4217 code of all money in the file.")
    seed: int = Field(
        1, ge=0, le=4_294_967_295, description="Decides all that is drawn; the command line may give another."
    )
    step_hours: float = Field(
        1.0, gt=0.0, le=24.0, description="Length of a step, and time between readings; divides 24 h evenly. [h]"
    )
    utc_offset_hours: float = Field(0.0, ge=-12.0, le=14.0, description="Local time less UTC; no summer time. [h]")
    weather: Weather = Field(Weather(), description="The air around the plant.")
    bad_data: BadData = Field(BadData(), description="What goes wrong on the way to the store.")
    loads: dict[Name, Load] = Field(min_length=1, description="What is asked of machines, by name.")
    classes: dict[Name, MachineClass] = Field(min_length=1, description="The machine classes, by name.")
    parts: tuple[PartSpec, ...] = Field((), description="The parts that replacements use.")
    crews: tuple[CrewSpec, ...] = Field((), description="The teams.")
    sites: tuple[SiteSpec, ...] = Field(min_length=1, description="The sites and their machines.")

    @property
    def step(self) -> timedelta:
        """The length of a step."""
        return timedelta(hours=self.step_hours)

    @property
    def costs(self) -> CostTable:
        """What maintaining and failing costs, by machine class and component."""
        rows = {(name, component): spec.cost.of_component() for name, component, spec in self.components()}
        return CostTable(rows, self.currency)

    def components(self) -> Iterator[tuple[str, str, ComponentSpec]]:
        """Iterate over (class, component name, component)."""
        for name, machine_class in self.classes.items():
            for component, spec in sorted(machine_class.components.items()):
                yield name, component, spec

    def machine_ids(self) -> Iterator[tuple[Identity, SiteSpec, MachineGroup]]:
        """Iterate over (machine id, its site, its group), numbered on over groups of one prefix."""
        for site in self.sites:
            counts: dict[str, int] = {}
            for group in site.machines:
                prefix = group.prefix or group.machine_class.replace("_", "-")
                for _ in range(group.count):
                    counts[prefix] = counts.get(prefix, 0) + 1
                    yield f"{site.id}-{prefix}-{counts[prefix]}", site, group
