"""What will be known when everything that was told is registered: what statements about it are held against."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from foreworn.economics.cost_table import ANY, CostTable
from foreworn.fleet.machine import Machine
from foreworn.loop.day_one.day_one import DayOne
from foreworn.loop.day_one.registered import Registered


class Prospect:
    """What is told and what is registered, seen as one.

    Parameters
    ----------
    day_one, registered
        What is told, and what is known before.
    now
        What lies ahead of this cannot have happened.
    """

    def __init__(self, day_one: DayOne, registered: Registered, *, now: datetime) -> None:
        self.day_one, self.registered, self.now = day_one, registered, now
        told = {line.says.id: registered.machine_told(line.says) for line in day_one.machines}
        self.machines: Mapping[str, Machine] = registered.machines | told
        self.models = {machine.model for machine in self.machines.values()}
        self.parts = {*registered.parts, *(line.says.id for line in day_one.parts)}
        self.costs = costs_after(day_one, registered)

    def can_tell(self, *fields: str) -> bool:
        """Tell whether the files of these fields could be read, so that nothing is missed in them by mistake."""
        return self.day_one.unread.isdisjoint(fields)

    def seat_problem(self, machine: str, component: str) -> tuple[str, str] | None:
        """Return the column and what is wrong with naming a component of a machine; None where both are known."""
        if not self.can_tell("machines"):
            return None
        known = self.machines.get(machine)
        if known is None:
            return "machine", f"{machine!r} is not known; add the machine to machines.csv or correct its id"
        if known.retired_at is not None:
            return "machine", f"{machine!r} was taken out of service at {known.retired_at:%Y-%m-%d}; remove the row"
        return self._component_problem(machine, component, known.components)

    def model_problem(self, model: str, component: str | None) -> tuple[str, str] | None:
        """Return the same for a component of a machine model, or for the model alone; `*` stands for every model."""
        if not self.can_tell("machines"):
            return None
        if model not in (ANY, *self.models):
            known = ", ".join([ANY, *sorted(self.models)])
            return "model", f"no machine is of the model {model!r}; write one of {known}"
        if component is None:
            return None
        of_model = [m for m in self.machines.values() if model in (ANY, m.model)]
        return self._component_problem(model, component, {c for m in of_model for c in m.components})

    def part_problem(self, part: str) -> tuple[str, str] | None:
        """Return the same for a part."""
        if part in self.parts or not self.can_tell("parts"):
            return None
        return "part", f"{part!r} is not known; add the part to parts.csv or correct its id"

    def assumed_costs(self) -> list[tuple[str, str]]:
        """Return the machine models and components whose costs nobody has given, sorted."""
        working = [machine for machine in self.machines.values() if machine.retired_at is None]
        pairs = sorted({(machine.model, component) for machine in working for component in machine.components})
        return [pair for pair in pairs if self.costs.of(*pair).assumed]

    def _component_problem(self, owner: str, component: str, has: Iterable[str]) -> tuple[str, str] | None:
        names = sorted(has)
        if component in names:
            return None
        known = f"only {', '.join(names)}" if names else "none that anybody has named"
        return "component", f"{owner!r} has no component {component!r}, {known}; correct it or add it in machines.csv"


def costs_after(day_one: DayOne, registered: Registered) -> CostTable:
    """Return the cost table as it will be."""
    merged = registered.costs.merged((line.says.key, line.says.cost) for line in day_one.costs)
    currency = day_one.costs[0].says.currency if day_one.costs else registered.costs.currency
    return CostTable(merged.rows, currency)
