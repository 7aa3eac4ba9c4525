"""The use case of the first day: look at everything that was told, then write all of it, or nothing."""

from dataclasses import dataclass
from datetime import datetime

from foreworn.clock import Clock
from foreworn.errors import MalformedHistory
from foreworn.loop.day_one.day_one import DayOne
from foreworn.loop.day_one.entering import Entering
from foreworn.loop.day_one.prospect import Prospect
from foreworn.loop.day_one.registered import Registered
from foreworn.loop.day_one.rules import problems_of
from foreworn.loop.operations import Operations
from foreworn.loop.work_orders import MAIN_PLACE


@dataclass(frozen=True, slots=True)
class Entered:
    """What entering did.

    Parameters
    ----------
    changed
        How many were added or changed, by what they are, such as `machine`; what had been entered before is not
        among them.
    assumed_costs
        The machine models and components that run on assumed costs, because nobody has given theirs.
    """

    changed: dict[str, int]
    assumed_costs: tuple[tuple[str, str], ...]


def check(day_one: DayOne, operations: Operations | None, *, now: datetime) -> list[MalformedHistory]:
    """Return what is wrong with what was told, beside what is registered; nothing is written.

    Parameters
    ----------
    day_one
        What was told.
    operations
        What is registered; None: nothing is.
    now
        What lies ahead of this cannot have happened.

    Raises
    ------
    StoreUnavailable
        If the operations store cannot answer.
    """
    return problems_of(_prospect(day_one, operations, now))


def assumed_costs(day_one: DayOne, operations: Operations | None, *, now: datetime) -> list[tuple[str, str]]:
    """Return the machine models and components that will run on assumed costs, sorted."""
    return _prospect(day_one, operations, now).assumed_costs()


def enter(day_one: DayOne, operations: Operations, clock: Clock, *, actor: str, place: str = MAIN_PLACE) -> Entered:
    """Register all of it in one transaction, every change with its actor in the audit trail.

    What was entered before changes nothing, and what nobody speaks of stays. What the plant has done since is
    not undone: stock that was moved, work that was done, orders that went on, machines and devices that left.

    Parameters
    ----------
    day_one
        What was told.
    operations, clock
        Where it is registered, and when.
    actor
        Who tells it.
    place
        The store that jobs take their parts from.

    Raises
    ------
    MalformedHistory
        The first problem there is; then nothing has been written.
    StoreUnavailable
        If the operations store cannot take it.
    ValueError
        If nobody is named as the actor.
    """
    if not actor.strip():
        raise ValueError("a change needs the name of its actor")
    if day_one.unread:
        raise ValueError(f"what was told could not be read in full: {', '.join(sorted(day_one.unread))}")
    with operations.transaction() as tx:
        prospect = Prospect(day_one, Registered.of(tx, day_one), now=clock.now())
        for problem in problems_of(prospect):
            raise problem
        entering = Entering(tx, prospect, actor, place)
        entering.enter()
        return Entered(dict(sorted(entering.changed.items())), tuple(prospect.assumed_costs()))


def _prospect(day_one: DayOne, operations: Operations | None, now: datetime) -> Prospect:
    if operations is None:
        return Prospect(day_one, Registered(), now=now)
    with operations.reading() as tx:
        return Prospect(day_one, Registered.of(tx, day_one), now=now)
