"""What a reader must know before reading a page: no machines, no model, stale data, a store that is away."""

from dataclasses import dataclass

from api.console.words import exact, percent, relative, span
from api.reading.fleet_state import FleetState
from api.reading.store_state import telemetry_trouble
from api.services import ConsoleServices


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence with its heading, and what to do; `urgent` needs a person now."""

    heading: str
    sentence: str
    remedy: str = ""
    command: str = ""
    urgent: bool = False


def notices(services: ConsoleServices, fleet: FleetState) -> list[Notice]:
    """Return what stands above the page, the most urgent first."""
    found = [_store_away(services), _waiting(services), _stale(services, fleet), _no_model(services, fleet)]
    return [notice for notice in found if notice is not None]


def _store_away(services: ConsoleServices) -> Notice | None:
    trouble = telemetry_trouble(services)
    if trouble is None:
        return None
    return Notice(
        "The telemetry store does not answer",
        f"{trouble}. Ranks, probabilities, reasons and device counts come from another store and are right as they "
        "stand. Signals and past forecasts cannot be shown, and new forecasts wait.",
        remedy="Readings that arrive meanwhile are kept and stored later.",
        urgent=True,
    )


def _waiting(services: ConsoleServices) -> Notice | None:
    depth = services.spool_depth() if services.spool_depth is not None else 0
    if depth < _DEEP_SPOOL:
        return None
    return Notice(
        "Readings are waiting",
        f"{depth:,} batches that were acknowledged to their devices have not reached the telemetry store yet. "
        "Nothing is lost, but what you see is older than what was received.",
    )


_DEEP_SPOOL = 100
"""A healthy forwarder keeps the spool near empty."""


def _stale(services: ConsoleServices, fleet: FleetState) -> Notice | None:
    until = fleet.data_until
    if not fleet.machines or (until is not None and until >= fleet.now - services.silent_after):
        return None
    if until is None:
        return Notice(
            "No data yet",
            "The machines are registered, but none has reported.",
            remedy="See Devices for what was received and why it was refused.",
        )
    return Notice(
        "The data is stale",
        f"No machine has reported since {exact(until)} ({relative(until, fleet.now)}). "
        f"Everything below describes that time; silence of more than {span(services.silent_after)} is not usual.",
        remedy="Look whether the broker and the collector run, then at Devices for the last message of each.",
        urgent=True,
    )


def _no_model(services: ConsoleServices, fleet: FleetState) -> Notice | None:
    if fleet.model_trouble:
        return Notice(
            "The model in use cannot be read",
            f"{fleet.model_trouble}. What it said before stands below; new forecasts and alarms wait.",
            urgent=True,
        )
    if not fleet.machines:
        return None
    if fleet.model is None:
        said = any(m.forecasts for m in fleet.machines)
        return Notice(
            "No model is in use",
            "What an earlier model said stands below; nothing new is forecast, and no alarm is raised."
            if said
            else "Machines are listed without a probability, because nothing has learned from their failures yet.",
            remedy="Train one on a history that holds failures:",
            command="foreworn train DIR --until TIME",
        )
    if not any(m.forecasts for m in fleet.machines):
        return Notice(
            "Nothing has been forecast yet",
            f"Model {fleet.model.version} is in use; machines are scored at the next full step of the clock. "
            f"It raises an alarm from {percent(fleet.model.threshold)}.",
        )
    return None
