"""The truth about one life of a component: what became of it, and what would have."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class LifeEnd(StrEnum):
    """How a life ended."""

    FAILED = "failed"
    REPLACED = "replaced"
    """Before it failed."""
    IN_USE = "in_use"


@dataclass(frozen=True, slots=True)
class LifeRecord:
    """One component from its fitting to its end.

    Parameters
    ----------
    machine, component
        The seat.
    number
        Which one it is in its seat; 0 was there at the start.
    installed, ended
        From when to when; None while it is in use.
    how
        How it ended.
    would_have_failed_at
        When it would have failed if it had been left alone; when it failed, if it did. None: not
        within two years.
    """

    machine: str
    component: str
    number: int
    installed: datetime
    ended: datetime | None
    how: LifeEnd
    would_have_failed_at: datetime | None
