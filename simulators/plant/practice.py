"""How a plant is kept without Foreworn: run to failure, or replaced by age."""

import heapq
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from foreworn.economics.cost_table import ComponentCost
from simulators.plant.period import Failure, Period
from simulators.plant.plant import Plant, Replacement

Ages = Mapping[tuple[str, str], timedelta]
"""By (machine class, component): the age, in days on the calendar, at which it is replaced."""


@dataclass(frozen=True, slots=True)
class Practice:
    """A rule of maintenance that looks at ages only.

    A failed component is replaced when its unplanned downtime is over. One that reaches its age is replaced at
    once, whatever the hour: no crew and no part is ever missing, in this practice's favour. The machine
    stands still for the planned downtime.

    Parameters
    ----------
    ages
        The ages at which components are replaced; one that is not named runs to failure.
    """

    ages: Ages = field(default_factory=dict)


RUN_TO_FAILURE = Practice()


def keep(
    plant: Plant,
    end: datetime,
    practice: Practice,
    *,
    telemetry: bool = False,
    on_progress: Callable[[datetime], None] | None = None,
) -> Iterator[Period | Replacement]:
    """Run a plant until `end` under a practice; yields what happens as it happens.

    Parameters
    ----------
    plant
        Is changed: fork it first to keep it.
    end
        Up to where; a failure in the last hours may be left unrepaired.
    practice
        How it is kept.
    telemetry
        Whether the periods carry readings and fault messages.
    on_progress
        Called with the simulated time reached, now and then.
    """
    keeper = _Keeper(plant, practice)
    while plant.now < end:
        yield from keeper.do_what_is_due()
        steps = min(keeper.steps_until_due(), -(-(end - plant.now) // plant.step))
        period = plant.advance(steps, telemetry=telemetry, until_failure=True)
        keeper.note(period.failures)
        if on_progress is not None:
            on_progress(plant.now)
        yield period


class _Keeper:
    """The jobs that a practice has before it, by time."""

    def __init__(self, plant: Plant, practice: Practice) -> None:
        self._plant = plant
        self._ages = practice.ages
        self._jobs: list[tuple[datetime, str, str]] = []
        for seat in plant.roster.seats:
            if plant.condition(seat.machine, seat.component).failed:
                self._plan_repair(plant.now, seat.machine, seat.component)
            else:
                self._plan_by_age(seat.machine, seat.component)

    def steps_until_due(self) -> int:
        if not self._jobs:
            return 1 << 30
        return max(1, -(-(self._jobs[0][0] - self._plant.now) // self._plant.step))

    def note(self, failures: tuple[Failure, ...]) -> None:
        for failure in failures:
            job = next((j for j in self._jobs if j[1:] == (failure.machine, failure.component)), None)
            if job is not None:
                self._jobs.remove(job)
                heapq.heapify(self._jobs)
            self._plan_repair(failure.time, failure.machine, failure.component)

    def do_what_is_due(self) -> Iterator[Replacement]:
        while self._jobs and self._jobs[0][0] <= self._plant.now:
            _, machine, component = heapq.heappop(self._jobs)
            failed = self._plant.condition(machine, component).failed
            standstill = timedelta(0) if failed else self._cost(machine, component).planned_downtime
            yield self._plant.replace(machine, component, standstill=standstill)
            self._plan_by_age(machine, component)

    def _plan_repair(self, failed_at: datetime, machine: str, component: str) -> None:
        done = failed_at + self._cost(machine, component).unplanned_downtime
        heapq.heappush(self._jobs, (done, machine, component))

    def _plan_by_age(self, machine: str, component: str) -> None:
        seat = self._plant.roster.seat(machine, component)
        age = self._ages.get((seat.class_name, component))
        if age is not None:
            due = self._plant.installed_at(machine, component) + age
            heapq.heappush(self._jobs, (max(due, self._plant.now), machine, component))

    def _cost(self, machine: str, component: str) -> ComponentCost:
        return self._plant.costs.of(self._plant.roster.seat(machine, component).class_name, component)
