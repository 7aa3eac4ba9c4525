"""Parts: stock against demand and what to buy; one part with its demand, its ledger, and what drives it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, Response

from api.console.csv_file import csv_file
from api.console.done import done_sentence
from api.console.forms import Typed
from api.console.part_outlook import SOURCES, demand_chart, part_outlook
from api.console.picture import picture
from api.console.plotly_figure import plotly_figure
from api.console.purchase_words import DECLINE_ANSWERS, assumptions
from api.console.rendering import page
from api.console.stockroom import StockLine, stockroom
from api.reading.fleet_state import fleet_state
from api.routes.parameters import Services
from api.security import CHART_CONTENT_POLICY
from api.services import ConsoleServices
from foreworn.errors import NotFound
from foreworn.planning import WorkOrder
from foreworn.spares import Part, PartUse, PurchaseOrder, Reservation, ReservationState, StockMovement

router = APIRouter(include_in_schema=False)

_MOVEMENTS = 50


@dataclass(frozen=True, slots=True)
class PartView:
    """One part with everything that bears on it.

    Parameters
    ----------
    reservations
        Open promises with their work orders, by date.
    movements
        The newest lines of the ledger, the newest first.
    purchases
        All, the newest first.
    uses
        Where it is built in.
    """

    part: Part
    lines: Sequence[StockLine]
    reservations: Sequence[tuple[Reservation, WorkOrder]]
    movements: Sequence[StockMovement]
    purchases: Sequence[PurchaseOrder]
    uses: Sequence[PartUse]


@router.get("/parts")
def parts_page(
    request: Request,
    services: Services,
    show: Annotated[Literal["", "proposed", "short"], Query()] = "",
    did: Annotated[str, Query()] = "",
) -> HTMLResponse:
    """Return the list."""
    fleet = fleet_state(services)
    room = stockroom(services, fleet.now)
    chosen = _chosen(room.lines, show)
    with services.operations.reading() as tx:
        currency = tx.costs.table().currency
    return page(
        request,
        "parts.html",
        fleet=fleet,
        now=fleet.now,
        lines=chosen,
        everything=room.lines,
        proposed=sum(line.proposal is not None for line in room.lines),
        short=sum(line.short for line in room.lines),
        trouble=room.trouble,
        show=show,
        places=len({line.level.place for line in room.lines}) > 1,
        currency=currency,
        sources=SOURCES,
        decline_answers=DECLINE_ANSWERS,
        proof=assumptions,
        done=done_sentence(services, did),
    )


def _chosen(lines: Sequence[StockLine], show: str) -> list[StockLine]:
    return [
        line
        for line in lines
        if not show or (show == "proposed" and line.proposal is not None) or (show == "short" and line.short)
    ]


@router.get("/parts.csv")
def parts_csv(services: Services, show: Annotated[Literal["", "proposed", "short"], Query()] = "") -> Response:
    """Return every line that the same address without `.csv` would list."""
    now = services.clock.now()
    return csv_file("foreworn-parts", now, _HEAD, map(_cells, _chosen(stockroom(services, now).lines, show)))


_HEAD = (
    *("part", "description", "place", "unit", "on_hand", "reserved", "on_order", "position", "lead_time_d", "price"),
    *(f"{source.value}_{figure}" for source, _ in SOURCES for figure in ("mean", "p50", "p90")),
    *("proposal", "proposed_quantity", "proposed_because"),
)


def _cells(line: StockLine) -> Sequence[str]:
    part, level, proposal = line.part, line.level, line.proposal
    figures: list[str] = []
    for source, _ in SOURCES:
        need = line.needs.get(source)
        figures += ("", "", "") if need is None else (f"{need.mean:.3f}", str(need.p50), str(need.p90))
    return (
        *(part.id, part.description, level.place, part.unit, str(level.on_hand), str(level.reserved)),
        *(str(level.on_order), str(level.position), f"{part.lead_time / timedelta(days=1):g}", f"{part.price:.2f}"),
        *figures,
        *((proposal.id, str(proposal.quantity), proposal.reason) if proposal else ("", "", "")),
    )


@router.get("/parts/{id}")
def part_page(request: Request, services: Services, id: str, did: Annotated[str, Query()] = "") -> HTMLResponse:
    """Return one part."""
    return render_part(request, services, id, done=done_sentence(services, did))


def render_part(
    request: Request,
    services: ConsoleServices,
    id: str,
    *,
    status: int = 200,
    done: str = "",
    trouble: str = "",
    typed: Typed | None = None,
) -> HTMLResponse:
    """Return the page of one part; `trouble` says why a change was not made."""
    fleet = fleet_state(services)
    view = _view(services, id, fleet.now)
    outlook = part_outlook(services, view.part, fleet.now)
    first = view.lines[0]
    with services.operations.reading() as tx:
        currency = tx.costs.table().currency
    answer = page(
        request,
        "part.html",
        status=status,
        fleet=fleet,
        now=fleet.now,
        view=view,
        part=view.part,
        outlook=outlook,
        chart=demand_chart(outlook, first.level, first.coming, fleet.now),
        line_id=token_hex(8),
        currency=currency,
        decline_answers=DECLINE_ANSWERS,
        proof=assumptions,
        picture=picture,
        figure=plotly_figure,
        done=done,
        trouble=trouble,
        typed=typed or Typed(),
    )
    answer.headers["Content-Security-Policy"] = CHART_CONTENT_POLICY
    return answer


def _view(services: ConsoleServices, id: str, now: datetime) -> PartView:
    lines = [line for line in stockroom(services, now).lines if line.part.id == id]
    if not lines:
        raise NotFound("part", id)
    with services.operations.reading() as tx:
        uses = tx.parts.uses()
        promised = tx.stock.reservations(part=id, states=(ReservationState.OPEN,))
        reservations = [(r, tx.orders.get(r.order)) for r in promised]
        movements = tx.stock.movements(part=id)
        purchases = tx.purchases.find(part=id)
    return PartView(
        lines[0].part,
        lines,
        reservations,
        movements[: -_MOVEMENTS - 1 : -1],
        list(reversed(purchases)),
        [use for use in uses if use.part == id],
    )
