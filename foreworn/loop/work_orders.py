"""The use cases of work orders: every step a person takes, each in one transaction."""

from dataclasses import replace
from datetime import datetime, timedelta

from foreworn.audit import AuditEntry
from foreworn.clock import Clock
from foreworn.errors import Conflict, NotFound, TransitionRefused
from foreworn.fleet.machine import Machine
from foreworn.fleet.registry import FleetRegistry
from foreworn.loop.operations import Operations
from foreworn.loop.order_outcome import order_outcome
from foreworn.loop.order_parts import move_reservations, quantities_of, release_parts, reserve_parts, take_parts
from foreworn.loop.order_steps import add_order, order_seen, put_step
from foreworn.loop.planned_work import note_planned_work
from foreworn.loop.reported_failure import ReportedFailure
from foreworn.loop.service_record import record_service
from foreworn.planning.findings import Findings
from foreworn.planning.work_order import OPEN_STATES, TRANSITIONS, Booking, WorkOrder, WorkOrderKind, WorkOrderState

MAIN_PLACE = "main"
"""The store that jobs take their parts from, unless the settings name another."""

_SHORTEST = timedelta(minutes=15)

S = WorkOrderState


class WorkOrders:
    """What people do with work orders.

    Whoever changes an order names the version that they saw: `seen`. If it has another one by now, somebody
    else was quicker, and the change is refused with `Conflict`. A step that is not in the transition table is
    refused with `TransitionRefused`. Either way nothing is changed.

    Parameters
    ----------
    operations
        Where orders, parts, costs and records are.
    registry
        Knows the machines.
    clock
        When things happen.
    place
        The store that jobs take their parts from.
    """

    def __init__(
        self, operations: Operations, registry: FleetRegistry, clock: Clock, *, place: str = MAIN_PLACE
    ) -> None:
        self._operations = operations
        self._registry = registry
        self._clock = clock
        self._place = place

    def approve(self, id: str, *, actor: str, seen: int, reason: str = "") -> WorkOrder:
        """Say that the work shall be done, and promise it its parts."""
        with self._operations.transaction() as tx:
            order = _only_from(S.PROPOSED, order_seen(tx, id, seen), "approved anew")
            order = self._step(order, S.APPROVED, actor, reason)
            model = self._machine(order.machine).model
            reserve_parts(tx, order, model, place=self._place, due=self._needed_at(order))
            return put_step(tx, order, seen=seen)

    def decline(self, id: str, *, actor: str, seen: int, reason: str) -> WorkOrder:
        """Say that the work shall not be done, and why."""
        with self._operations.transaction() as tx:
            order = self._step(order_seen(tx, id, seen), S.DECLINED, actor, _said(reason, "decline"))
            release_parts(tx, order)
            return put_step(tx, order, seen=seen)

    def schedule(self, id: str, *, actor: str, seen: int, booking: Booking, reason: str = "") -> WorkOrder:
        """Say who does it when; its parts are needed by then.

        Raises
        ------
        NotFound
            If there is no such technician.
        """
        with self._operations.transaction() as tx:
            order = _only_from(S.APPROVED, order_seen(tx, id, seen), "booked")
            order = self._step(order, S.SCHEDULED, actor, reason)
            order = replace(order, booking=booking)
            move_reservations(tx, order, due=booking.start)
            window = {"technician": booking.technician, "start": booking.start.isoformat()}
            return put_step(tx, order, seen=seen, detail={**window, "end": booking.end.isoformat()})

    def unschedule(self, id: str, *, actor: str, seen: int, reason: str) -> WorkOrder:
        """Take it off the schedule; it stays approved."""
        with self._operations.transaction() as tx:
            order = _only_from(S.SCHEDULED, order_seen(tx, id, seen), "unscheduled")
            order = self._step(order, S.APPROVED, actor, _said(reason, "change of schedule"))
            order = replace(order, booking=None)
            move_reservations(tx, order, due=self._needed_at(order))
            return put_step(tx, order, seen=seen)

    def start(self, id: str, *, actor: str, seen: int) -> WorkOrder:
        """Begin the work; a technician who begins what nobody was booked for is booked from now on."""
        with self._operations.transaction() as tx:
            order = self._step(order_seen(tx, id, seen), S.IN_PROGRESS, actor, "")
            if order.booking is None and actor in {technician.id for technician in tx.team.all()}:
                begun = order.last_changed
                order = replace(order, booking=Booking(actor, begun, begun + max(order.labour, _SHORTEST)))
            return put_step(tx, order, seen=seen)

    def pause(self, id: str, *, actor: str, seen: int, reason: str) -> WorkOrder:
        """Leave off; it stays scheduled as it was."""
        with self._operations.transaction() as tx:
            order = _only_from(S.IN_PROGRESS, order_seen(tx, id, seen), "paused")
            order = self._step(order, S.SCHEDULED, actor, _said(reason, "pause"))
            return put_step(tx, order, seen=seen)

    def complete(self, id: str, *, actor: str, seen: int, findings: Findings) -> WorkOrder:
        """Say what was found and done: books the parts, writes the maintenance record, decides the label.

        Raises
        ------
        NotFound
            If it took a part that does not exist.
        Conflict
            Also if it took more than the books say is there.
        """
        findings = replace(findings, parts=tuple(quantities_of(findings.parts).items()))
        with self._operations.transaction() as tx:
            order = self._step(order_seen(tx, id, seen), S.COMPLETED, actor, findings.note)
            order = replace(order, findings=findings)
            done = order.last_changed
            take_parts(tx, order, findings.parts, place=self._place, time=done, actor=actor)
            record_service(tx, order, time=done)
            note_planned_work(tx, order, time=done)
            order = replace(order, outcome=order_outcome(tx, order, now=done) if _predicted(order) else None)
            found = {"finding": str(findings.finding), "done": str(findings.action)}
            label = str(order.outcome) if order.outcome else None
            return put_step(tx, order, seen=seen, detail={**found, "outcome": label})

    def close(self, id: str, *, actor: str, seen: int, reason: str = "") -> WorkOrder:
        """Say that nothing is left to do about it."""
        with self._operations.transaction() as tx:
            return put_step(tx, self._step(order_seen(tx, id, seen), S.CLOSED, actor, reason), seen=seen)

    def cancel(self, id: str, *, actor: str, seen: int, reason: str) -> WorkOrder:
        """Say that approved work shall not be done after all, and why; its parts are free again."""
        with self._operations.transaction() as tx:
            order = self._step(order_seen(tx, id, seen), S.CANCELLED, actor, _said(reason, "cancellation"))
            release_parts(tx, order)
            return put_step(tx, order, seen=seen)

    def create(
        self,
        *,
        machine: str,
        component: str,
        kind: WorkOrderKind,
        task: str,
        labour: timedelta,
        due: datetime | None,
        actor: str,
        follows: str | None = None,
    ) -> WorkOrder:
        """Propose work that a person has thought of: preventive, corrective, or rework of the order it follows.

        Rework of a predictive order is preventive: it rests on no forecast.

        Raises
        ------
        NotFound
            If the machine, its component or the order it follows does not exist.
        ValueError
            If a person predicts, the task is empty, or the labour negative.
        """
        if kind is WorkOrderKind.PREDICTIVE and follows is None:
            raise ValueError("a predictive order rests on a forecast, and is proposed by the platform alone")
        if labour < timedelta(0):
            raise ValueError(f"labour is {labour}: a time is at least 0")
        kind = WorkOrderKind.PREVENTIVE if kind is WorkOrderKind.PREDICTIVE else kind
        self._in_service(machine, component)
        with self._operations.transaction() as tx:
            before = tx.orders.get(follows) if follows is not None else None
            if before is not None and before.machine != machine:
                raise ValueError(f"rework of {before.id} is on machine {before.machine!r}, not {machine!r}")
            order = WorkOrder(
                id=tx.orders.next_id(),
                machine=machine,
                component=component,
                kind=kind,
                created_at=self._clock.now(),
                task=_said(task, "work order", what="a task"),
                labour=labour,
                due=due,
                follows=follows,
            )
            detail = {"follows": follows} if follows else {}
            return add_order(tx, order, actor=_named(actor), reason=task, detail=detail)

    def report_failure(self, *, machine: str, component: str, mode: str, time: datetime, actor: str) -> WorkOrder:
        """Record a failure and propose its repair; the open predictive order gives way to it, with its evidence.

        Reported twice, also by two people at slightly different times, it is one, until the repair is done.

        Raises
        ------
        NotFound
            If the machine or its component does not exist.
        ValueError
            If `time` lies ahead.
        """
        now = self._clock.now()
        if time > now:
            raise ValueError(f"a failure at {time} has not happened yet: it is {now}")
        known = self._in_service(machine, component)
        with self._operations.transaction() as tx:
            failure = ReportedFailure(tx, known, component, mode or "unknown", time, now=now, actor=_named(actor))
            return failure.report()

    def remove_machine(self, machine: str, *, actor: str) -> None:
        """Take a machine out of service, and its devices off it; what is on record of it stays.

        Raises
        ------
        NotFound
            If there is none of this id.
        Conflict
            While it has open orders, and if it is out of service already.
        """
        known, now = self._in_service(machine), self._clock.now()
        with self._operations.transaction() as tx:
            still = [order.id for order in tx.orders.find(states=OPEN_STATES, machine=machine)]
            if still:
                raise Conflict(
                    f"machine {machine!r} has open work orders: {', '.join(still)}; complete, cancel or decline "
                    "them first"
                )
            seats = [a for a in tx.registry.attachments() if a.machine == machine and a.covers(now) and a.since < now]
            tx.registry.add([replace(known, retired_at=now)], [replace(seat, until=now) for seat in seats])
            devices = [seat.device for seat in seats]
            tx.audit.record(AuditEntry(now, _named(actor), "machine.removed", machine, {"devices": devices}))

    def _step(self, order: WorkOrder, to: WorkOrderState, actor: str, reason: str) -> WorkOrder:
        return order.transition(to, actor=actor, time=self._clock.now(), reason=reason)

    def _needed_at(self, order: WorkOrder) -> datetime:
        """Return when the parts of an unscheduled order must be there; what has failed needs them now."""
        wanted = order.evidence.act_at if order.evidence is not None and _predicted(order) else order.due
        return max(self._clock.now(), wanted or order.created_at)

    def _machine(self, id: str) -> Machine:
        for machine in self._registry.machines():
            if machine.id == id:
                return machine
        raise NotFound("machine", id)

    def _in_service(self, id: str, component: str | None = None) -> Machine:
        machine = self._machine(id)
        if machine.retired_at is not None:
            raise Conflict(f"machine {id!r} was taken out of service at {machine.retired_at:%Y-%m-%d %H:%M} UTC")
        if component is not None and component not in machine.components:
            raise NotFound(f"component of machine {id!r}", component, known=machine.components)
        return machine


def _only_from(state: WorkOrderState, order: WorkOrder, wanted: str) -> WorkOrder:
    """Hold that the order is where this step begins: the table allows others to the same state."""
    if order.state is not state:
        raise TransitionRefused(order.state, wanted, allowed=sorted(TRANSITIONS[order.state]))
    return order


def _predicted(order: WorkOrder) -> bool:
    return order.kind is WorkOrderKind.PREDICTIVE


def _said(words: str, change: str, *, what: str = "a reason") -> str:
    if not words.strip():
        raise ValueError(f"a {change} needs {what}, so that others understand it later")
    return words.strip()


def _named(actor: str) -> str:
    if not actor.strip():
        raise ValueError("a change needs the name of its actor")
    return actor
