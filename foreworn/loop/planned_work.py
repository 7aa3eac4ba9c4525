"""Maintenance plans that come due become preventive work orders; the work done moves the plan on."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

from foreworn.audit import PLATFORM, AuditEntry
from foreworn.clock import Clock
from foreworn.errors import NotFound
from foreworn.fleet.machine import Machine
from foreworn.loop.operations import Operations, Transaction
from foreworn.loop.order_steps import add_order
from foreworn.planning.maintenance_plan import MaintenancePlan
from foreworn.planning.work_order import OPEN_STATES, WorkOrder, WorkOrderKind

_log = logging.getLogger(__name__)


def plan_order_id(plan: str, due: datetime) -> str:
    """Return the number of the order for the day on which a plan is due: of one plan and day there is one order.

    Examples
    --------
    >>> from datetime import UTC
    >>> plan_order_id("grease-pump-1", datetime(2026, 3, 1, 9, tzinfo=UTC))
    'grease-pump-1-20260301'
    """
    return f"{plan}-{due:%Y%m%d}"


class PlannedWork:
    """The use case that turns plans into proposed work orders.

    An order is called after its plan and the day that it is due, so proposing twice proposes it once, and what
    came from which plan can be told from the order alone. A plan has one open order at a time. Where its order
    was declined or cancelled, the plan comes due again at its next date after that.

    Parameters
    ----------
    operations, clock
        Where plans and orders are, and what time it is.
    """

    def __init__(self, operations: Operations, clock: Clock) -> None:
        self._operations = operations
        self._clock = clock

    def propose_due(self, ahead: timedelta) -> list[WorkOrder]:
        """Propose the orders of all plans that are due until `ahead` from now, and return those that are new, by plan.

        Plans of machines out of service rest, as do those of components that their machine does not have any more.

        Raises
        ------
        ValueError
            If `ahead` is negative.
        StoreUnavailable
            If the operations store cannot take it; what is due stays due.
        """
        if ahead < timedelta(0):
            raise ValueError(f"orders are proposed {ahead} ahead: a time is at least 0")
        with self._operations.transaction() as tx:
            now = self._clock.now()
            machines = {machine.id: machine for machine in tx.registry.machines() if machine.retired_at is None}
            busy = _busy_seats(tx)
            proposed = []
            for plan in tx.plans.all():
                if not _rests(plan, machines) and not _is_in_hand(plan, busy):
                    due = _next_occurrence(tx, plan)
                    if due <= now + ahead:
                        proposed.append(_propose(tx, plan, due, now=now))
            return proposed


def note_planned_work(tx: Transaction, order: WorkOrder, *, time: datetime) -> None:
    """Move the plan on that a finished order came from: it is due next an interval from now; others have none."""
    for plan in tx.plans.all(machine=order.machine):
        if _is_of(order, plan) and time > plan.last_done:
            tx.plans.put(replace(plan, last_done=time))
            detail = {"last_done": [plan.last_done.isoformat(), time.isoformat()], "order": order.id}
            tx.audit.record(AuditEntry(time, order.transitions[-1].actor, "plan.done", plan.id, detail))


def _is_of(order: WorkOrder, plan: MaintenancePlan) -> bool:
    return (
        order.due is not None
        and (order.machine, order.component) == (plan.machine, plan.component)
        and order.id == plan_order_id(plan.id, order.due)
    )


def _rests(plan: MaintenancePlan, machines: dict[str, Machine]) -> bool:
    machine = machines.get(plan.machine)
    if machine is not None and plan.component not in machine.components:
        _log.warning("plan %r rests: machine %r has no component %r", plan.id, plan.machine, plan.component)
    return machine is None or plan.component not in machine.components


def _busy_seats(tx: Transaction) -> dict[tuple[str, str], list[WorkOrder]]:
    """Return the preventive orders that are still to be done, by machine and component."""
    busy: dict[tuple[str, str], list[WorkOrder]] = {}
    for order in tx.orders.find(states=OPEN_STATES, kind=WorkOrderKind.PREVENTIVE):
        busy.setdefault((order.machine, order.component), []).append(order)
    return busy


def _is_in_hand(plan: MaintenancePlan, busy: dict[tuple[str, str], list[WorkOrder]]) -> bool:
    return any(_is_of(order, plan) for order in busy.get((plan.machine, plan.component), ()))


def _next_occurrence(tx: Transaction, plan: MaintenancePlan) -> datetime:
    """Return when the plan is due next: the first of its dates that nobody has answered, after the last answer."""
    due = plan.next_due()
    while (answered := _find(tx, plan_order_id(plan.id, due))) is not None:
        passed = (answered.last_changed - due) // plan.every
        due += plan.every * max(1, passed + 1)
    return due


def _find(tx: Transaction, id: str) -> WorkOrder | None:
    try:
        return tx.orders.get(id)
    except NotFound:
        return None


def _propose(tx: Transaction, plan: MaintenancePlan, due: datetime, *, now: datetime) -> WorkOrder:
    order = WorkOrder(
        id=plan_order_id(plan.id, due),
        machine=plan.machine,
        component=plan.component,
        kind=WorkOrderKind.PREVENTIVE,
        created_at=now,
        task=plan.task,
        labour=plan.labour,
        due=due,
    )
    reason = f"plan {plan.id}: every {plan.every / timedelta(days=1):g} days, last done {plan.last_done:%Y-%m-%d}"
    return add_order(tx, order, actor=PLATFORM, reason=reason, detail={"plan": plan.id})
