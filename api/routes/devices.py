"""Devices: how far they have come, and what was last refused of them."""

from typing import Annotated

from fastapi import APIRouter, Path

from api.cursor import page_of
from api.reading.devices import device_state, device_states, last_rejection
from api.routes.parameters import Cursor, Limit, Services, problems
from api.schemas.device import DeviceAnswer, DevicePage

router = APIRouter(prefix="/devices", tags=["devices"])


@router.get("", summary="All devices", responses=problems(400, 503))
def list_devices(services: Services, limit: Limit = 100, cursor: Cursor = None) -> DevicePage:
    """Return devices that were heard of or are registered, by id, each with its last refusal."""
    page = page_of(device_states(services), lambda state: (state.id,), limit=limit, cursor=cursor)
    items = [DeviceAnswer.of(state, last_rejection(services, state)) for state in page.rows]
    return DevicePage(items=items, total=page.total, next_cursor=page.next_cursor)


@router.get("/{device}", summary="One device", responses=problems(400, 404, 503))
def get_device(services: Services, device: Annotated[str, Path(description="The device's id.")]) -> DeviceAnswer:
    """Return one device with its last refusal."""
    state = device_state(services, device)
    return DeviceAnswer.of(state, last_rejection(services, state))
