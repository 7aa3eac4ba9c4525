"""Machines, their components, and the devices that speak for them."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine of the fleet.

    Parameters
    ----------
    id
        Unique in the fleet.
    model
        The machine model; the signal catalogue is keyed by it.
    site
        Where it stands.
    installed_at
        When it began to work; its age counts from here.
    components
        Ids of the components that can fail and be replaced, sorted.
    retired_at
        When it was taken out of service; None: it works.
    """

    id: str
    model: str
    site: str
    installed_at: datetime
    components: tuple[str, ...] = ()
    retired_at: datetime | None = None

    def in_service_at(self, time: datetime) -> bool:
        """Tell whether it was installed and not yet retired."""
        return self.installed_at <= time and (self.retired_at is None or time < self.retired_at)

    def age_years(self, time: datetime) -> int:
        """Return the full calendar years since installation.

        Examples
        --------
        >>> from datetime import UTC, datetime
        >>> pump = Machine("pump-1", "px", "west", datetime(2020, 3, 1, tzinfo=UTC))
        >>> pump.age_years(datetime(2026, 2, 28, tzinfo=UTC))
        5
        >>> pump.age_years(datetime(2026, 3, 1, tzinfo=UTC))
        6
        """
        before_anniversary = (time.month, time.day) < (self.installed_at.month, self.installed_at.day)
        return time.year - self.installed_at.year - before_anniversary


@dataclass(frozen=True, slots=True)
class Attachment:
    """A device sits on a machine from `since` until `until` (None: still), half-open."""

    device: str
    machine: str
    since: datetime
    until: datetime | None = None

    def covers(self, time: datetime) -> bool:
        """Tell whether the device sat on the machine at `time`."""
        return self.since <= time and (self.until is None or time < self.until)
