"""Who does the work, and how many hours they have for it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Technician:
    """One person or crew of the maintenance team.

    Parameters
    ----------
    id
        Unique; the user name of who sees the jobs on a phone.
    name
        What people call them.
    weekly_hours
        Time for planned work in a week.
    skills
        What they may do; empty: everything.
    active
        Whether they can be given jobs.
    """

    id: str
    name: str
    weekly_hours: timedelta
    skills: tuple[str, ...] = ()
    active: bool = True

    def __post_init__(self) -> None:
        """Refuse hours that no week has."""
        if not timedelta(0) <= self.weekly_hours <= timedelta(weeks=1) * 100:
            raise ValueError(f"weekly_hours is {self.weekly_hours}: a team's hours in a week are at least 0")


class Team(Protocol):
    """Keeps the technicians; lives in the operations store, inside a transaction."""

    def put(self, technician: Technician) -> None:
        """Add or update one, by id."""
        ...

    def all(self) -> list[Technician]:
        """Return all, sorted by id."""
        ...
