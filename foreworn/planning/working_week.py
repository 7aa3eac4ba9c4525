"""When the team works: the hours in which planned work can begin."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WorkingWeek:
    """The same hours on each working day, in UTC.

    Parameters
    ----------
    opens, closes
        Planned work can begin from `opens` on, up to but not at `closes`, on the same day.
    days
        Working days, Monday is 0.

    Raises
    ------
    ValueError
        If it has no hours or no days.

    Examples
    --------
    >>> from datetime import UTC
    >>> week = WorkingWeek(days=(0, 1, 2, 3, 4))
    >>> friday_night = datetime(2026, 1, 2, 22, tzinfo=UTC)
    >>> week.next_opening(friday_night).isoformat()
    '2026-01-05T06:00:00+00:00'
    """

    opens: time = time(6)
    closes: time = time(18)
    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)

    def __post_init__(self) -> None:
        """Refuse a week in which nobody works."""
        if self.closes <= self.opens:
            raise ValueError(f"the working day ends at {self.closes}, before it begins at {self.opens}")
        if not set(self.days) & set(range(7)) or not set(self.days) <= set(range(7)):
            raise ValueError(f"working days are {self.days}: give some of 0 (Monday) to 6")

    def next_opening(self, moment: datetime) -> datetime:
        """Return the first time at or after `moment` at which planned work can begin."""
        for day in range(8):
            midnight = _midnight(moment) + day * _DAY
            opens, closes = _at(midnight, self.opens), _at(midnight, self.closes)
            if midnight.weekday() in self.days and moment < closes:
                return max(moment, opens)
        raise AssertionError("a week has a working day")

    def next_closing(self, moment: datetime) -> datetime:
        """Return when the working hours end that go on at `moment` or come next."""
        return _at(_midnight(self.next_opening(moment)), self.closes)


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _at(midnight: datetime, hour: time) -> datetime:
    return midnight.replace(hour=hour.hour, minute=hour.minute, second=hour.second)
