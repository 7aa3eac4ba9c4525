"""One work order: how far it has come, what it rests on, and what can be done now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, Response

from api.auth import CurrentUser
from api.console.answers import answers_for
from api.console.done import done_sentence
from api.console.forms import Typed, go_to, local
from api.console.guarded import TypedForm
from api.console.order_changes import CHANGES, Asked
from api.console.order_path import steps_of
from api.console.reader import reader_of
from api.console.reasons import effect, reason_name, reason_usual, reason_value
from api.console.rendering import page
from api.console.revisions import changed_since
from api.console.supply import PartNeed, Supplies
from api.console.trouble import Trouble, trouble_of
from api.problems import Forbidden
from api.reading.fleet_state import fleet_state
from api.routes.parameters import Services
from api.services import ConsoleServices
from foreworn.access import User
from foreworn.audit import PLATFORM
from foreworn.errors import Conflict, NotFound, TransitionRefused
from foreworn.loop.operations import Transaction
from foreworn.planning import WorkOrder, WorkOrderState
from foreworn.planning.decline import DECLINE_REASONS
from foreworn.planning.technician import Technician

router = APIRouter(include_in_schema=False)

_HOUR = timedelta(hours=1)
_MADE = "work_order.proposed"


@dataclass(frozen=True, slots=True)
class OrderView:
    """A work order with what belongs to it, as of one reading of the store.

    Parameters
    ----------
    follow_ups
        Ids of the orders that came out of it.
    proposer
        Who proposed it.
    changed
        What late data made of the forecast that it rests on; empty where nothing.
    """

    order: WorkOrder
    needs: list[PartNeed]
    team: list[Technician]
    follow_ups: list[str]
    proposer: str
    changed: str

    @property
    def technician(self) -> str:
        """The name of who is booked."""
        booked = "" if self.order.booking is None else self.order.booking.technician
        return next((one.name for one in self.team if one.id == booked), booked)


def order_view(services: ConsoleServices, id: str) -> OrderView:
    """Read one order.

    Raises
    ------
    NotFound
        If there is none of this id.
    """
    models = {m.id: m.model for m in services.registry.machines()}
    with services.operations.reading() as tx:
        order = tx.orders.get(id)
        needs = Supplies(tx, models, place=services.replenishing.place).of(order)
        team = [one for one in tx.team.all() if one.active]
        return OrderView(order, needs, team, _follow_ups(tx, order), _proposer(tx, order), changed_since(tx, order))


def _follow_ups(tx: Transaction, order: WorkOrder) -> list[str]:
    return [o.id for o in tx.orders.find(machine=order.machine, component=order.component) if o.follows == order.id]


@router.get("/orders/{id}")
def order_page(request: Request, services: Services, id: str, did: Annotated[str, Query()] = "") -> HTMLResponse:
    """Return the page."""
    return _page(request, services, order_view(services, id), done=done_sentence(services, did))


@router.post("/orders/{id}/{action}")
def change_order(
    request: Request, services: Services, user: CurrentUser, form: TypedForm, id: str, action: str
) -> Response:
    """Do it and go on; where it cannot be done, show the order as it is now and keep what was typed."""
    if action not in CHANGES:
        raise NotFound("action", action, known=list(CHANGES))
    change = CHANGES[action]
    if not user.may(*change.roles):
        raise Forbidden(user.name, [str(role) for role in change.roles])
    view = order_view(services, id)
    try:
        changed = change.do(Asked(services, view.order, view.needs, user.name, form))
    except (Conflict, NotFound, TransitionRefused, ValueError) as refusal:
        now = order_view(services, id)
        trouble = trouble_of(refusal, change, now.order, form, services.clock.now())
        return _page(request, services, now, trouble=trouble, typed=Typed({action: Typed(form.fields)}))
    default = f"/orders/{changed.id}"
    return go_to(default if changed.id != id else form.back(default), did=changed.id)


def _page(
    request: Request,
    services: ConsoleServices,
    view: OrderView,
    *,
    trouble: Trouble | None = None,
    typed: Typed | None = None,
    done: str = "",
) -> HTMLResponse:
    fleet, order = fleet_state(services), view.order
    reader = reader_of(request)
    return page(
        request,
        "order.html",
        status=HTTPStatus.OK if trouble is None else trouble.status,
        fleet=fleet,
        now=fleet.now,
        order=order,
        way=steps_of(order, view.proposer, view.technician, fleet.now),
        parts=view.needs,
        team=view.team,
        technician=view.technician,
        followed_by=view.follow_ups,
        possible=_possible(order, reader.user),
        waits_for=_waits_for(order),
        booking=_booking(order, fleet.now, (typed or Typed()).get("schedule")),
        answers=answers_for(order),
        decline_reasons=DECLINE_REASONS,
        typed=typed or Typed(),
        trouble=trouble,
        done=done,
        proposer=view.proposer,
        changed=view.changed,
        catalogue=services.registry.catalogue(),
        reason_name=reason_name,
        reason_value=reason_value,
        reason_usual=reason_usual,
        effect=effect,
    )


def _possible(order: WorkOrder, user: User | None) -> set[str]:
    return {
        name for name, change in CHANGES.items() if order.state in change.states and user and user.may(*change.roles)
    }


def _waits_for(order: WorkOrder) -> str:
    who = {
        WorkOrderState.PROPOSED: "a planner to approve or decline it",
        WorkOrderState.APPROVED: "a planner to schedule it",
        WorkOrderState.SCHEDULED: "its technician to start it",
        WorkOrderState.IN_PROGRESS: "its technician to finish it",
        WorkOrderState.COMPLETED: "a planner to close it",
    }.get(order.state)
    return f"It waits for {who}." if who else ""


def _booking(order: WorkOrder, now: datetime, typed: Mapping[str, str] | None) -> Mapping[str, str]:
    """Return what the scheduling form begins with: what was typed, what is booked, or the earliest full hour."""
    if typed is not None:
        return {"technician": "", "start": "", "hours": "", **typed}
    if order.booking is not None:
        booked = order.booking
        return {
            "technician": booked.technician,
            "start": local(booked.start),
            "hours": f"{(booked.end - booked.start) / _HOUR:g}",
        }
    earliest = max(now, order.evidence.act_at if order.evidence else now)
    full = (earliest + _HOUR - timedelta(microseconds=1)).replace(minute=0, second=0, microsecond=0)
    return {"technician": "", "start": local(full), "hours": f"{order.labour / _HOUR or 2:g}"}


def _proposer(tx: Transaction, order: WorkOrder) -> str:
    entries = tx.audit.find(subject=order.id)
    made = entries[-1][1] if entries else None
    return made.actor if made is not None and made.action == _MADE else PLATFORM
