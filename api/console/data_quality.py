"""Data: whether what came in can be trusted: who is silent, which signals are poor, what was refused, what is stuck."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from api.console import device_words
from api.console.notices import notices
from api.console.rendering import page
from api.reading.devices import DeviceState, device_states
from api.reading.fleet_state import fleet_state
from api.reading.quarantined import sensors_in_doubt
from api.routes.parameters import Services
from api.services import ConsoleServices
from foreworn.errors import StoreUnavailable
from foreworn.loop.jobs import Job
from foreworn.telemetry.quality import PARTS, SignalQuality
from foreworn.telemetry.quarantine import REASONS
from foreworn.telemetry.sample import MILLISECOND
from foreworn.telemetry.silence import Silence

router = APIRouter(include_in_schema=False)

_SENSORS_LOOKED_THROUGH = 1000
_SHOWN = 20
GOOD = 0.95
"""Signals with a lower score are listed."""
LATE_WITHIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class LateData:
    """Machines whose forecasts were said again because data came late, the most often first.

    Parameters
    ----------
    trouble
        Why it cannot be told; empty where it can.
    """

    machines: Sequence[tuple[str, int]] = ()
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Stuck:
    """Work of the platform itself that failed for good, and what waits to be told elsewhere."""

    failed: Sequence[tuple[Job, str]]
    waiting: int


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known of the signals of all devices.

    Parameters
    ----------
    judged
        How many were judged.
    poor
        The worst signal of each device that has one with a low score, and how many more of its signals have one;
        the lowest score first.
    """

    judged: int
    poor: Sequence[tuple[SignalQuality, int]]


@router.get("/data")
def data_page(request: Request, services: Services) -> HTMLResponse:
    """Return the page."""
    fleet = fleet_state(services)
    devices = device_states(services)
    counts = services.quarantine.count()
    return page(
        request,
        "data.html",
        fleet=fleet,
        now=fleet.now,
        notices=notices(services, fleet),
        silent=sorted(fleet.silent, key=lambda m: (m.data_until is not None, m.data_until or fleet.now, m.id)),
        counts=sorted(counts.items(), key=lambda item: -item[1]),
        refused=sum(counts.values()),
        reasons=REASONS,
        sensors=sensors_in_doubt(services, looked_through=_SENSORS_LOOKED_THROUGH)[:_SHOWN] if counts else [],
        silent_after=services.silent_after,
        quiet=_quiet(devices),
        gone=sum(one.took_leave for one in devices),
        speaking=sum(_ought_to_speak(one) and one.silence is None for one in devices),
        signals=_signals(services),
        words=device_words,
        parts=PARTS,
        devices=len(devices),
        offline=sum(one.progress.state == "offline" for one in devices),
        never=sum(not one.heard for one in devices),
        late=_late(services, fleet.now),
        stuck=_stuck(services),
        shown=_SHOWN,
    )


def _late(services: ConsoleServices, now: datetime) -> LateData:
    try:
        table = services.forecasts.forecasts(now - LATE_WITHIN, now + MILLISECOND)
    except StoreUnavailable as trouble:
        return LateData(trouble=str(trouble))
    revised = Counter(
        machine
        for machine, revision in zip(table["machine"].to_pylist(), table["revision"].to_pylist(), strict=True)
        if revision
    )
    return LateData(sorted(revised.items(), key=lambda item: (-item[1], item[0])))


def _quiet(devices: Sequence[DeviceState]) -> list[tuple[DeviceState, Silence]]:
    """Return the silent devices, the longest first; one that took leave is not silent."""
    silent = [(one, one.silence) for one in devices if one.silence is not None and one.silent]
    return sorted(silent, key=lambda pair: (pair[1].since, pair[0].id))


def _ought_to_speak(device: DeviceState) -> bool:
    return device.machine is not None and device.progress.last_spoke_at is not None


def _signals(services: ConsoleServices) -> Signals:
    with services.operations.reading() as tx:
        judged = tx.quality.latest()
    poor = sorted((q.score, q.device, q.signal, q) for q in judged if q.score is not None and q.score < GOOD)
    of_device = Counter(quality.device for *_, quality in poor)
    worst = {quality.device: quality for *_, quality in reversed(poor)}
    return Signals(len(judged), [(q, of_device[q.device] - 1) for *_, q in poor if worst[q.device] is q])


def _stuck(services: ConsoleServices) -> Stuck:
    with services.operations.reading() as tx:
        return Stuck(tx.jobs.failed(), tx.outbox.depth())
