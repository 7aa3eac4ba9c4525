"""What was done to components and what became of them: what every outcome is read from."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from foreworn.fleet.registry import FleetRegistry
from foreworn.fleet.renewal import CORRECTIVE, NOTED_AGAIN, changes_course, renews
from foreworn.health.label import INSPECTED, Outcome, outcome
from foreworn.loop.component_lives import Seat
from foreworn.loop.live_history import EARLIEST
from foreworn.loop.operations import Transaction
from foreworn.planning.findings import Action, Findings
from foreworn.planning.work_order import OPEN_STATES, WorkOrder, WorkOrderKind, WorkOrderState
from foreworn.telemetry.sample import MILLISECOND

Job = tuple[WorkOrder, Findings, datetime]


@dataclass(frozen=True, slots=True)
class ComponentPast:
    """The past of every (machine, component) that has one, as sorted times.

    Parameters
    ----------
    failures
        When they failed.
    changes
        When somebody changed the course of things: replaced, repaired or adjusted the component.
    repairs
        When one that had failed ran again, if it had failed: whatever renewed it.
    repaired
        The components whose repairs are on record anywhere, each a job that is done. Failures of the others count as
        repaired at once, as in training: else of a fleet that notes failures alone nothing would be known after the
        first one.
    in_repair
        What a corrective order is open for: that one stands failed, whatever is on record of others.
    inspections
        When one that had not failed was looked at, and what was found.
    until
        The record is complete up to here.
    """

    failures: Mapping[Seat, list[datetime]]
    changes: Mapping[Seat, list[datetime]]
    repairs: Mapping[Seat, list[datetime]]
    repaired: Collection[str]
    in_repair: Collection[Seat]
    inspections: Mapping[Seat, list[tuple[datetime, Outcome]]]
    until: datetime

    @classmethod
    def of(cls, registry: FleetRegistry, tx: Transaction, *, until: datetime) -> "ComponentPast":
        """Read it from the fleet's records and the work orders that are done."""
        maintenance = registry.maintenance(EARLIEST, until + MILLISECOND).to_pylist()
        told = [row for row in maintenance if changes_course(row["action"])]
        renewed = [row for row in maintenance if renews(row["action"], row["kind"])]
        repairing = tx.orders.find(states=OPEN_STATES, kind=WorkOrderKind.CORRECTIVE)
        jobs = [
            (order, order.findings, _done_at(order))
            for order in tx.orders.find(states=(WorkOrderState.COMPLETED, WorkOrderState.CLOSED))
            if order.findings is not None
        ]
        changed = [_row(order, at) for order, findings, at in jobs if findings.action is not Action.NONE]
        repaired = [_row(order, at) for order, _, at in jobs if order.kind is WorkOrderKind.CORRECTIVE]
        return cls(
            failures=_times(registry.failures(EARLIEST, until + MILLISECOND).to_pylist()),
            changes=_times([*told, *changed]),
            repairs=_times([*renewed, *repaired]),
            repaired={str(x["component"]) for x in repaired}
            | {x["component"] for x in renewed if x["kind"] == CORRECTIVE},
            in_repair={(order.machine, order.component) for order in repairing},
            inspections=_inspections(jobs),
            until=until,
        )

    def is_down(self, seat: Seat, time: datetime) -> bool:
        """Tell whether it has failed by `time` and does not run again: a forecast then is of nothing.

        The rule is that of `models.evaluation.outcomes.Downtime`, and an open corrective order speaks for its own.
        """
        failed = _last(self.failures.get(seat, []), time)
        if failed is None or (seat[1] not in self.repaired and seat not in self.in_repair):
            return False
        repaired = _last(self.repairs.get(seat, []), time - MILLISECOND)
        return (repaired is None or repaired < failed) and not self._ran_again(seat, failed)

    def _ran_again(self, seat: Seat, failed: datetime) -> bool:
        """Tell whether it failed once more, later than what is the same failure noted again, and nothing renewed it."""
        following = _next(self.failures.get(seat, []), failed)
        if following is None or following - failed <= NOTED_AGAIN:
            return False
        repaired = _last(self.repairs.get(seat, []), following - MILLISECOND)
        return repaired is None or repaired < failed

    def fails(self, seat: Seat, time: datetime, horizon: timedelta) -> bool:
        """Tell whether a failure in (time, time + horizon] is on record."""
        failed = _next(self.failures.get(seat, []), time)
        return failed is not None and failed <= time + horizon

    def fate(
        self, seat: Seat, time: datetime, horizon: timedelta, *, issued_at: datetime
    ) -> tuple[Outcome, datetime | None]:
        """Return what became of a forecast, and when that was settled.

        The outcome is that of `foreworn.health.label.outcome`. Of several visits within the horizon the one
        that confirms the forecast counts; where none does, the first. A forecast that was said only when its outcome
        was settled proves nothing: it is censored.
        """
        end = time + horizon
        failed = _next(self.failures.get(seat, []), time)
        changed = _next(self.changes.get(seat, []), time)
        looked = self._inspected(seat, time, end if changed is None else min(end, changed))
        what = outcome(
            time, horizon, next_failure=failed, next_preventive=changed, known_until=self.until, inspection=looked
        )
        if what in (Outcome.FOUND_NOTHING, Outcome.FOUND_OTHER) and changed is None and self.until < end:
            return Outcome.PENDING, None  # it may still fail
        at = {Outcome.FAILED: failed, Outcome.CENSORED: changed, Outcome.SURVIVED: end, Outcome.PENDING: None}
        settled = looked[0] if what in INSPECTED and looked is not None else at[what]
        if settled is not None and settled <= issued_at:
            what = Outcome.CENSORED
        return what, settled

    def _inspected(self, seat: Seat, time: datetime, until: datetime) -> tuple[datetime, Outcome] | None:
        looks = [x for x in self.inspections.get(seat, []) if x[0] > time]
        return next((x for x in looks if x[1] is Outcome.FOUND and x[0] <= until), looks[0] if looks else None)


def _times(rows: Iterable[Mapping[str, Any]]) -> dict[Seat, list[datetime]]:
    times: dict[Seat, list[datetime]] = defaultdict(list)
    for row in rows:
        times[str(row["machine"]), str(row["component"])].append(row["time"])
    return {component: sorted(found) for component, found in times.items()}


def _inspections(jobs: Iterable[Job]) -> dict[Seat, list[tuple[datetime, Outcome]]]:
    found: dict[Seat, list[tuple[datetime, Outcome]]] = defaultdict(list)
    for order, findings, done in jobs:
        what = findings.finding.outcome
        if order.kind is not WorkOrderKind.CORRECTIVE and what in INSPECTED:
            found[order.machine, order.component].append((done, what))
    return {component: sorted(times) for component, times in found.items()}


def _done_at(order: WorkOrder) -> datetime:
    """Return when a job was done, to the millisecond as the record of maintenance has it."""
    done = next(step.time for step in order.transitions if step.after is WorkOrderState.COMPLETED)
    return done.replace(microsecond=done.microsecond // 1000 * 1000)


def _row(order: WorkOrder, time: datetime) -> dict[str, object]:
    return {"time": time, "machine": order.machine, "component": order.component}


def _next(times: list[datetime], after: datetime) -> datetime | None:
    at = bisect_right(times, after)
    return times[at] if at < len(times) else None


def _last(times: list[datetime], until: datetime) -> datetime | None:
    at = bisect_right(times, until)
    return times[at - 1] if at else None
