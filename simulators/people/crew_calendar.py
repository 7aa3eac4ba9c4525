"""When a crew can come: its working hours, less what it has promised already."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from foreworn.planning.work_order import Booking
from simulators.plant.supplies import CrewSpec

HOUR = timedelta(hours=1)
_LOOK_AHEAD = timedelta(days=60)


class CrewCalendar:
    """One crew's promises.

    Parameters
    ----------
    crew
        Its hours, and how many of it can work at the same time.
    utc_offset
        Its local time less UTC.
    """

    def __init__(self, crew: CrewSpec, utc_offset: timedelta) -> None:
        self.crew = crew
        self._offset = utc_offset
        self._taken: Counter[datetime] = Counter()
        self._promised: dict[Booking, list[list[datetime]]] = defaultdict(list)

    def book(self, earliest: datetime, labour: timedelta) -> Booking | None:
        """Promise the first window from `earliest` on; a job that outlasts a day goes on the next morning.

        None where the crew has no free hours within sixty days.
        """
        needed = max(1, -(-labour // HOUR))
        hours: list[datetime] = []
        for hour in self._working_hours(earliest):
            if self._taken[hour] < self.crew.people:
                hours.append(hour)
                if len(hours) == needed:
                    return self._promise(hours)
        return None

    def release(self, booking: Booking) -> None:
        """Take a promise back: its hours are free for other jobs."""
        self._taken.subtract(self._promised[booking].pop())

    def _promise(self, hours: list[datetime]) -> Booking:
        booking = Booking(self.crew.id, hours[0], hours[-1] + HOUR)
        self._taken.update(hours)
        self._promised[booking].append(hours)
        return booking

    def _working_hours(self, earliest: datetime) -> Iterator[datetime]:
        hour = earliest.replace(minute=0, second=0, microsecond=0)
        if hour < earliest:
            hour += HOUR
        end = hour + _LOOK_AHEAD
        while hour < end:
            local = hour + self._offset
            if local.weekday() in self.crew.weekdays and self.crew.from_hour <= local.hour < self.crew.to_hour:
                yield hour
            hour += HOUR
