"""What is done by the calendar: a task on a component, every so often."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class MaintenancePlan:
    """A preventive task that comes due again and again.

    Parameters
    ----------
    id
        Unique.
    machine, component
        What is worked on.
    task
        What is to be done.
    every
        From one time to the next.
    last_done
        When it was done last; the first one is due `every` after this.
    labour
        The team's time it takes.
    """

    id: str
    machine: str
    component: str
    task: str
    every: timedelta
    last_done: datetime
    labour: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        """Refuse a plan that is always due."""
        if self.every <= timedelta(0):
            raise ValueError(f"plan {self.id!r} comes due every {self.every}: a plan's interval is above 0")

    def next_due(self) -> datetime:
        """Return when it is due next."""
        return self.last_done + self.every


class PlanBook(Protocol):
    """Keeps the maintenance plans; lives in the operations store, inside a transaction."""

    def put(self, plan: MaintenancePlan) -> None:
        """Add or update one, by id.

        Raises
        ------
        NotFound
            If the machine is not registered.
        """
        ...

    def all(self, *, machine: str | None = None) -> list[MaintenancePlan]:
        """Return all, or one machine's, sorted by id."""
        ...
