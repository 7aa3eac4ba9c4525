"""The fleet as it stands: every machine with its standing forecasts and the time of its data, by risk."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from api.services import ConsoleServices
from foreworn.errors import DamagedModel, NotFound
from foreworn.fleet.machine import Machine
from foreworn.health.failure_model import FailureModel
from foreworn.health.forecast import Forecast


@dataclass(frozen=True, slots=True)
class MachineState:
    """One machine as it stands.

    Parameters
    ----------
    forecasts
        The standing forecast of each component, the most probable first.
    devices
        Ids of the devices that sit on it now, sorted.
    data_until
        The newest device time that was stored; None before any.
    silent
        Whether its newest data is older than the platform allows.
    """

    machine: Machine
    forecasts: tuple[Forecast, ...]
    devices: tuple[str, ...]
    data_until: datetime | None
    silent: bool

    @property
    def id(self) -> str:
        """The machine's id."""
        return self.machine.id

    @property
    def top(self) -> Forecast | None:
        """The most probable of its forecasts."""
        return self.forecasts[0] if self.forecasts else None

    @property
    def risk_key(self) -> tuple[float, str]:
        """Sorts the most probable failure first, machines without a forecast last."""
        return (1.0 if self.top is None else -self.top.probability, self.id)


@dataclass(frozen=True, slots=True)
class FleetState:
    """All machines, the most probable failure first, at one time of the clock.

    Parameters
    ----------
    model
        The model in use; None before one was put in use, and where it cannot be read.
    model_trouble
        Why it cannot be read; empty where it can, or where there is none.
    """

    now: datetime
    machines: tuple[MachineState, ...]
    model: FailureModel | None
    model_trouble: str = ""

    @property
    def silent(self) -> tuple[MachineState, ...]:
        """The machines that are silent."""
        return tuple(m for m in self.machines if m.silent)

    @property
    def data_until(self) -> datetime | None:
        """The newest device time of any machine."""
        return max((m.data_until for m in self.machines if m.data_until), default=None)

    @property
    def alarms(self) -> tuple[MachineState, ...]:
        """The machines whose most probable failure is an alarm."""
        return tuple(m for m in self.machines if m.top is not None and self.is_alarm(m.top))

    def is_alarm(self, forecast: Forecast) -> bool:
        """Tell whether the serving model calls this forecast an alarm; it answers only for its own."""
        model = self.model
        return model is not None and forecast.model_version == model.version and forecast.probability >= model.threshold

    def machine(self, id: str) -> MachineState:
        """Return one machine.

        Raises
        ------
        NotFound
            If the registry has no such machine.
        """
        for state in self.machines:
            if state.id == id:
                return state
        raise NotFound("machine", id)


def fleet_state(services: ConsoleServices) -> FleetState:
    """Read the registry, the verdict board and the devices' progress; the telemetry store is not needed."""
    now = services.clock.now()
    oldest = now - services.silent_after
    standing: dict[str, list[Forecast]] = defaultdict(list)
    for forecast in services.verdicts.latest():
        standing[forecast.machine].append(forecast)
    devices = _devices_by_machine(services, now)
    watermarks = {p.device: p.watermark for p in services.progress.all() if p.watermark is not None}
    states = []
    for machine in services.registry.machines():
        seated = devices.get(machine.id, ())
        until = max((watermarks[d] for d in seated if d in watermarks), default=None)
        silent = until is None or until < oldest
        states.append(MachineState(machine, tuple(standing.get(machine.id, ())), seated, until, silent))
    return FleetState(now, tuple(sorted(states, key=lambda s: s.risk_key)), *serving_model(services))


def serving_model(services: ConsoleServices) -> tuple[FailureModel | None, str]:
    """Return the model in use, or why it cannot be read: what it has said still stands without it."""
    try:
        return services.models.serving(), ""
    except (DamagedModel, NotFound) as trouble:
        return None, str(trouble)


def _devices_by_machine(services: ConsoleServices, now: datetime) -> dict[str, tuple[str, ...]]:
    devices: dict[str, list[str]] = defaultdict(list)
    for attachment in services.registry.attachments():
        if attachment.covers(now):
            devices[attachment.machine].append(attachment.device)
    return {machine: tuple(sorted(seated)) for machine, seated in devices.items()}
