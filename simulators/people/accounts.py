"""What a simulated plant's maintenance really cost, and what it really prevented."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from foreworn.economics.cost_table import CostTable


@dataclass(frozen=True, slots=True)
class Visit:
    """One predictive order that was carried out, with the truth that nobody in the plant knew.

    Parameters
    ----------
    order, machine, component, time
        Which, and when.
    replaced
        Whether the technician replaced the component.
    had_left
        How long it would have lasted if left alone; None: longer than anybody looks.
    """

    order: str
    machine: str
    component: str
    time: datetime
    replaced: bool
    had_left: timedelta | None


@dataclass(slots=True)
class Accounts:
    """The plant's books over one stretch; money in the currency of the costs.

    Parameters
    ----------
    costs
        What each kind of event costs.
    models
        The machine model of each machine.
    """

    costs: CostTable
    models: dict[str, str]
    cost: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    visits: list[Visit] = field(default_factory=list)

    def failed(self, machine: str, component: str) -> None:
        """Book a breakdown with the standstill that every one has."""
        self.counts["failures"] += 1
        self.cost += self.costs.of(self.models[machine], component).breakdown

    def replaced(self, machine: str, component: str) -> None:
        """Book a planned replacement."""
        self.counts["replacements"] += 1
        self.cost += self.costs.of(self.models[machine], component).planned

    def inspected(self, machine: str, component: str) -> None:
        """Book a visit that found nothing to replace."""
        self.counts["inspections"] += 1
        self.cost += self.costs.of(self.models[machine], component).inspection

    def waited(self, machine: str, component: str, span: timedelta) -> None:
        """Book a standstill beyond a breakdown's own: the part was not there."""
        self.cost += self.costs.of(self.models[machine], component).downtime_per_hour * (span / timedelta(hours=1))

    def missed_part(self) -> None:
        """Count a job whose part was not on the shelf when it was to begin."""
        self.counts["stockouts"] += 1

    def visited(self, visit: Visit) -> None:
        """Book a predictive order that was carried out."""
        self.visits.append(visit)
        if visit.replaced:
            self.replaced(visit.machine, visit.component)
        else:
            self.inspected(visit.machine, visit.component)

    def prevented(self, within: timedelta) -> int:
        """Count the predictive replacements of components that would have failed within this time."""
        return sum(v.replaced and v.had_left is not None and v.had_left <= within for v in self.visits)

    def false_orders(self) -> int:
        """Count the predictive orders whose visit found nothing to replace."""
        return sum(not v.replaced for v in self.visits)

    def replaced_early(self, within: timedelta) -> int:
        """Count the predictive replacements of components that would have lasted longer than this."""
        return sum(v.replaced and (v.had_left is None or v.had_left > within) for v in self.visits)
