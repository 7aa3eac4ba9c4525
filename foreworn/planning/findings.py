"""What a technician found and did: the answer that becomes the label."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from foreworn.health.label import Outcome


class Finding(StrEnum):
    """What was found of what had been suspected."""

    AS_PREDICTED = "as_predicted"
    """The component shows the wear or damage that was suspected."""
    OTHER = "other"
    """Something else was wrong."""
    NOTHING = "nothing"
    """Inspected, and found in order."""
    NOT_INSPECTED = "not_inspected"
    """The work was done without looking: nobody can know."""

    @property
    def outcome(self) -> Outcome:
        """What it makes of the prediction that led here, where no failure came first."""
        return _OUTCOMES[self]


_OUTCOMES = {
    Finding.AS_PREDICTED: Outcome.FOUND,
    Finding.OTHER: Outcome.FOUND_OTHER,
    Finding.NOTHING: Outcome.FOUND_NOTHING,
    Finding.NOT_INSPECTED: Outcome.CENSORED,
}


class Action(StrEnum):
    """What was done to the component."""

    REPLACED = "replaced"
    REPAIRED = "repaired"
    ADJUSTED = "adjusted"
    NONE = "none"

    @property
    def renews(self) -> bool:
        """Whether the component's life begins anew."""
        return self is Action.REPLACED


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found, done and used on a job.

    Parameters
    ----------
    finding, action
        What was found, and what was done.
    note
        The technician's own words.
    labour
        Team time it took.
    parts
        (part, quantity) taken from stock, sorted by part. [pieces]
    cause
        Failure mode or cause as the technician names it; empty where not asked.
    """

    finding: Finding
    action: Action
    note: str = ""
    labour: timedelta = timedelta(0)
    parts: tuple[tuple[str, int], ...] = ()
    cause: str = ""
