"""Cases: machines that behave unlike their healthy past, and which signals say so."""

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse

from api.console.rendering import page
from api.console.words import label, number, percent
from api.reading.fleet_state import fleet_state
from api.routes.parameters import Services
from api.services import ConsoleServices
from foreworn.health.anomaly import SignalShare
from foreworn.health.case import Case
from foreworn.telemetry.signal import SignalCatalogue

router = APIRouter(include_in_schema=False)

_SHOWN = 200
_SIGNALS = 3


@router.get("/cases")
def cases_page(
    request: Request,
    services: Services,
    state: Annotated[Literal["", "all"], Query(description="`all` lists closed ones too.")] = "",
    machine: Annotated[str, Query()] = "",
) -> HTMLResponse:
    """Return the page."""
    fleet = fleet_state(services)
    found = cases_of(services, machine=machine or None, open_only=not state)
    return page(
        request,
        "cases.html",
        fleet=fleet,
        now=fleet.now,
        cases=found,
        shown=_SHOWN,
        state=state,
        machine=machine,
        share_words=lambda case: share_words(case, services.registry.catalogue()),
    )


def cases_of(services: ConsoleServices, *, machine: str | None, open_only: bool, limit: int = _SHOWN) -> list[Case]:
    """Return cases, the last opened first."""
    with services.operations.reading() as tx:
        return tx.cases.list(machine=machine, open_only=open_only, limit=limit)


def share_words(case: Case, catalogue: SignalCatalogue) -> Sequence[str]:
    """Return the signals with the largest shares, such as `Vibration 7.9 mm/s, usual 2–4: 61 % of it`."""
    return [_share(one, catalogue) for one in case.contributions[:_SIGNALS]]


def _share(one: SignalShare, catalogue: SignalCatalogue) -> str:
    name, unit = one.signal.replace("_", " "), ""
    if one.signal in catalogue.names:
        signal = catalogue.by_name(one.signal)
        name, unit = label(signal), f" {signal.unit}" if signal.unit else ""
    usual = f"{number(one.usual_low)}–{number(one.usual_high)}"
    return f"{name} {number(one.value)}{unit}, usual {usual}: {percent(one.share)} of it"
