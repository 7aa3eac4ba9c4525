"""The technicians of a simulated plant: they look, replace what is worn, repair what has failed, and say so."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from foreworn.economics.cost_table import ComponentCost
from foreworn.errors import Conflict, TransitionRefused
from foreworn.loop.operations import Operations
from foreworn.loop.work_orders import WorkOrders
from foreworn.planning.findings import Action, Finding, Findings
from foreworn.planning.work_order import WorkOrder, WorkOrderKind, WorkOrderState
from foreworn.spares.stock import ReservationState
from simulators.people.accounts import Accounts, Visit
from simulators.people.planner import NAME as PLANNER
from simulators.plant.period import Failure
from simulators.plant.plant import Plant

NAME = "technician"
DAY = timedelta(days=1)
_DONE = (WorkOrderState.COMPLETED, WorkOrderState.CLOSED)
_TO_DO = (WorkOrderState.APPROVED, WorkOrderState.SCHEDULED)

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Breakdown:
    """A failure that is being repaired."""

    order: str
    failure: Failure
    ready: datetime | None = None
    """When the machine runs again; None while the part is missing."""


class Technicians:
    """Carry out scheduled orders and repair failures, each as soon as its part is there.

    Parameters
    ----------
    plant
        What they work on; they see of it what one sees who takes a component apart.
    operations, work_orders
        The platform, as technicians use it.
    accounts
        Are told what it cost.
    """

    def __init__(self, plant: Plant, operations: Operations, work_orders: WorkOrders, accounts: Accounts) -> None:
        self._plant = plant
        self._operations = operations
        self._orders = work_orders
        self._accounts = accounts
        self._broken: list[_Breakdown] = []
        self._short: set[str] = set()
        """The orders whose part was missing once."""
        self._done: set[str] = set()
        """The orders whose work the plant has felt."""
        self._looked_at = plant.now

    def act(self, now: datetime, failures: Sequence[Failure]) -> None:
        """Report what has failed, go on with repairs, and do the jobs whose time has come."""
        self._do_what_visitors_did(now)
        for failure in failures:
            self._report(failure)
        for breakdown in list(self._broken):
            self._repair(breakdown, now)
        with self._operations.reading() as tx:
            scheduled = tx.orders.find(states=(WorkOrderState.SCHEDULED,))
        for order in scheduled:
            if order.booking is not None and order.booking.start <= now:
                self._visit(order, now)

    def _do_what_visitors_did(self, now: datetime) -> None:
        """Let the plant feel what somebody else completed in the console; what has failed meanwhile is a repair."""
        with self._operations.reading() as tx:
            done = tx.orders.find(states=_DONE, changed_since=self._looked_at)
        self._looked_at = now - DAY  # what changes while they look is seen the next time
        for order in done:
            if order.id in self._done or order.kind is WorkOrderKind.CORRECTIVE or order.findings is None:
                continue
            self._done.add(order.id)
            if not self._plant.condition(order.machine, order.component).failed:
                self._account(order, now, replaced=order.findings.action.renews)

    def _account(self, order: WorkOrder, now: datetime, *, replaced: bool) -> None:
        """Replace the component, or leave it, and book the visit."""
        left = self._plant.remaining_life(order.machine, order.component)
        if replaced:
            standstill = self._cost(order.machine, order.component).planned_downtime
            self._plant.replace(order.machine, order.component, "preventive", standstill=standstill)
        self._accounts.visited(Visit(order.id, order.machine, order.component, now, replaced, left))

    def settle(self, end: datetime) -> None:
        """Book the standstill of what still waits for its part when the stretch is over."""
        for breakdown in self._broken:
            if breakdown.ready is None and breakdown.order in self._short:
                failure = breakdown.failure
                self._accounts.waited(failure.machine, failure.component, end - failure.time)

    def _report(self, failure: Failure) -> None:
        order = self._orders.report_failure(
            machine=failure.machine, component=failure.component, mode=failure.mode, time=failure.time, actor=NAME
        )
        if order.state is WorkOrderState.PROPOSED:
            self._orders.approve(order.id, actor=PLANNER, seen=order.version)
        self._accounts.failed(failure.machine, failure.component)
        self._broken.append(_Breakdown(order.id, failure))

    def _repair(self, breakdown: _Breakdown, now: datetime) -> None:
        order = self._get(breakdown.order)
        if breakdown.ready is None:
            if order.is_open and not self._part_is_there(order):
                self._miss_part(order)
                return
            breakdown.ready = self._begin(breakdown.failure, order, now)
        if breakdown.ready <= now:
            order = self._get(breakdown.order)
            if order.state is WorkOrderState.IN_PROGRESS:
                self._complete(order, Finding.AS_PREDICTED, Action.REPLACED)
            self._broken.remove(breakdown)

    def _begin(self, failure: Failure, order: WorkOrder, now: datetime) -> datetime:
        """Begin a repair, also where a visitor has dealt with its order, and return when the machine runs again."""
        waited = order.id in self._short
        if waited:
            self._accounts.waited(failure.machine, failure.component, now - failure.time)
        if order.state in _TO_DO:
            self._orders.start(order.id, actor=NAME, seen=order.version)
        # Failures are reported at the end of a step; the repair began when the machine stopped.
        begun = now if waited else failure.time
        ready = begun + self._cost(failure.machine, failure.component).unplanned_downtime
        standstill = max(ready - now, timedelta(0))
        self._plant.replace(failure.machine, failure.component, "corrective", standstill=standstill)
        return ready

    def _visit(self, order: WorkOrder, now: datetime) -> None:
        """Look at the component, and replace it if one can see that it is worn."""
        condition = self._plant.condition(order.machine, order.component)
        if condition.failed:
            return  # the failure is on its way into the books, and takes this order with it
        begun = self._start_or_postpone(order)
        if begun is None:
            return
        self._done.add(order.id)
        self._account(order, now, replaced=condition.worn)
        found = (Finding.AS_PREDICTED, Action.REPLACED) if condition.worn else (Finding.NOTHING, Action.NONE)
        self._complete(begun, *found)

    def _start_or_postpone(self, order: WorkOrder) -> WorkOrder | None:
        """Begin a job, or give it back to the planner until its part has come; None where it was not begun."""
        try:
            if self._part_is_there(order):
                return self._orders.start(order.id, actor=NAME, seen=order.version)
            self._orders.unschedule(order.id, actor=NAME, seen=order.version, reason="the part is not on the shelf")
            self._miss_part(order)
        except (Conflict, TransitionRefused) as quicker:
            _log.info("a visitor was quicker: %s", quicker)
        return None

    def _miss_part(self, order: WorkOrder) -> None:
        """Count a job whose part is not there, once."""
        if order.id not in self._short:
            self._accounts.missed_part()
            self._short.add(order.id)

    def _complete(self, order: WorkOrder, finding: Finding, action: Action) -> None:
        findings = Findings(finding=finding, action=action, labour=order.labour, parts=self._taken(order, action))
        order = self._orders.complete(order.id, actor=NAME, seen=order.version, findings=findings)
        self._orders.close(order.id, actor=PLANNER, seen=order.version)

    def _taken(self, order: WorkOrder, action: Action) -> tuple[tuple[str, int], ...]:
        if not action.renews:
            return ()
        with self._operations.reading() as tx:
            reserved = tx.stock.reservations(order=order.id, states=(ReservationState.OPEN,))
        return tuple((r.part, r.quantity) for r in reserved)

    def _part_is_there(self, order: WorkOrder) -> bool:
        """Whether the shelf holds what the order has reserved; what a repair that is under way takes is gone."""
        begun = {breakdown.order for breakdown in self._broken if breakdown.ready is not None}
        with self._operations.reading() as tx:
            promised = tx.stock.reservations(states=(ReservationState.OPEN,))
            in_hand = Counter({(r.part, r.place): 0 for r in promised})
            for r in promised:
                in_hand[r.part, r.place] += r.quantity * (r.order in begun)
            return all(
                tx.stock.level(r.part, r.place).on_hand - in_hand[r.part, r.place] >= r.quantity
                for r in promised
                if r.order == order.id
            )

    def _cost(self, machine: str, component: str) -> ComponentCost:
        return self._accounts.costs.of(self._accounts.models[machine], component)

    def _get(self, id: str) -> WorkOrder:
        with self._operations.reading() as tx:
            return tx.orders.get(id)
