"""Devices: what came from each, how well, and the last thing that was refused."""

from collections.abc import Callable, Mapping
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse

from api.console import device_words
from api.console.notices import notices
from api.console.rendering import page
from api.problems import BadParameter
from api.reading.devices import (
    DeviceState,
    device_state,
    device_states,
    last_rejection,
    never_reported,
    signal_qualities,
    worst_signal,
)
from api.reading.fleet_state import fleet_state
from api.reading.payload import payload_preview
from api.routes.parameters import Services
from foreworn.telemetry.quality import ALLOWED_DELAY, PARTS
from foreworn.telemetry.quarantine import REASONS, Selection

router = APIRouter(include_in_schema=False)

_NEWEST = 20
_PER_PAGE = 100
_PAYLOAD_SHOWN = 2000


@router.get("/devices")
def devices_page(
    request: Request,
    services: Services,
    state: Annotated[str, Query(description="empty, rejected, silent, gaps, offline or never")] = "",
    number: Annotated[int, Query(alias="page", ge=1, le=100_000)] = 1,
) -> HTMLResponse:
    """Return the list."""
    if state not in _STATES:
        raise BadParameter("state", f"{state!r} is not a choice", remedy=f"use one of {', '.join(_STATES)}")
    fleet = fleet_state(services)
    states = device_states(services)
    chosen = [one for one in states if _STATES[state](one)]
    shown = chosen[(number - 1) * _PER_PAGE : number * _PER_PAGE]
    judged = signal_qualities(services, [one.id for one in shown])
    return page(
        request,
        "devices.html",
        fleet=fleet,
        now=fleet.now,
        notices=notices(services, fleet),
        devices=[(one, last_rejection(services, one), worst_signal(judged[one.id])) for one in shown],
        words=device_words,
        matching=len(chosen),
        number=number,
        pages=max(1, -(-len(chosen) // _PER_PAGE)),
        chosen=state,
        choices={name: sum(map(test, states)) for name, test in _STATES.items()},
        totals={
            "samples": sum(s.progress.samples for s in states),
            "events": sum(s.progress.events for s in states),
            "log lines": sum(s.progress.logs for s in states),
            "refused": sum(s.progress.rejected for s in states),
        },
        collector=None if services.collector_counts is None else dict(services.collector_counts()),
        spool_depth=None if services.spool_depth is None else services.spool_depth(),
        preview=payload_preview,
        reasons=REASONS,
    )


def _everything(_: DeviceState) -> bool:
    return True


_STATES: Mapping[str, Callable[[DeviceState], bool]] = {
    "": _everything,
    "rejected": lambda one: one.progress.rejected > 0,
    "silent": lambda one: one.silent,
    "gaps": lambda one: one.progress.missing > 0,
    "offline": lambda one: one.progress.state == "offline",
    "never": lambda one: not one.heard,
}


@router.get("/devices/{device}")
def device_page(request: Request, services: Services, device: str) -> HTMLResponse:
    """Return one device: what came, how well, how good its signals are, and its newest refusals."""
    fleet, state = fleet_state(services), device_state(services, device)
    together = [device] if state.machine is None else [*fleet.machine(state.machine).devices, device]
    judged = signal_qualities(services, together)
    return page(
        request,
        "device.html",
        fleet=fleet,
        now=fleet.now,
        notices=notices(services, fleet),
        device=state,
        qualities=judged[device],
        never_reported=never_reported(services, state, judged) if judged[device] else [],
        words=device_words,
        parts=PARTS,
        allowed_delay=ALLOWED_DELAY,
        entries=services.quarantine.find(Selection(device=device), limit=_NEWEST, payload=_PAYLOAD_SHOWN + 1),
        newest=_NEWEST,
        preview=lambda payload: payload_preview(payload, _PAYLOAD_SHOWN),
        reasons=REASONS,
    )
