"""The team's hours in the coming week: what is taken, and what is best done in the rest."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from foreworn.planning.technician import Technician
from foreworn.planning.work_order import WorkOrder, WorkOrderState

WEEK = timedelta(weeks=1)
_NONE = timedelta(0)
_COMMITTED = (WorkOrderState.APPROVED, WorkOrderState.SCHEDULED, WorkOrderState.IN_PROGRESS)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TeamHours:
    """Hours of one week.

    Parameters
    ----------
    available
        What the team has for planned work; None while nobody has said who the team is: then nothing is capped.
    planned
        What approved, scheduled and running orders take of it.
    """

    available: timedelta | None
    planned: timedelta

    @property
    def free(self) -> timedelta | None:
        """What is left, at least nothing; None: no end."""
        return None if self.available is None else max(self.available - self.planned, _NONE)


def team_hours(technicians: Iterable[Technician], orders: Iterable[WorkOrder], now: datetime) -> TeamHours:
    """Return the hours of the week from `now` on.

    A booked order counts in the week that it is booked for, one without a booking in the week that it is due
    in; one that is overdue or has no date is to be done now.
    """
    team = list(technicians)
    available = sum((t.weekly_hours for t in team if t.active), _NONE) if team else None
    return TeamHours(available, sum((o.labour for o in orders if _falls_in_week(o, now)), _NONE))


def _falls_in_week(order: WorkOrder, now: datetime) -> bool:
    if order.state not in _COMMITTED:
        return False
    if order.state is WorkOrderState.IN_PROGRESS:
        return True
    begins = order.booking.start if order.booking is not None else order.due
    return begins is None or begins < now + WEEK


def best_within(
    jobs: Sequence[T], free: timedelta | None, *, value: Callable[[T], float], labour: Callable[[T], timedelta]
) -> list[T]:
    """Return the jobs that are worth most together in the free hours, in the order given.

    Which jobs to take is a knapsack problem. Taking them by value for each hour is near the best where jobs
    are small beside the week; taking them by value is better where a large one is worth more than what it
    crowds out. Both are tried, and the better one is at least half of the best there is: a planner can follow
    either, and could not follow an optimum that changes wholly with one more hour [1]_.

    References
    ----------
    .. [1] H. Kellerer, U. Pferschy, D. Pisinger, *Knapsack Problems*, Springer, 2004, section 2.1.

    Examples
    --------
    >>> hours = {"long": 10, "short": 2, "quick": 1}
    >>> worth = {"long": 100.0, "short": 60.0, "quick": 20.0}
    >>> best_within(
    ...     list(hours), timedelta(hours=10), value=worth.__getitem__, labour=lambda j: timedelta(hours=hours[j])
    ... )
    ['long']
    """
    if free is None:
        return list(jobs)

    def density(at: int) -> float:
        hours = labour(jobs[at]) / timedelta(hours=1)
        return value(jobs[at]) / hours if hours > 0 else float("inf")

    by_value = sorted(range(len(jobs)), key=lambda at: (-value(jobs[at]), at))
    by_density = sorted(range(len(jobs)), key=lambda at: (-density(at), at))
    fills = [_fill(order, [labour(job) for job in jobs], free) for order in (by_value, by_density)]
    best = max(fills, key=lambda taken: sum(value(jobs[at]) for at in taken))
    return [jobs[at] for at in sorted(best)]


def _fill(order: Iterable[int], labour: Sequence[timedelta], free: timedelta) -> list[int]:
    taken = []
    for at in order:
        if labour[at] <= free:
            taken.append(at)
            free -= labour[at]
    return taken
