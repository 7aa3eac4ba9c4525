"""Failures that people report."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from api.auth import require
from api.changes import Created, IdempotencyKey, once
from api.routes.machines import MachineId
from api.routes.parameters import CREATED, Services, problems
from api.routes.work_orders import created
from api.schemas.work_order import NewFailure, WorkOrderAnswer
from foreworn.access import Role, User

router = APIRouter(prefix="/machines", tags=["machines"])
Reporter = Annotated[User, Depends(require(Role.TECHNICIAN, Role.PLANNER))]


@router.post(
    "/{machine}/failures",
    summary="Report a failure",
    status_code=201,
    response_model=WorkOrderAnswer,
    responses=CREATED | problems(400, 404, 409, 422, 503),
)
def report_failure(
    services: Services, request: Request, machine: MachineId, asked: NewFailure, user: Reporter, key: IdempotencyKey
) -> Response:
    """Put a failure on record, and return the corrective order that it needs.

    An open predictive order of the component is superseded, and its evidence carried on. Reported twice it is one.
    """

    def make() -> Created:
        time = asked.time or services.clock.now()
        order = services.work_orders.report_failure(
            machine=machine, component=asked.component, mode=asked.mode, time=time, actor=user.name
        )
        return created(order)

    return once(services, request, asked, user=user.name, key=key, make=make)
