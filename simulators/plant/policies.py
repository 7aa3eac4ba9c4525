"""What a stretch of a plant's time costs under policies that need no forecast: the bar and the ceiling.

All run the same lives, loads and weather from the same state. None of them ever waits for a crew or a part,
and planned work may be done at any hour: whatever is compared with them is compared in their favour.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import numpy as np

from simulators.plant.look_ahead import end_of_life
from simulators.plant.period import Period
from simulators.plant.plant import Plant
from simulators.plant.practice import RUN_TO_FAILURE, Ages, Practice, keep
from simulators.plant.roster import Seat

_CANDIDATES = 24
_DAY = timedelta(days=1)
_TRIED = (12, 24)
_SPREADS = (0.3, 0.15, 0.08, 0.04)
_MOST_ROUNDS = 3
Grid = Mapping[tuple[str, str], Sequence[timedelta | None]]
Nearby = Callable[[tuple[str, str], timedelta | None], Sequence[timedelta | None]]


@dataclass(frozen=True, slots=True)
class Priced:
    """What a policy did over a stretch and what that cost.

    Parameters
    ----------
    cost
        Planned replacements, breakdowns with their standstill, inspections. [currency of the plant]
    failures, preventive, inspections
        How many of each.
    by_component
        (failures, preventive) by (machine class, component).
    ages
        The ages it replaced at, where it is a policy by age.
    """

    cost: float
    failures: int
    preventive: int
    inspections: int
    by_component: Mapping[tuple[str, str], tuple[int, int]]
    ages: Ages


class Ledger:
    """Adds up what happens; every policy's account, whoever makes the decisions.

    Parameters
    ----------
    plant
        The plant whose costs count.
    """

    def __init__(self, plant: Plant) -> None:
        self._plant = plant
        self._counts: dict[tuple[str, str], list[int]] = {
            (seat.class_name, seat.component): [0, 0, 0] for seat in plant.roster.seats
        }

    def failed(self, machine: str, component: str) -> None:
        """Book a failure with its repair."""
        self._counts[self._key(machine, component)][0] += 1

    def replaced(self, machine: str, component: str) -> None:
        """Book a planned replacement."""
        self._counts[self._key(machine, component)][1] += 1

    def inspected(self, machine: str, component: str) -> None:
        """Book a visit that found nothing."""
        self._counts[self._key(machine, component)][2] += 1

    def priced(self, ages: Ages | None = None) -> Priced:
        """Return the account."""
        cost = 0.0
        for key, (failures, preventive, inspections) in self._counts.items():
            of = self._plant.costs.of(*key)
            cost += failures * of.breakdown + preventive * of.planned + inspections * of.inspection
        totals = [sum(count[place] for count in self._counts.values()) for place in range(3)]
        by_component = {key: (count[0], count[1]) for key, count in self._counts.items()}
        return Priced(cost, totals[0], totals[1], totals[2], by_component, ages or {})

    def _key(self, machine: str, component: str) -> tuple[str, str]:
        return self._plant.roster.seat(machine, component).class_name, component


def run_to_failure(plant: Plant, end: datetime) -> Priced:
    """Price repairing what fails, from the plant's present until `end`; the plant is left as it is."""
    return _priced(plant, end, RUN_TO_FAILURE)


def age_replacement(plant: Plant, end: datetime, ages: Ages) -> Priced:
    """Price replacing at fixed ages, and what fails before; the plant is left as it is."""
    return _priced(plant, end, Practice(ages))


def best_age_replacement(plant: Plant, end: datetime) -> Priced:
    """Price the ages that would have been best on this very stretch, known in hindsight.

    It begins once from running to failure, and once from the best quantile of the lives that would be
    lived, each class and component by itself. Then, one after the other, every age is moved to wherever
    the whole, priced exactly, is cheapest, first over those quantiles and then in ever smaller steps, until
    no single move helps; the cheaper of the two ends counts. It is a stronger opponent than any age that
    could be chosen beforehand, though a better set of ages may exist that no single move leads to.
    """
    keys = list(dict.fromkeys((seat.class_name, seat.component) for seat in plant.roster.seats))
    seats = {key: [s for s in plant.roster.seats if (s.class_name, s.component) == key] for key in keys}
    begun = {key: _best_age(plant, end, seats[key]) for key in keys}
    ages = {key: age for key, age in begun.items() if age is not None}
    grids = [{key: _ages_to_try(plant, end, seats[key], tried) for key in keys} for tried in _TRIED]
    starts = (age_replacement(plant, end, ages), run_to_failure(plant, end))
    return min((_searched(plant, end, start, grids) for start in starts), key=lambda priced: priced.cost)


def _searched(plant: Plant, end: datetime, best: Priced, grids: Sequence[Grid]) -> Priced:
    """Move ages over coarse grids, then in ever smaller steps."""
    for grid in grids:
        best = _descended(plant, end, best, partial(_on_grid, grid=grid))
    for spread in _SPREADS:
        best = _descended(plant, end, best, partial(_near, step=plant.step, spread=spread))
    return best


def _on_grid(key: tuple[str, str], age: timedelta | None, *, grid: Grid) -> Sequence[timedelta | None]:
    return grid[key]


def perfect_foresight(plant: Plant, end: datetime) -> Priced:
    """Price replacing everything in the last step before it would fail; no policy can do better."""
    own, ledger = plant.fork(), Ledger(plant)
    _mend_what_stands(own)
    while own.now < end:
        left = -(-(end - own.now) // own.step)
        next_failure = own.steps_to_failure(left)
        if next_failure is None:
            break
        steps, (machine, component) = next_failure
        if steps > 0:
            own.advance(steps, telemetry=False)
        own.replace(machine, component, standstill=_planned_downtime(own, machine, component))
        ledger.replaced(machine, component)
    return ledger.priced()


def _priced(plant: Plant, end: datetime, practice: Practice) -> Priced:
    ledger = Ledger(plant)
    for happened in keep(plant.fork(), end, practice):
        if isinstance(happened, Period):
            for failure in happened.failures:
                if failure.time < end:
                    ledger.failed(failure.machine, failure.component)
        elif happened.kind == "preventive":
            ledger.replaced(happened.machine, happened.component)
    return ledger.priced(practice.ages)


def _mend_what_stands(plant: Plant) -> None:
    """Repair what has failed before the stretch begins: its cost lies before it, for every policy."""
    for seat in plant.roster.seats:
        if plant.condition(seat.machine, seat.component).failed:
            cost = plant.costs.of(seat.class_name, seat.component)
            plant.replace(seat.machine, seat.component, standstill=cost.unplanned_downtime)


def _planned_downtime(plant: Plant, machine: str, component: str) -> timedelta:
    return plant.costs.of(plant.roster.seat(machine, component).class_name, component).planned_downtime


def _best_age(plant: Plant, end: datetime, seats: list[Seat]) -> timedelta | None:
    """Return the best age of one component of one class, None to let it run."""
    cost = plant.costs.of(seats[0].class_name, seats[0].component)
    until = -(-(end - plant.start) // plant.step)
    lone = [_Lone(plant, seat, until) for seat in seats]
    lives = np.array([life for one in lone for life in one.lives_left_alone()])
    if not len(lives):
        return None

    def price(age: float) -> float:
        counts = [one.count(age) for one in lone]
        return sum(failures * cost.breakdown + preventive * cost.planned for failures, preventive in counts)

    candidates = np.unique(np.quantile(lives, np.linspace(0.0, 1.0, _CANDIDATES)) * 0.98).tolist()
    best = _cheapest(price, [*candidates, float("inf")])
    return None if best == float("inf") else max(1, round(best)) * plant.step


def _descended(plant: Plant, end: datetime, best: Priced, ages_near: Nearby) -> Priced:
    """Move one age after the other to where the whole is cheapest, until a round over all changes nothing."""
    keys = list(dict.fromkeys((seat.class_name, seat.component) for seat in plant.roster.seats))
    for _ in range(_MOST_ROUNDS):
        before = best.cost
        for key in keys:
            for age in ages_near(key, best.ages.get(key)):
                others = {k: a for k, a in best.ages.items() if k != key}
                tried = age_replacement(plant, end, others if age is None else {**others, key: age})
                best = tried if tried.cost < best.cost else best
        if best.cost == before:
            break
    return best


def _near(key: tuple[str, str], age: timedelta | None, *, step: timedelta, spread: float) -> list[timedelta | None]:
    """Return a shorter and a longer age; none where the component is let run."""
    if age is None:
        return []
    return [max(1, round(age * factor / step)) * step for factor in (1 - spread, 1 + spread)]


def _ages_to_try(plant: Plant, end: datetime, seats: list[Seat], tried: int) -> list[timedelta | None]:
    """Return ages over the whole range of lives, and letting it run."""
    until = -(-(end - plant.start) // plant.step)
    lives = [life for seat in seats for life in _Lone(plant, seat, until).lives_left_alone()]
    if not lives:
        return [None]
    grid = np.unique(np.quantile(lives, np.linspace(0.0, 1.0, tried)) * 0.98)
    return [None, *(max(1, round(age)) * plant.step for age in grid.tolist())]


def _cheapest(price: Callable[[float], float], candidates: list[float]) -> float:
    prices = [price(age) for age in candidates]
    return candidates[int(np.argmin(prices))]


class _Lone:
    """One component's lives as if nothing else on its machine ever stood still; all in steps."""

    def __init__(self, plant: Plant, seat: Seat, until: int) -> None:
        self._plant, self._seat, self._until = plant, seat, until
        self._ends: dict[tuple[int, int], float | None] = {}

    def lives_left_alone(self) -> Iterator[float]:
        """Yield the ages at which it fails if it is always left alone."""
        step, number, age = self._begin()
        while (end := self._end(step, number)) is not None:
            yield age + end - step
            step, number, age = self._after(end, planned=False), number + 1, 0.0

    def count(self, age_limit: float) -> tuple[int, int]:
        """Return how often it fails, and how often it reaches `age_limit` first."""
        step, number, age = self._begin()
        failures = preventive = 0
        while step < self._until:
            due = step + max(0.0, age_limit - age)
            end = self._end(step, number)
            if end is not None and end <= due:
                failures, step = failures + 1, self._after(end, planned=False)
            elif due < self._until:
                preventive, step = preventive + 1, self._after(due, planned=True)
            else:
                break
            number, age = number + 1, 0.0
        return failures, preventive

    def _begin(self) -> tuple[int, int, float]:
        installed = self._plant.installed_at(self._seat.machine, self._seat.component)
        state = self._plant.state
        return state.step, int(state.number[self._seat.index]), (self._plant.now - installed) / self._plant.step

    def _after(self, end: float, *, planned: bool) -> int:
        cost = self._plant.costs.of(self._seat.class_name, self._seat.component)
        downtime = cost.planned_downtime if planned else cost.unplanned_downtime
        return int(-(-(end * self._plant.step + downtime) // self._plant.step))

    def _end(self, step: int, number: int) -> float | None:
        if (step, number) not in self._ends:
            state, seat = self._plant.state, self._seat
            first = number == state.number[seat.index]
            self._ends[step, number] = end_of_life(
                self._plant.inputs,
                self._plant.lives.of(seat.index, number),
                seat=seat.index,
                step=step,
                consumed=float(state.consumed[seat.index]) if first else 0.0,  # later lives as if new: a start only
                age=int(state.age[seat.index]) if first else 0,
                until=self._until,
            )
        return self._ends[step, number]
