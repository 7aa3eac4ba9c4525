"""How long each component of a machine will last, as it was last told, and how much to trust it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from api.console.words import date, number, percent, plural, span, when
from api.reading.fleet_state import FleetState, MachineState
from api.reading.records import HistoryRecord, Kind
from api.services import ConsoleServices
from foreworn.errors import DamagedModel, NotFound
from foreworn.health.remaining_life import LifeForecast, LifeModel

_DAY: Final = timedelta(days=1)
_DAYS_FROM: Final = 72.0
"""Hours from which a life is told in days."""
_STALE: Final = 2 * _DAY
HOURS: Final = "hours"
_WORK: Final = (Kind.FAILURE, Kind.PREVENTIVE, Kind.CORRECTIVE)


@dataclass(frozen=True, slots=True)
class Lasting:
    """How long one component lasts; `life` is None where nothing stands of it.

    Parameters
    ----------
    left
        The life left with its interval, such as `31 days (12 to 60)`; empty without one.
    words
        What that means, or why there is none; without its full stop.
    doubts
        What a reader has to know besides; sentences without their full stops.
    """

    component: str
    life: LifeForecast | None
    left: str
    words: str
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LastingAll:
    """The components' lives, and why the models that tell them cannot be read, where they cannot."""

    components: Sequence[Lasting]
    models: int
    trouble: str = ""

    @property
    def is_told(self) -> bool:
        """Whether something stands of any component."""
        return any(one.life is not None for one in self.components)


def lasting(
    services: ConsoleServices, fleet: FleetState, state: MachineState, worked: Sequence[HistoryRecord]
) -> LastingAll:
    """Return what stands of a machine's components, sorted by component; `worked` is what was done lately."""
    models, trouble = _serving(services)
    standing = {life.component: life for life in services.lives.latest(machine=state.id)}
    told = [
        _told(life, models, fleet, worked, trouble) if (life := standing.get(name)) else _untold(name, models, trouble)
        for name in sorted({*state.machine.components, *standing})
    ]
    return LastingAll(told, len(models), trouble)


def life_left(life: LifeForecast) -> str:
    """Return the life left with its interval; hours as days where they are many.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> def of(unit: str, *lives: float) -> LifeForecast:
    ...     at = datetime(2026, 3, 2, tzinfo=UTC)
    ...     p10, p50, p90 = lives
    ...     told = {"p10": p10, "p50": p50, "p90": p90, "expected": p50, "cap": 3000.0, "unit": unit}
    ...     return LifeForecast("m", "bearing", at, **told, model_version="life-1", issued_at=at)
    >>> life_left(of("hours", 288, 744, 1440)), life_left(of("hours", 2.4, 20.0, 71.0))
    ('31 days (12 to 60)', '20 hours (2 to 71)')
    >>> life_left(of("cycles", 804.0, 1200.4, 2000.0)), life_left(of("hours", 3, 26, 130))
    ('1,200 cycles (804 to 2,000)', '26 hours (3 to 130)')
    """
    if life.unit == HOURS and life.p50 >= _DAYS_FROM:
        p10, p50, p90 = (f"{hours / 24:,.0f}" for hours in (life.p10, life.p50, life.p90))
        return f"{p50} days ({p10} to {p90})"
    p10, p50, p90 = (f"{value:,.0f}" for value in (life.p10, life.p50, life.p90))
    return f"{p50} {life.unit} ({p10} to {p90})"


def amount(value: float, unit: str) -> str:
    """Return a length of life without its interval.

    Examples
    --------
    >>> amount(744.0, "hours"), amount(12.0, "hours"), amount(40.0, "cycles")
    ('31 days', '12 hours', '40 cycles')
    """
    if unit == HOURS and abs(value) >= _DAYS_FROM:
        return plural(round(value / 24), "day")
    return f"{number(value)} {unit}"


def _serving(services: ConsoleServices) -> tuple[Mapping[str, LifeModel], str]:
    try:
        return {model.component: model for model in services.life_models.serving()}, ""
    except (DamagedModel, NotFound) as trouble:
        return {}, str(trouble)


def _told(
    life: LifeForecast,
    models: Mapping[str, LifeModel],
    fleet: FleetState,
    worked: Sequence[HistoryRecord],
    trouble: str,
) -> Lasting:
    model = None if trouble else models.get(life.component)
    learned = [] if trouble else _learned_from(model, life)
    doubts = [*_since(life, fleet, worked), *([life.note] if life.note else []), _held(model, life), *learned]
    return Lasting(life.component, life, life_left(life), _meaning(life), tuple(doubts))


def _meaning(life: LifeForecast) -> str:
    """Say what the interval is: by the clock as days of the calendar, otherwise what the numbers are."""
    if life.unit != HOURS:
        return "the middle of what is likely, with its interval in brackets"
    low, middle, high = (date(life.time + timedelta(hours=hours)) for hours in (life.p10, life.p50, life.p90))
    if low == high:
        return f"it fails about {middle}"
    return f"it fails about {middle}, between {low} and {high}"


def _held(model: LifeModel | None, life: LifeForecast) -> str:
    """Say how often such intervals held on machines that the model had not seen; where that is not kept, their aim."""
    metrics = model.describe().get("metrics") if model is not None and model.version == life.model_version else None
    held = metrics.get("unseen_coverage_p10_p90") if isinstance(metrics, Mapping) else None
    if not isinstance(held, float) or math.isnan(held):
        return "such intervals aim to hold in 80 % of cases; how often those of its model did is not known here"
    return f"such intervals held in {percent(held)} of cases on machines that the model had not seen; the aim is 80 %"


def _since(life: LifeForecast, fleet: FleetState, worked: Sequence[HistoryRecord]) -> list[str]:
    """Say what has changed since it was told: the component may be another one."""
    later = [r for r in worked if r.kind in _WORK and r.subject == life.component and r.time > life.time]
    if later:
        newest = max(later, key=lambda r: r.time)
        what = "it failed" if newest.kind is Kind.FAILURE else "it was worked on"
        return [f"{what} {when(newest.time, fleet.now)}, after this was told: this is about the one before"]
    if fleet.now - life.time > _STALE:
        return [f"nothing newer was told than what rests on data to {when(life.time, fleet.now)}"]
    return []


def _learned_from(model: LifeModel | None, life: LifeForecast) -> list[str]:
    if model is None:
        return [f"model {life.model_version}, which said so, is not in use any more"]
    if model.version != life.model_version:
        return [f"model {life.model_version} said so; {model.version}, in use now, tells it at midnight, UTC"]
    about = model.describe()
    lives, cut_short = about.get("lives"), about.get("lives_cut_short")
    if not isinstance(lives, int) or not isinstance(cut_short, int):
        return []
    learned = f"learned from {plural(lives, 'life', 'lives')} that ended in a failure"
    if cut_short > lives:
        return [f"{learned}; {cut_short} more were ended before, so it may last longer than this says"]
    return [learned]


def _untold(component: str, models: Mapping[str, LifeModel], trouble: str) -> Lasting:
    why = "not told: no model of its life is in use"
    if trouble:
        why = "not told: the models cannot be read"
    elif component in models:
        why = f"not told yet by model {models[component].version}: it tells it once a day, at midnight, UTC"
    return Lasting(component, None, "", why)


def told_at(lives: LastingAll, fleet: FleetState) -> str:
    """Return which data the newest of them rests on, such as `00:00 today, 6 h ago`; empty where there is none."""
    times = [one.life.time for one in lives.components if one.life is not None]
    if not times:
        return ""
    newest = max(times)
    return f"{when(newest, fleet.now)}, {span(max(fleet.now - newest, timedelta(0)))} ago"
