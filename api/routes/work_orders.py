"""Work orders: which there are, and every step that a person may take with one."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from api.auth import require
from api.changes import Created, IdempotencyKey, Seen, changing, etag, once
from api.cursor import cursor_of_ours, named_cursor, named_row
from api.instants import Instant
from api.routes.parameters import CREATED, PRINTABLE, Cursor, Key, Limit, Services, problems
from api.schemas.work_order import (
    Justified,
    NewBooking,
    NewFindings,
    NewWorkOrder,
    Reasoned,
    WorkOrderAnswer,
    WorkOrderPage,
)
from foreworn.access import Role, User
from foreworn.planning.work_order import WorkOrder, WorkOrderKind, WorkOrderState

router = APIRouter(prefix="/work-orders", tags=["work orders"])

Planner = Annotated[User, Depends(require(Role.PLANNER))]
Worker = Annotated[User, Depends(require(Role.TECHNICIAN, Role.PLANNER))]
_CHANGE = problems(400, 404, 409, 412, 428, 503)


@router.get("", summary="Work orders", responses=problems(400, 503))
def list_work_orders(
    services: Services,
    state: Annotated[list[WorkOrderState] | None, Query(description="Only in one of these states.")] = None,
    kind: Annotated[WorkOrderKind | None, Query(description="Only of this kind.")] = None,
    machine: Annotated[str | None, Query(description="Only of this machine."), PRINTABLE] = None,
    component: Annotated[str | None, Query(description="Only of this component."), PRINTABLE] = None,
    technician: Annotated[
        str | None, Query(description="Only those booked for them.", max_length=200), PRINTABLE
    ] = None,
    changed_since: Annotated[Instant | None, Query(description="Only those that took a step since.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> WorkOrderPage:
    """Return work orders with every step they took, oldest first."""
    with services.operations.reading() as tx, cursor_of_ours():
        found = tx.orders.find(
            states=state,
            kind=kind,
            machine=machine,
            component=component,
            technician=technician,
            changed_since=changed_since,
            after=None if cursor is None else named_row(cursor),
            limit=limit + 1,
        )
    shown = found[:limit]
    following = named_cursor(shown[-1].id) if len(found) > limit else None
    return WorkOrderPage(items=[WorkOrderAnswer.of(order) for order in shown], next_cursor=following)


@router.get("/{id}", summary="One work order", responses=problems(400, 404, 503))
def get_work_order(services: Services, response: Response, id: Key) -> WorkOrderAnswer:
    """Return one work order; its ETag is the version that a change names as If-Match."""
    return _told(response, _order(services, id))


@router.post(
    "",
    summary="Ask for a job",
    status_code=201,
    response_model=WorkOrderAnswer,
    responses=CREATED | problems(400, 404, 409, 422, 503),
)
def create_work_order(
    services: Services, request: Request, asked: NewWorkOrder, user: Planner, key: IdempotencyKey
) -> Response:
    """Create a preventive or corrective job, or rework of an earlier one; predictive ones the platform proposes."""

    def make() -> Created:
        order = services.work_orders.create(
            machine=asked.machine,
            component=asked.component,
            kind=WorkOrderKind(asked.kind),
            task=asked.task,
            labour=asked.labour,
            due=asked.due,
            actor=user.name,
            follows=asked.follows,
        )
        return created(order)

    return once(services, request, asked, user=user.name, key=key, make=make)


@router.post("/{id}/approve", summary="Approve it", responses=_CHANGE)
def approve(
    services: Services, response: Response, id: Key, asked: Reasoned, user: Planner, seen: Seen
) -> WorkOrderAnswer:
    """Approve a proposal: its parts are reserved."""
    act = services.work_orders.approve
    return _changed(services, response, id, seen, lambda: act(id, actor=user.name, seen=seen, reason=asked.reason))


@router.post("/{id}/decline", summary="Decline it", responses=_CHANGE)
def decline(
    services: Services, response: Response, id: Key, asked: Justified, user: Planner, seen: Seen
) -> WorkOrderAnswer:
    """Decline a proposal, and say why: the answer is data."""
    act = services.work_orders.decline
    return _changed(services, response, id, seen, lambda: act(id, actor=user.name, seen=seen, reason=asked.reason))


@router.post("/{id}/schedule", summary="Schedule it", responses=_CHANGE)
def schedule(
    services: Services, response: Response, id: Key, asked: NewBooking, user: Planner, seen: Seen
) -> WorkOrderAnswer:
    """Say who does it, and in which window."""
    act = services.work_orders.schedule

    def change() -> WorkOrder:
        return act(id, actor=user.name, seen=seen, booking=asked.booking, reason=asked.reason)

    return _changed(services, response, id, seen, change)


@router.post("/{id}/unschedule", summary="Take it off the schedule", responses=_CHANGE)
def unschedule(
    services: Services, response: Response, id: Key, asked: Justified, user: Planner, seen: Seen
) -> WorkOrderAnswer:
    """Take a scheduled order back to approved."""
    act = services.work_orders.unschedule
    return _changed(services, response, id, seen, lambda: act(id, actor=user.name, seen=seen, reason=asked.reason))


@router.post("/{id}/start", summary="Start it", responses=_CHANGE)
def start(services: Services, response: Response, id: Key, user: Worker, seen: Seen) -> WorkOrderAnswer:
    """Say that the work has begun."""
    act = services.work_orders.start
    return _changed(services, response, id, seen, lambda: act(id, actor=user.name, seen=seen))


@router.post("/{id}/pause", summary="Pause it", responses=_CHANGE)
def pause(
    services: Services, response: Response, id: Key, asked: Justified, user: Worker, seen: Seen
) -> WorkOrderAnswer:
    """Break off, and take it back to scheduled."""
    act = services.work_orders.pause
    return _changed(services, response, id, seen, lambda: act(id, actor=user.name, seen=seen, reason=asked.reason))


@router.post("/{id}/complete", summary="Complete it", responses=_CHANGE)
def complete(
    services: Services, response: Response, id: Key, asked: NewFindings, user: Worker, seen: Seen
) -> WorkOrderAnswer:
    """Say what was found, done and used: stock is issued, and the prediction gets its label."""
    act = services.work_orders.complete
    return _changed(services, response, id, seen, lambda: act(id, actor=user.name, seen=seen, findings=asked.findings))


@router.post("/{id}/close", summary="Close it", responses=_CHANGE)
def close(
    services: Services, response: Response, id: Key, asked: Reasoned, user: Planner, seen: Seen
) -> WorkOrderAnswer:
    """Close a completed order."""
    act = services.work_orders.close
    return _changed(services, response, id, seen, lambda: act(id, actor=user.name, seen=seen, reason=asked.reason))


@router.post("/{id}/cancel", summary="Cancel it", responses=_CHANGE)
def cancel(
    services: Services, response: Response, id: Key, asked: Justified, user: Planner, seen: Seen
) -> WorkOrderAnswer:
    """Cancel an approved or scheduled order: its parts are free again."""
    act = services.work_orders.cancel
    return _changed(services, response, id, seen, lambda: act(id, actor=user.name, seen=seen, reason=asked.reason))


def created(order: WorkOrder) -> Created:
    """Return the answer to the create of an order."""
    return Created(WorkOrderAnswer.of(order), f"/v1/work-orders/{order.id}", etag(order.version))


def _order(services: Services, id: str) -> WorkOrder:
    with services.operations.reading() as tx:
        return tx.orders.get(id)


def _changed(
    services: Services, response: Response, id: str, seen: int, change: Callable[[], WorkOrder]
) -> WorkOrderAnswer:
    with changing(f"work order {id}", seen, lambda: _order(services, id).version):
        return _told(response, change())


def _told(response: Response, order: WorkOrder) -> WorkOrderAnswer:
    response.headers.update(etag(order.version))
    return WorkOrderAnswer.of(order)
