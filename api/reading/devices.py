"""Every device: how far it has come, where it sits, and what was last refused of it."""

from dataclasses import dataclass

from api.services import ConsoleServices
from foreworn.errors import NotFound
from foreworn.telemetry.intake import DeviceProgress
from foreworn.telemetry.quarantine import Rejection


@dataclass(frozen=True, slots=True)
class DeviceState:
    """One device as it stands; `machine` is None where the registry knows no seat for it now."""

    progress: DeviceProgress
    machine: str | None

    @property
    def id(self) -> str:
        """The device's id."""
        return self.progress.device

    @property
    def heard(self) -> bool:
        """Whether anything ever came from it."""
        return self.progress.last_received_at is not None or self.progress.state != "unknown"


def device_states(services: ConsoleServices) -> list[DeviceState]:
    """Return all devices that were heard of or are registered, sorted by id."""
    now = services.clock.now()
    attachments = services.registry.attachments()
    seats = {a.device: a.machine for a in attachments if a.covers(now)}
    heard = {p.device: p for p in services.progress.all()}
    ids = sorted({*heard, *(a.device for a in attachments)})
    return [DeviceState(heard.get(device, DeviceProgress(device)), seats.get(device)) for device in ids]


def device_state(services: ConsoleServices, device: str) -> DeviceState:
    """Return one device.

    Raises
    ------
    NotFound
        If it was never heard of and is not registered.
    """
    for state in device_states(services):
        if state.id == device:
            return state
    raise NotFound("device", device)


def last_rejection(services: ConsoleServices, state: DeviceState) -> Rejection | None:
    """Return what was last refused of the device, or None."""
    newest = services.quarantine.newest(1, device=state.id)
    return newest[0] if newest else None
