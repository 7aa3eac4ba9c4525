"""What people do to a work order: each action with who may do it, when it is possible, and what it asks for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from api.console.answers import findings_of
from api.console.forms import Form
from api.console.supply import PartNeed
from api.problems import BadParameter
from api.services import ConsoleServices
from foreworn.access import Role
from foreworn.errors import NotFound
from foreworn.planning import WorkOrder, WorkOrderState
from foreworn.planning.decline import DECLINE_REASONS
from foreworn.planning.work_order import Booking

S = WorkOrderState
_PLANNERS = (Role.PLANNER,)
_WORKERS = (Role.TECHNICIAN, Role.PLANNER)


@dataclass(frozen=True, slots=True)
class Asked:
    """One change that somebody asked for by a form."""

    services: ConsoleServices
    order: WorkOrder
    needs: list[PartNeed]
    actor: str
    form: Form

    @property
    def reason(self) -> str:
        """What was typed as the reason; it may be empty."""
        return self.form.text("reason")

    @property
    def why(self) -> str:
        """What was typed where a reason is asked for."""
        return self.form.text("words", required=True)


@dataclass(frozen=True, slots=True)
class Change:
    """An action.

    Parameters
    ----------
    wish
        What the reader wanted, as the end of `You wanted to ...`.
    roles
        Who may do it.
    states
        From where.
    do
        Does it, and returns the order that came of it.
    """

    wish: str
    roles: tuple[Role, ...]
    states: tuple[WorkOrderState, ...]
    do: Callable[[Asked], WorkOrder]


def _approve(asked: Asked) -> WorkOrder:
    return asked.services.work_orders.approve(
        asked.order.id, actor=asked.actor, seen=asked.form.seen, reason=asked.reason
    )


def _decline(asked: Asked) -> WorkOrder:
    return asked.services.work_orders.decline(
        asked.order.id, actor=asked.actor, seen=asked.form.seen, reason=decline_reason(asked.form)
    )


def decline_reason(form: Form) -> str:
    """Return the chosen answer and what was added in own words.

    Raises
    ------
    BadParameter
        If neither was given.
    """
    chosen, words = dict(DECLINE_REASONS).get(form.text("answer"), ""), form.text("words")
    if not chosen and not words:
        raise BadParameter("reason", "a decline needs a reason", remedy="choose one, or say it in your own words")
    return f"{chosen}: {words}" if chosen and words else chosen or words


def _schedule(asked: Asked) -> WorkOrder:
    form, orders = asked.form, asked.services.work_orders
    start = form.moment("start")
    booking = Booking(_technician(asked), start, start + form.hours("hours"))
    seen = form.seen
    if asked.order.state is S.SCHEDULED:
        seen = orders.unschedule(
            asked.order.id, actor=asked.actor, seen=seen, reason=asked.reason or "scheduled again"
        ).version
    return orders.schedule(asked.order.id, actor=asked.actor, seen=seen, booking=booking, reason=asked.reason)


def _technician(asked: Asked) -> str:
    """Return who was chosen; asked before the old booking is given up, so that a wrong name leaves it."""
    chosen = asked.form.text("technician", required=True)
    with asked.services.operations.reading() as tx:
        team = [one.id for one in tx.team.all()]
    if team and chosen not in team:
        raise NotFound("technician", chosen, known=team)
    return chosen


def _unschedule(asked: Asked) -> WorkOrder:
    return asked.services.work_orders.unschedule(
        asked.order.id, actor=asked.actor, seen=asked.form.seen, reason=asked.why
    )


def _start(asked: Asked) -> WorkOrder:
    return asked.services.work_orders.start(asked.order.id, actor=asked.actor, seen=asked.form.seen)


def _pause(asked: Asked) -> WorkOrder:
    return asked.services.work_orders.pause(asked.order.id, actor=asked.actor, seen=asked.form.seen, reason=asked.why)


def _complete(asked: Asked) -> WorkOrder:
    findings = findings_of(asked.form, asked.order, asked.needs)
    return asked.services.work_orders.complete(
        asked.order.id, actor=asked.actor, seen=asked.form.seen, findings=findings
    )


def _close(asked: Asked) -> WorkOrder:
    return asked.services.work_orders.close(
        asked.order.id, actor=asked.actor, seen=asked.form.seen, reason=asked.reason
    )


def _cancel(asked: Asked) -> WorkOrder:
    return asked.services.work_orders.cancel(asked.order.id, actor=asked.actor, seen=asked.form.seen, reason=asked.why)


def _rework(asked: Asked) -> WorkOrder:
    order = asked.order
    return asked.services.work_orders.create(
        machine=order.machine,
        component=order.component,
        kind=order.kind,
        task=asked.why,
        labour=order.labour,
        due=None,
        actor=asked.actor,
        follows=order.id,
    )


CHANGES: Mapping[str, Change] = {
    "approve": Change("approve it", _PLANNERS, (S.PROPOSED,), _approve),
    "decline": Change("decline it", _PLANNERS, (S.PROPOSED,), _decline),
    "schedule": Change("schedule it", _PLANNERS, (S.APPROVED, S.SCHEDULED), _schedule),
    "unschedule": Change("take it off the schedule", _PLANNERS, (S.SCHEDULED,), _unschedule),
    "start": Change("start the work", _WORKERS, (S.APPROVED, S.SCHEDULED), _start),
    "pause": Change("pause it", _WORKERS, (S.IN_PROGRESS,), _pause),
    "complete": Change("say that it is done", _WORKERS, (S.IN_PROGRESS,), _complete),
    "close": Change("close it", _PLANNERS, (S.COMPLETED,), _close),
    "cancel": Change("cancel it", _PLANNERS, (S.APPROVED, S.SCHEDULED), _cancel),
    "rework": Change("order rework", _PLANNERS, (S.COMPLETED, S.CLOSED), _rework),
}
"""The actions by the last part of their address."""
