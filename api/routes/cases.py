"""Anomaly cases."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.routes.parameters import PRINTABLE, Key, Limit, Services, problems
from api.schemas.record import CaseAnswer, CaseList

router = APIRouter(prefix="/cases", tags=["cases"])


@router.get("", summary="Cases", responses=problems(400, 503))
def list_cases(
    services: Services,
    machine: Annotated[str | None, Query(description="Only of this machine.", max_length=200), PRINTABLE] = None,
    open_only: Annotated[bool, Query(description="Only those that are not over.")] = False,
    limit: Limit = 100,
) -> CaseList:
    """Return machines that behave, or behaved, unlike themselves, the last opened first."""
    with services.operations.reading() as tx:
        found = tx.cases.list(machine=machine, open_only=open_only, limit=limit)
    return CaseList(items=[CaseAnswer.of(case) for case in found])


@router.get("/{id}", summary="One case", responses=problems(400, 404, 503))
def get_case(services: Services, id: Key) -> CaseAnswer:
    """Return one case with the signals behind it."""
    with services.operations.reading() as tx:
        return CaseAnswer.of(tx.cases.get(id))
