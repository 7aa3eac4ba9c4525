"""The cost table."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from api.auth import require
from api.changes import SeenTag, changing, etag, usable
from api.routes.parameters import Services, problems
from api.schemas.cost import CostsAnswer, NewCosts
from foreworn.access import Role, User
from foreworn.economics.cost_table import CostTable
from foreworn.loop.costing import Costing, version_of

router = APIRouter(prefix="/costs", tags=["costs"])
Reckoner = Annotated[User, Depends(require(Role.PLANNER, Role.ENGINEER))]


@router.get("", summary="The cost table", responses=problems(503))
def get_costs(services: Services, response: Response) -> CostsAnswer:
    """Return what people have given, and what is assumed otherwise; its ETag is what a change names as If-Match."""
    return _told(response, _table(services))


@router.put("", summary="Give costs", responses=problems(400, 409, 412, 428, 503))
def put_costs(services: Services, response: Response, asked: NewCosts, user: Reckoner, seen: SeenTag) -> CostsAnswer:
    """Add rows, or put them in the place of those about the same model and component; proposals reckon with them."""
    with usable("rows"):
        table = CostTable({row.key: row.cost for row in asked.rows}, asked.currency)
    with changing("the cost table", seen, lambda: version_of(_table(services))):
        costing = Costing(services.operations, services.clock)
        return _told(response, costing.put(table, seen=seen, actor=user.name))


def _table(services: Services) -> CostTable:
    with services.operations.reading() as tx:
        return tx.costs.table()


def _told(response: Response, table: CostTable) -> CostsAnswer:
    response.headers.update(etag(version_of(table)))
    return CostsAnswer.of(table)
