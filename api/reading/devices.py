"""Every device: how far it has come, where it sits, and what was last refused of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from api.reading.quarantined import SHOWN_BYTES
from api.services import ConsoleServices
from foreworn.errors import NotFound
from foreworn.telemetry.intake import DeviceProgress
from foreworn.telemetry.quality import SignalQuality
from foreworn.telemetry.quarantine import QuarantineEntry, Selection
from foreworn.telemetry.silence import Silence, cadence_of, silence_of


@dataclass(frozen=True, slots=True)
class DeviceState:
    """One device as it stands.

    Parameters
    ----------
    progress
        How far it has come.
    machine
        Where it sits; None where the registry knows no seat for it now.
    silence
        Since when it ought to have spoken; None where it need not, as on no machine, or was never heard.
    """

    progress: DeviceProgress
    machine: str | None
    silence: Silence | None = None

    @property
    def id(self) -> str:
        """The device's id."""
        return self.progress.device

    @property
    def heard(self) -> bool:
        """Whether anything ever came from it."""
        return self.progress.last_received_at is not None or self.progress.state != "unknown"

    @property
    def took_leave(self) -> bool:
        """Whether it ought to speak, but it, or its last will, said that it is gone."""
        return self.silence is not None and self.silence.said_goodbye

    @property
    def silent(self) -> bool:
        """Whether it ought to speak, does not, and nobody said why."""
        return self.silence is not None and not self.silence.said_goodbye


def device_states(services: ConsoleServices) -> list[DeviceState]:
    """Return all devices that were heard of or are registered, sorted by id."""
    now = services.clock.now()
    attachments = services.registry.attachments()
    seats = {a.device: a.machine for a in attachments if a.covers(now)}
    heard = {p.device: p for p in services.progress.all()}
    cadences = _cadences(services)
    states = []
    for device in sorted({*heard, *(a.device for a in attachments)}):
        progress, machine = heard.get(device, DeviceProgress(device)), seats.get(device)
        cadence = cadences.get(machine) if machine is not None else None
        silence = None if cadence is None else silence_of(progress, cadence, now)
        states.append(DeviceState(progress, machine, silence))
    return states


def _cadences(services: ConsoleServices) -> dict[str, timedelta]:
    """Return how often each machine that is in service is to be heard."""
    catalogue, now = services.registry.catalogue(), services.clock.now()
    machines = [machine for machine in services.registry.machines() if machine.in_service_at(now)]
    by_model = {model: cadence_of(catalogue.of_model(model).values()) for model in {m.model for m in machines}}
    return {machine.id: by_model[machine.model] for machine in machines}


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


def last_rejection(services: ConsoleServices, state: DeviceState) -> QuarantineEntry | None:
    """Return what was last refused of the device, or None."""
    newest = services.quarantine.find(Selection(device=state.id), limit=1, payload=SHOWN_BYTES)
    return newest[0] if newest else None


def signal_qualities(services: ConsoleServices, devices: Sequence[str]) -> dict[str, list[SignalQuality]]:
    """Return the newest judgements of the signals of each device, sorted by signal; empty where there are none."""
    judged: dict[str, list[SignalQuality]] = {device: [] for device in devices}
    with services.operations.reading() as tx:
        for quality in tx.quality.latest(devices=devices):
            judged[quality.device].append(quality)
    return judged


def never_reported(
    services: ConsoleServices, state: DeviceState, judged: Mapping[str, Sequence[SignalQuality]]
) -> list[str]:
    """Return the signals of the device's machine that no device there was judged for, sorted.

    Parameters
    ----------
    services
        What the registry knows.
    state
        The device.
    judged
        The newest judgements of all devices that sit on the machine.
    """
    models = {machine.id: machine.model for machine in services.registry.machines()}
    if state.machine not in models:
        return []
    sent = {quality.signal for qualities in judged.values() for quality in qualities}
    return sorted(set(services.registry.catalogue().of_model(models[state.machine])) - sent)


def worst_signal(qualities: Sequence[SignalQuality]) -> SignalQuality | None:
    """Return the judgement with the lowest score, or None where no signal has one."""
    scored = [(quality.score, quality.signal, quality) for quality in qualities if quality.score is not None]
    return min(scored)[2] if scored else None
