"""Orders: all work, narrowed and sorted by the address, and the same as CSV."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse, Response

from api.console.csv_file import csv_file
from api.console.done import done_sentence
from api.console.rendering import page
from api.console.words import plural
from api.instants import EARLIEST, LATEST, format_instant
from api.reading.fleet_state import fleet_state
from api.routes.parameters import Services
from api.services import ConsoleServices
from foreworn.planning import WorkOrder, WorkOrderKind, WorkOrderState
from foreworn.planning.technician import Technician
from foreworn.planning.work_order import OPEN_STATES

router = APIRouter(include_in_schema=False)

_PER_PAGE = 100
_STATES = (
    ("", "open, and to be closed"),
    *((str(state), str(state).replace("_", " ")) for state in WorkOrderState),
    ("all", "all"),
)
_KINDS = (("", "all"), *((str(kind), str(kind)) for kind in WorkOrderKind))
_TO_CLOSE = (*OPEN_STATES, WorkOrderState.COMPLETED)


@dataclass(frozen=True, slots=True)
class Selection:
    """What the reader asked to see."""

    state: Annotated[
        Literal[
            "",
            "all",
            "proposed",
            "approved",
            "declined",
            "scheduled",
            "in_progress",
            "completed",
            "closed",
            "cancelled",
            "superseded",
        ],
        Query(),
    ] = ""
    kind: Annotated[Literal["", "predictive", "preventive", "corrective"], Query()] = ""
    machine: Annotated[str, Query()] = ""
    technician: Annotated[str, Query()] = ""
    sort: Annotated[Literal["due", "machine", "saving", "changed"], Query()] = "due"

    @property
    def narrowed(self) -> bool:
        """Whether it is another list than the one the page begins with."""
        return bool(self.state or self.kind or self.machine or self.technician)

    @property
    def states(self) -> tuple[WorkOrderState, ...] | None:
        """The states that are listed; None lists all."""
        if self.state == "all":
            return None
        return (WorkOrderState(self.state),) if self.state else _TO_CLOSE

    def of(self, services: ConsoleServices) -> list[WorkOrder]:
        """Return the asked orders in the asked order."""
        with services.operations.reading() as tx:
            found = tx.orders.find(
                states=self.states,
                kind=WorkOrderKind(self.kind) if self.kind else None,
                machine=self.machine or None,
                technician=self.technician or None,
            )
        return sorted(found, key=_SORTS[self.sort])


_SORTS: Mapping[str, Callable[[WorkOrder], tuple[object, ...]]] = {
    "due": lambda o: (not o.is_open, o.due or LATEST, o.id),
    "machine": lambda o: (o.machine, o.component, o.id),
    "saving": lambda o: (-(o.evidence.expected_saving if o.evidence else -1.0), o.id),
    "changed": lambda o: (EARLIEST - o.last_changed, o.id),
}


@router.get("/orders")
def orders_page(
    request: Request,
    services: Services,
    chosen: Annotated[Selection, Depends()],
    number: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1,
    did: Annotated[str, Query()] = "",
) -> HTMLResponse:
    """Return the list."""
    fleet = fleet_state(services)
    orders, team = chosen.of(services), _team(services)
    return page(
        request,
        "orders.html",
        fleet=fleet,
        now=fleet.now,
        rows=orders[(number - 1) * _PER_PAGE : number * _PER_PAGE],
        lead=_lead(orders, fleet.now),
        number=number,
        pages=max(1, -(-len(orders) // _PER_PAGE)),
        chosen=chosen,
        states=_STATES,
        kinds=_KINDS,
        machines=[m.id for m in sorted(fleet.machines, key=lambda m: m.id)],
        team=team,
        names={one.id: one.name for one in team},
        done=done_sentence(services, did),
    )


def _lead(orders: Sequence[WorkOrder], now: datetime) -> str:
    undecided = sum(o.state is WorkOrderState.PROPOSED for o in orders)
    overdue = sum(o.is_open and o.due is not None and o.due < now for o in orders)
    said = plural(len(orders), "order")
    notes = [f"{undecided} to decide" if undecided else "", f"{overdue} overdue" if overdue else ""]
    told = ", ".join(note for note in notes if note)
    return f"{said}: {told}." if told else f"{said}."


def _team(services: ConsoleServices) -> list[Technician]:
    with services.operations.reading() as tx:
        return tx.team.all()


@router.get("/orders.csv")
def orders_csv(services: Services, chosen: Annotated[Selection, Depends()]) -> Response:
    """Return every order that the same address without `.csv` would list."""
    return csv_file("foreworn-orders", services.clock.now(), _HEAD, map(_cells, chosen.of(services)))


_HEAD = (
    *("order", "kind", "state", "code", "machine", "component", "task", "created_at", "due", "labour_h"),
    *("technician", "start", "end", "probability", "horizon_h", "expected_saving", "currency", "costs_assumed"),
    *("finding", "action", "outcome", "follows", "last_changed"),
)


def _cells(order: WorkOrder) -> Sequence[str]:
    booking, evidence, findings = order.booking, order.evidence, order.findings
    return (
        *(order.id, str(order.kind), str(order.state), order.state.code or "", order.machine, order.component),
        *(order.task, format_instant(order.created_at), format_instant(order.due) if order.due else ""),
        f"{order.labour / timedelta(hours=1):g}",
        *((booking.technician, format_instant(booking.start), format_instant(booking.end)) if booking else ("",) * 3),
        *(
            (
                f"{evidence.probability:.4f}",
                f"{evidence.horizon / timedelta(hours=1):g}",
                f"{evidence.expected_saving:.2f}",
                evidence.currency,
                "yes" if evidence.costs_assumed else "no",
            )
            if evidence
            else ("",) * 5
        ),
        *((str(findings.finding), str(findings.action)) if findings else ("", "")),
        *(str(order.outcome or ""), order.follows or "", format_instant(order.last_changed)),
    )
