"""Devices: how far they have come, how good what they send is, and what was last refused of them."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path

from api.cursor import page_of
from api.reading.devices import device_state, device_states, last_rejection, signal_qualities
from api.routes.parameters import Cursor, Limit, Services, problems
from api.schemas.device import DeviceAnswer, DevicePage, DeviceQualityAnswer

router = APIRouter(prefix="/devices", tags=["devices"])

DeviceId = Annotated[str, Path(description="The device's id.")]
_HISTORY = timedelta(days=30)


@router.get("", summary="All devices", responses=problems(400, 503))
def list_devices(services: Services, limit: Limit = 100, cursor: Cursor = None) -> DevicePage:
    """Return devices that were heard of or are registered, by id, each with its last refusal."""
    page = page_of(device_states(services), lambda state: (state.id,), limit=limit, cursor=cursor)
    judged, now = signal_qualities(services, [state.id for state in page.rows]), services.clock.now()
    items = [DeviceAnswer.of(state, last_rejection(services, state), judged[state.id], now=now) for state in page.rows]
    return DevicePage(items=items, total=page.total, next_cursor=page.next_cursor)


@router.get("/{device}", summary="One device", responses=problems(400, 404, 503))
def get_device(services: Services, device: DeviceId) -> DeviceAnswer:
    """Return one device with its last refusal."""
    state = device_state(services, device)
    judged = signal_qualities(services, [state.id])[state.id]
    return DeviceAnswer.of(state, last_rejection(services, state), judged, now=services.clock.now())


@router.get("/{device}/quality", summary="The quality of a device's signals", responses=problems(400, 404, 503))
def get_quality(services: Services, device: DeviceId) -> DeviceQualityAnswer:
    """Return how good each signal was over the last day that was judged, and on the days before."""
    state = device_state(services, device)
    with services.operations.reading() as tx:
        return DeviceQualityAnswer.of(state.id, tx.quality.history(state.id, services.clock.now() - _HISTORY))
