"""The planner of a simulated plant: approves what is proposed, and finds a crew and a window for it."""

import logging
from datetime import datetime, timedelta

from foreworn.errors import Conflict, TransitionRefused
from foreworn.loop.operations import Operations
from foreworn.loop.work_orders import WorkOrders
from foreworn.planning.work_order import Booking, WorkOrder, WorkOrderKind, WorkOrderState
from simulators.people.crew_calendar import CrewCalendar
from simulators.plant.plant import Plant

NAME = "planner"
_USED = (WorkOrderState.IN_PROGRESS, WorkOrderState.COMPLETED, WorkOrderState.CLOSED)

_log = logging.getLogger(__name__)


class Planner:
    """Approves every proposed order once it has stood for a while, and schedules it.

    Parameters
    ----------
    plant
        Whose crews come.
    operations, work_orders
        The platform, as a planner uses it.
    patience
        How long a proposal stands before it is approved, so that a visitor can be quicker.
    """

    def __init__(self, plant: Plant, operations: Operations, work_orders: WorkOrders, *, patience: timedelta) -> None:
        self._operations = operations
        self._work_orders = work_orders
        self._patience = patience
        offset = timedelta(hours=plant.file.utc_offset_hours)
        self._sites = {machine.id: machine.site for machine in plant.machines}
        self._calendars = [CrewCalendar(crew, offset) for crew in plant.crews]
        self._promises: dict[str, tuple[CrewCalendar, Booking]] = {}

    def act(self, now: datetime) -> None:
        """Do what a planner does at this time of day."""
        with self._operations.reading() as tx:
            waiting = tx.orders.find(states=(WorkOrderState.PROPOSED, WorkOrderState.APPROVED))
            promised = [tx.orders.get(id) for id in self._promises]
        for order in promised:
            self._keep_or_take_back(order)
        for order in waiting:
            try:
                self._advance(order, now)
            except (Conflict, TransitionRefused) as quicker:
                _log.info("a visitor was quicker: %s", quicker)

    def _advance(self, order: WorkOrder, now: datetime) -> None:
        if order.state is WorkOrderState.PROPOSED:
            if order.kind is not WorkOrderKind.PREDICTIVE or now - order.created_at < self._patience:
                return
            order = self._work_orders.approve(order.id, actor=NAME, seen=order.version)
        if order.kind is not WorkOrderKind.CORRECTIVE:
            self._schedule(order, now)

    def _schedule(self, order: WorkOrder, now: datetime) -> None:
        earliest = now if order.evidence is None else max(now, order.evidence.act_at)
        calendar = self._calendar_of(order.machine)
        booking = calendar.book(earliest, order.labour)
        if booking is None:
            return  # it stays approved, and is looked at again
        self._promises[order.id] = (calendar, booking)
        self._work_orders.schedule(order.id, actor=NAME, seen=order.version, booking=booking)

    def _keep_or_take_back(self, order: WorkOrder) -> None:
        """Free the hours of a job that is not to be done then any more; one that is done has used them."""
        calendar, booking = self._promises[order.id]
        if order.state is WorkOrderState.SCHEDULED and order.booking == booking:
            return
        del self._promises[order.id]
        if order.state not in _USED:
            calendar.release(booking)

    def _calendar_of(self, machine: str) -> CrewCalendar:
        site = self._sites[machine]
        return next(c for c in self._calendars if not c.crew.sites or site in c.crew.sites)
