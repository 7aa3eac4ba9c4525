"""Machines by risk, their signals and forecasts."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query

from api.cursor import page_of
from api.instants import Instant
from api.reading.fleet_state import fleet_state
from api.reading.forecasts import machine_forecasts
from api.reading.signals import machine_signals
from api.routes.parameters import PRINTABLE, Between, Cursor, Limit, Services, problems
from api.schemas.forecast import ForecastAnswer, ForecastPage
from api.schemas.machine import MachineAnswer, MachinePage, SignalsAnswer

router = APIRouter(prefix="/machines", tags=["machines"])
MachineId = Annotated[str, Path(description="The machine's id.", max_length=300), PRINTABLE]


@router.get("", summary="Machines by risk", responses=problems(400, 503))
def list_machines(services: Services, limit: Limit = 100, cursor: Cursor = None) -> MachinePage:
    """Return machines with their standing forecasts, the most probable failure first."""
    fleet = fleet_state(services)
    page = page_of(fleet.machines, lambda state: state.risk_key, limit=limit, cursor=cursor)
    items = [MachineAnswer.of(state, fleet) for state in page.rows]
    return MachinePage(items=items, total=page.total, next_cursor=page.next_cursor)


@router.get("/{machine}", summary="One machine", responses=problems(400, 404, 503))
def get_machine(services: Services, machine: MachineId) -> MachineAnswer:
    """Return one machine with its standing forecasts and their reasons."""
    fleet = fleet_state(services)
    return MachineAnswer.of(fleet.machine(machine), fleet)


@router.get("/{machine}/signals", summary="Its signals", responses=problems(400, 404, 503))
def get_signals(
    services: Services,
    machine: MachineId,
    between: Between,
    signal: Annotated[list[str] | None, Query(description="Names of signals; all where left out.")] = None,
    limit: Annotated[int, Query(ge=10, le=10_000, description="Most points per series.")] = 2000,
) -> SignalsAnswer:
    """Return signals over [from, to), per signal and device.

    A series with more than `limit` values is given as windows (mean, low, high, count) of 1 h, 3 h, 6 h,
    12 h, 1 d, 7 d or 28 d: the shortest that fit. States have no mean; those that do not fit are left out,
    with the reason.
    """
    state = fleet_state(services).machine(machine)
    found = machine_signals(services, state.machine, between.start, between.end, names=signal or (), largest=limit)
    return SignalsAnswer.of(found, start=between.start, end=between.end, limit=limit)


@router.get("/{machine}/forecasts", summary="Its forecasts over time", responses=problems(400, 404, 503))
def get_forecasts(
    services: Services,
    machine: MachineId,
    between: Between,
    as_of: Annotated[Instant | None, Query(description="Only what had been issued by then.")] = None,
    revisions: Annotated[
        Literal["newest", "all"], Query(description="Of each forecast the newest revision, or all.")
    ] = "newest",
    limit: Annotated[int, Query(ge=1, le=10_000, description="Most rows of this page.")] = 5000,
    cursor: Cursor = None,
) -> ForecastPage:
    """Return the forecasts on record whose data time lies in [from, to)."""
    fleet_state(services).machine(machine)
    points = machine_forecasts(
        services, machine, between.start, between.end, as_of=as_of, all_revisions=revisions == "all"
    )
    page = page_of(points, lambda point: point.key, limit=limit, cursor=cursor)
    items = [ForecastAnswer.of(point) for point in page.rows]
    return ForecastPage(items=items, total=page.total, next_cursor=page.next_cursor)
