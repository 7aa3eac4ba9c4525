"""Lives that ran to their failure, read from a fleet history; a history that was kept alive by repairs is refused."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from foreworn.errors import ForewornError
from foreworn.fleet.history import FAILURE_SCHEMA, FleetHistory
from foreworn.fleet.machine import Machine
from foreworn.loop.component_lives import Seat, renewals

HOUR: Final = timedelta(hours=1)
UNWATCHED: Final = 0.05
"""A life of which more than this share passed before its machine first spoke is not lived again: nobody could act."""


class NotRunToFailure(ForewornError):
    """A history whose repairs were already made: what would have happened without them is not on record."""

    def __init__(self, cut_short: Mapping[str, int], failed: int) -> None:
        by_component = ", ".join(f"{name} {count}" for name, count in sorted(cut_short.items()))
        total = sum(cut_short.values())
        super().__init__(
            f"{total} of {total + failed} ended lives were cut short by a replacement before they failed "
            f"({by_component}). When they would have failed is on no record, so whatever acting is said to have saved "
            "would be made up: the replacements that people made look like failures that never came. Price on a "
            "history that ran to failure, such as `foreworn simulate FOLDER` or `foreworn import cmapss` writes"
        )
        self.cut_short, self.failed = dict(cut_short), failed


@dataclass(frozen=True, slots=True)
class RunLife:
    """One component's life from its beginning to its failure.

    Parameters
    ----------
    machine, component
        Whose.
    begun, failed_at
        From when to when.
    renewed
        Whether it followed another life, whose readings its first windows still hold.
    """

    machine: Machine
    component: str
    begun: datetime
    failed_at: datetime
    renewed: bool

    @property
    def kind(self) -> str:
        """Lives of a kind share costs and ages: machine model/component."""
        return f"{self.machine.model}/{self.component}"

    @property
    def length(self) -> int:
        """In which hour of its life it failed."""
        return -(-(self.failed_at - self.begun) // HOUR)


@dataclass(frozen=True, slots=True)
class RecordedLives:
    """The lives of a history.

    Parameters
    ----------
    priced
        Ended in a failure, and watched all along.
    unwatched
        Ended in a failure, and were not watched from their beginning.
    going_on
        Not over where their machine's record ends: since when, and until when they were seen.
    spoke
        By machine, when it first spoke.
    """

    priced: tuple[RunLife, ...]
    unwatched: int
    going_on: tuple[tuple[Machine, str, datetime, datetime], ...]
    spoke: Mapping[str, datetime] = field(default_factory=dict)

    def entry(self, machine: Machine, begun: datetime) -> timedelta:
        """Return how old a life was when its machine first spoke: had it failed before, it would not be on record."""
        return max(self.spoke.get(machine.id, begun) - begun, timedelta(0))


def recorded_lives(history: FleetHistory) -> RecordedLives:
    """Return the lives that ended in a failure.

    A life begins when its component was replaced, at the failure before where no repair is on record, or when its
    machine was installed.

    Raises
    ------
    NotRunToFailure
        If a component was replaced before it failed, after its machine first spoke.
    """
    spoke = first_and_last(history.telemetry)
    repairs, planned = _renewals(history)
    cut_short: Counter[str] = Counter()
    ended: list[RunLife] = []
    going_on: list[tuple[Machine, str, datetime, datetime]] = []
    for machine, component in _seats(history, spoke):
        (first, last), seat = spoke[machine.id], (machine.id, component)
        fitted = max((time for time in planned.get(seat, []) if time <= first), default=None)
        lives, begun, unfailed = _walk(machine, component, repairs.get(seat, []), fitted, first)
        cut_short[component] += unfailed + sum(time > first for time in planned.get(seat, []))
        ended += lives
        if begun < last:
            going_on.append((machine, component, begun, last))
    if cut_short.total():
        raise NotRunToFailure(+cut_short, len(ended))
    whole = [life for life in ended if _watched(life, spoke[life.machine.id][0])]
    first_spoke = {machine: first for machine, (first, _) in spoke.items()}
    return RecordedLives(tuple(whole), len(ended) - len(whole), tuple(going_on), first_spoke)


def _seats(history: FleetHistory, spoke: Mapping[str, object]) -> list[tuple[Machine, str]]:
    """Return every component of every machine that ever spoke."""
    return [(machine, name) for machine in history.machines if machine.id in spoke for name in machine.components]


def _renewals(history: FleetHistory) -> tuple[dict[Seat, list[tuple[datetime, bool]]], dict[Seat, list[datetime]]]:
    """Return failures and what was replaced after them, and what was replaced for other reasons, by time."""
    planned = pc.equal(history.maintenance["kind"], "preventive")
    repairs = renewals(history.failures, history.maintenance.filter(pc.invert(planned)))
    others = renewals(FAILURE_SCHEMA.empty_table(), history.maintenance.filter(planned))
    failures = {seat: {time for time, failed in times if failed} for seat, times in repairs.items()}
    early = {
        seat: [time for time, _ in times if time not in failures.get(seat, set())] for seat, times in others.items()
    }
    return repairs, early


def _walk(
    machine: Machine, component: str, times: list[tuple[datetime, bool]], fitted: datetime | None, spoke: datetime
) -> tuple[list[RunLife], datetime, int]:
    """Return a seat's lives that failed, since when it has run after them, and how many were replaced unfailed."""
    begun, renewed, down = max(machine.installed_at, fitted or machine.installed_at), fitted is not None, False
    lives, unfailed = [], 0
    for time, failed in times:
        if failed and time > begun:
            lives.append(RunLife(machine, component, begun, time, renewed))
        unfailed += not failed and not down and time > spoke
        begun, renewed, down = time, True, failed
    return lives, begun, unfailed


def _watched(life: RunLife, first: datetime) -> bool:
    return life.length > 1 and first - life.begun <= UNWATCHED * (life.failed_at - life.begun)


def first_and_last(telemetry: pa.Table) -> dict[str, tuple[datetime, datetime]]:
    """Return when each machine first and last spoke."""
    spans = telemetry.select(["machine", "time"]).group_by("machine").aggregate([("time", "min"), ("time", "max")])
    return {row["machine"]: (row["time_min"], row["time_max"]) for row in spans.to_pylist()}


def by_machine(history: FleetHistory, kept: set[str]) -> FleetHistory:
    """Return what is on record of some machines."""
    wanted = pa.array(sorted(kept), pa.string())

    def own(table: pa.Table) -> pa.Table:
        return table.filter(pc.is_in(table["machine"], wanted))

    return FleetHistory(
        tuple(machine for machine in history.machines if machine.id in kept),
        own(history.telemetry),
        own(history.events),
        own(history.maintenance),
        own(history.failures),
        own(history.logs),
    )
