"""Today: which machines will fail, which component, how sure, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from api.console.csv_file import csv_file
from api.console.done import done_sentence
from api.console.notices import notices
from api.console.picture import probability_bar
from api.console.reasons import raising, reason_phrase
from api.console.rendering import page
from api.console.words import deadline, percent, plural
from api.console.work_ahead import work_ahead
from api.instants import format_instant
from api.reading.fleet_state import FleetState, MachineState, fleet_state
from api.reading.quarantined import sensors_in_doubt
from api.routes.parameters import Services
from foreworn.health.forecast import Forecast
from foreworn.planning.decline import DECLINE_REASONS
from foreworn.telemetry.signal import SignalCatalogue

router = APIRouter(include_in_schema=False)

Sort = Literal["risk", "machine", "data"]
Standing = Literal["", "alarm", "silent"]
_SHOWN = 25
_ORDINARY = 0.01
_FOLDED_FROM = 6
_HIGHEST = 3
_REASONS = 3
_SENSORS_LOOKED_THROUGH = 1000


@dataclass(frozen=True, slots=True)
class Selection:
    """What the reader asked to see."""

    site: Annotated[str, Query()] = ""
    model: Annotated[str, Query()] = ""
    state: Annotated[Standing, Query()] = ""
    sort: Annotated[Sort, Query()] = "risk"
    show: Annotated[Literal["", "all"], Query()] = ""

    @property
    def narrowed(self) -> bool:
        """Whether any machine is left out."""
        return bool(self.site or self.model or self.state)

    def of(self, fleet: FleetState) -> "list[Row]":
        """Return the asked rows in the asked order; the rank is always the rank by risk in the fleet."""
        alarms = {m.id for m in fleet.alarms}
        rows = [
            Row(rank, state, state.id in alarms, silent=state.silent and len(fleet.silent) < len(fleet.machines))
            for rank, state in enumerate(fleet.machines, start=1)
            if self.site in ("", state.machine.site)
            and self.model in ("", state.machine.model)
            and (self.state != "silent" or state.silent)
            and (self.state != "alarm" or state.id in alarms)
        ]
        if self.sort == "machine":
            rows.sort(key=lambda row: row.state.id)
        elif self.sort == "data":
            rows.sort(key=lambda row: (row.state.data_until is not None, row.state.data_until or fleet.now, row.rank))
        return rows


@dataclass(frozen=True, slots=True)
class Row:
    """One machine of the list; `silent` only while others report, for else the silence is not the machine's."""

    rank: int
    state: MachineState
    alarm: bool
    silent: bool

    @property
    def top(self) -> Forecast | None:
        """Its most probable failure."""
        return self.state.top

    @property
    def ordinary(self) -> bool:
        """Whether nothing about it asks for a look: it is not silent, and forecast at less than 1 %."""
        return self.top is not None and self.top.probability < _ORDINARY and not self.alarm and not self.silent

    def bar(self, fleet: FleetState) -> Markup:
        """Return the probability as a small picture."""
        if self.top is None:
            return Markup("")
        return probability_bar(self.top.probability, None if fleet.model is None else fleet.model.threshold)

    def also(self, fleet: FleetState) -> str:
        """Return the machine's further alarms in words."""
        further = [f for f in self.state.forecasts[1:] if fleet.is_alarm(f)]
        return ", ".join(f"{f.component} {percent(f.probability)}" for f in further)

    def why(self, catalogue: SignalCatalogue) -> list[str]:
        """Return what raises the probability most."""
        found = raising(() if self.top is None else self.top.reasons, _REASONS)
        return [reason_phrase(r, catalogue) for r in found]


@router.get("/")
def today(
    request: Request,
    services: Services,
    chosen: Annotated[Selection, Depends()],
    did: Annotated[str, Query(description="What was just changed.")] = "",
) -> HTMLResponse:
    """Return the page."""
    fleet = fleet_state(services)
    rows = chosen.of(fleet)
    shown = rows if chosen.show == "all" else _first(rows, chosen)
    refused = sum(services.quarantine.count().values())
    return page(
        request,
        "today.html",
        fleet=fleet,
        now=fleet.now,
        rows=shown,
        matching=len(rows),
        folded=_folded(rows, shown),
        deadline=deadline,
        chosen=chosen,
        lead=_lead(fleet),
        ahead=work_ahead(services, fleet.now),
        decline_reasons=DECLINE_REASONS,
        done=done_sentence(services, did),
        sites=sorted({m.machine.site for m in fleet.machines}),
        models=sorted({m.machine.model for m in fleet.machines}),
        catalogue=services.registry.catalogue(),
        notices=notices(services, fleet),
        refused=refused,
        sensors=len(sensors_in_doubt(services, looked_through=_SENSORS_LOOKED_THROUGH)) if refused else 0,
    )


def _lead(fleet: FleetState) -> str:
    """Return the day in a sentence."""
    if fleet.model is None or not any(m.forecasts for m in fleet.machines):
        return ""
    threshold = percent(fleet.model.threshold)
    alarms = len(fleet.alarms)
    if not alarms:
        return f"No machine is above the alarm threshold of {threshold}."
    verb = "is" if alarms == 1 else "are"
    return f"{alarms} of {plural(len(fleet.machines), 'machine')} {verb} above the alarm threshold of {threshold}."


def _first(rows: Sequence[Row], chosen: Selection) -> Sequence[Row]:
    """Return the rows the page begins with: by risk, many ordinary machines are one line below it."""
    loud = [row for row in rows if not row.ordinary]
    if chosen.sort != "risk" or len(rows) - len(loud) < _FOLDED_FROM:
        return rows[:_SHOWN]
    return loud[:_SHOWN] or rows[:_HIGHEST]


def _folded(rows: Sequence[Row], shown: Sequence[Row]) -> str:
    """Say in words what is not among the shown rows; an empty text where all are."""
    hidden = [row for row in rows if row not in shown]
    if not hidden:
        return ""
    said = plural(len(hidden), "further machine")
    if all(row.ordinary for row in hidden):
        return f"{said}, {'' if len(hidden) == 1 else 'each '}less than 1 % likely to fail"
    return f"{said} below these"


@router.get("/today.csv")
def today_csv(services: Services, chosen: Annotated[Selection, Depends()]) -> Response:
    """Return every machine that the same address without `.csv` would list."""
    fleet = fleet_state(services)
    catalogue = services.registry.catalogue()
    return csv_file("foreworn", fleet.now, _HEAD, (_cells(row, catalogue) for row in chosen.of(fleet)))


_HEAD = (
    "rank",
    "machine",
    "site",
    "model",
    "component",
    "probability",
    "horizon_h",
    "alarm",
    "reasons",
    "forecast_time",
    "data_until",
    "silent",
)


def _cells(row: Row, catalogue: SignalCatalogue) -> Sequence[str]:
    machine, top = row.state.machine, row.top
    until = row.state.data_until
    forecast = ("", "", "", "", "", "")
    if top is not None:
        forecast = (
            top.component,
            f"{top.probability:.4f}",
            f"{top.horizon.total_seconds() / 3600:g}",
            "yes" if row.alarm else "no",
            "; ".join(row.why(catalogue)),
            format_instant(top.time),
        )
    return (
        *(str(row.rank), machine.id, machine.site, machine.model),
        *forecast,
        "" if until is None else format_instant(until),
        "yes" if row.state.silent else "no",
    )
