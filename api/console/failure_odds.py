"""How likely each component of a machine fails within a day, a week, and before a part ordered now would be there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from api.console.reasons import is_by_age
from api.console.words import percent, span
from api.reading.fleet_state import FleetState, MachineState
from api.services import ConsoleServices
from foreworn.health.failure_curve import FailureCurve
from foreworn.health.forecast import Forecast
from foreworn.spares import Part, parts_for

SPANS: Final = tuple(timedelta(days=days) for days in (1, 2, 7, 14))
"""What the table shows beside the lead time of a component's part."""

_LEARNED: Final = "signs"
"""What a failure model calls a component that it forecasts from its signals."""


@dataclass(frozen=True, slots=True)
class Chance:
    """A probability in words; `beyond` where nothing was forecast that far and the risk is taken to stay."""

    words: str
    beyond: bool


@dataclass(frozen=True, slots=True)
class FailureOdds:
    """What one component's failure curve says.

    Parameters
    ----------
    chances
        Within each of `SPANS`.
    before_part
        Before a part that is ordered now would be there; None where no part of it is on file.
    lead
        How long that takes, and of which part: `21 d, seal-40`.
    basis
        What the forecast rests on, in words; empty where the model in use has not said it.
    by_age
        Whether it rests on the component's age alone.
    """

    component: str
    chances: tuple[Chance, ...]
    before_part: Chance | None
    lead: str
    basis: str
    by_age: bool


def failure_odds(services: ConsoleServices, fleet: FleetState, state: MachineState) -> list[FailureOdds]:
    """Return the odds of every component that has a forecast, the most probable failure first."""
    if not state.forecasts:
        return []
    slowest = _slowest_parts(services, state)
    basis = _bases(fleet)
    return [_odds(forecast, slowest.get(forecast.component), basis(forecast)) for forecast in state.forecasts]


def forecast_until(state: MachineState) -> timedelta | None:
    """Return how far something was forecast of every component; None without a forecast."""
    return min((FailureCurve.of([f]).horizon for f in state.forecasts), default=None)


def _odds(forecast: Forecast, part: Part | None, basis: str) -> FailureOdds:
    curve = FailureCurve.of([forecast])
    return FailureOdds(
        forecast.component,
        tuple(_chance(curve, within) for within in SPANS),
        None if part is None else _chance(curve, part.lead_time),
        "" if part is None else f"{span(part.lead_time)}, {part.id}",
        "what its signals show" if basis == _LEARNED else basis,
        by_age=basis not in ("", _LEARNED),
    )


def _chance(curve: FailureCurve, within: timedelta) -> Chance:
    return Chance(percent(curve.probability(within)), beyond=within > curve.horizon)


def _bases(fleet: FleetState) -> Callable[[Forecast], str]:
    """Return what tells of a forecast what it rests on: the model in use answers for its own alone.

    A component whose signs are known may be forecast by age nevertheless, which the forecast's first reason says.
    """
    model = fleet.model
    told = None if model is None else model.describe().get("basis")
    known: Mapping[str, str] = told if isinstance(told, Mapping) else {}
    version = "" if model is None else model.version

    def basis(forecast: Forecast) -> str:
        told = known.get(forecast.component, "") if forecast.model_version == version else ""
        first = forecast.reasons[0] if forecast.reasons else None
        return first.feature if told == _LEARNED and first is not None and is_by_age(first) else told

    return basis


def _slowest_parts(services: ConsoleServices, state: MachineState) -> dict[str, Part]:
    """Return of each component's parts the one that takes longest to come."""
    with services.operations.reading() as tx:
        bill, parts = tx.parts.uses(), {part.id: part for part in tx.parts.all()}
    needed = {c: _of(parts, parts_for(bill, state.machine.model, c)) for c in state.machine.components}
    return {component: max(found, key=lambda p: (p.lead_time, p.id)) for component, found in needed.items() if found}


def _of(parts: Mapping[str, Part], ids: Mapping[str, int]) -> Sequence[Part]:
    return [parts[id] for id in ids if id in parts]
