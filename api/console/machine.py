"""One machine: what is expected, why, its signals, and what happened to it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse, Response

from api.auth import require
from api.console.cases import share_words
from api.console.chart import Chart
from api.console.done import done_sentence
from api.console.failure_curves import curve_chart
from api.console.failure_odds import SPANS, failure_odds, forecast_until
from api.console.forms import Form, Typed, go_to
from api.console.guarded import TypedForm
from api.console.lasting import lasting, told_at
from api.console.life_reasons import life_effect, life_reason_figures, life_reason_name, life_reasons
from api.console.machine_charts import forecast_chart, marks_of, signal_charts
from api.console.machine_work import ask_for_work, machine_work, report_failure
from api.console.notices import notices
from api.console.picture import picture, probability_bar
from api.console.plotly_figure import plotly_figure
from api.console.reasons import effect, position, reason_name, reason_usual, reason_value
from api.console.rendering import page
from api.console.told_signals import StateChanges, newest_facts, state_changes
from api.console.words import deadline, hours, percent
from api.problems import BadParameter
from api.reading.fleet_state import FleetState, MachineState, fleet_state
from api.reading.forecasts import machine_forecasts
from api.reading.records import HistoryRecord, event_records, maintenance_records, newest_first
from api.reading.signals import MachineSignals, machine_signals
from api.routes.parameters import Services, Stretch
from api.security import CHART_CONTENT_POLICY
from api.services import ConsoleServices
from foreworn.access import Role, User
from foreworn.errors import Conflict, NotFound, StoreUnavailable
from foreworn.health.forecast import Forecast
from foreworn.loop.similar_failures import DONE, SimilarFailure, similar_failures
from foreworn.planning import WorkOrder
from foreworn.telemetry.sample import MILLISECOND

router = APIRouter(include_in_schema=False)

Worker = Annotated[User, Depends(require(Role.TECHNICIAN, Role.PLANNER))]
Planner = Annotated[User, Depends(require(Role.PLANNER))]

STRETCHES = (7, 30)
_MOST_POINTS = 1500
_MOST_RECORDS = 200


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is expected of one component; `forecast` is None where the model does not cover it.

    Parameters
    ----------
    chance
        The probability in words; empty without a forecast.
    rest
        The rest of the sentence, without its full stop.
    """

    component: str
    forecast: Forecast | None
    alarm: bool
    chance: str
    rest: str


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the telemetry store says of the machine; `trouble` says why it could not."""

    signals: MachineSignals = field(default_factory=lambda: MachineSignals((), ()))
    facts: Sequence[str] = ()
    changes: Sequence[StateChanges] = ()
    forecast_chart: Chart | None = None
    signal_charts: Sequence[Chart] = ()
    events: Sequence[HistoryRecord] = ()
    trouble: str = ""


@router.get("/machines/{machine}")
def machine_page(
    request: Request,
    services: Services,
    machine: str,
    days: Annotated[int, Query(description="7 or 30")] = 7,
    did: Annotated[str, Query()] = "",
) -> HTMLResponse:
    """Return the page."""
    if days not in STRETCHES:
        raise BadParameter("days", f"{days} is not a length of this page", remedy="use 7 or 30")
    return _page(request, services, machine, days=days, done=done_sentence(services, did))


@router.post("/machines/{machine}/failures")
def post_failure(request: Request, services: Services, user: Worker, form: TypedForm, machine: str) -> Response:
    """Record a failure; go on to the order of its repair."""
    return _asked(request, services, machine, form, report_failure, user, "failure")


@router.post("/machines/{machine}/orders")
def post_order(request: Request, services: Services, user: Planner, form: TypedForm, machine: str) -> Response:
    """Create an order; go on to it."""
    return _asked(request, services, machine, form, ask_for_work, user, "order")


def _asked(
    request: Request,
    services: ConsoleServices,
    machine: str,
    form: Form,
    use: Callable[..., WorkOrder],
    user: User,
    which: str,
) -> Response:
    try:
        order = use(services, machine, form, actor=user.name)
    except (Conflict, NotFound, ValueError) as refusal:
        trouble = f"{refusal.field}: {refusal.problem}" if isinstance(refusal, BadParameter) else str(refusal)
        typed = Typed({**form.fields, "form": which, "trouble": trouble})
        status = HTTPStatus.CONFLICT if isinstance(refusal, Conflict) else HTTPStatus.BAD_REQUEST
        return _page(request, services, machine, days=STRETCHES[0], typed=typed, status=status)
    return go_to(f"/orders/{order.id}", did=order.id)


def _page(
    request: Request,
    services: ConsoleServices,
    machine: str,
    *,
    days: int,
    done: str = "",
    typed: Typed | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HTMLResponse:
    fleet = fleet_state(services)
    state = fleet.machine(machine)
    stretch = Stretch(fleet.now - timedelta(days=days), fleet.now + MILLISECOND)
    worked = maintenance_records(services, machine, stretch.start, stretch.end)
    recorded = _recorded(services, fleet, state, stretch, worked)
    history = newest_first([*worked, *recorded.events])
    lives = lasting(services, fleet, state, worked)
    answer = page(
        request,
        "machine.html",
        status=status,
        fleet=fleet,
        work=machine_work(services, machine, fleet.now),
        curves=curve_chart(state),
        odds=failure_odds(services, fleet, state),
        odds_spans=SPANS,
        forecast_until=forecast_until(state),
        lives=lives,
        lives_told_at=told_at(lives, fleet),
        life_reasons=life_reasons,
        life_reason_name=life_reason_name,
        life_reason_figures=life_reason_figures,
        life_effect=life_effect,
        share_words=lambda case: share_words(case, services.registry.catalogue()),
        typed=typed or Typed(),
        done=done,
        now=fleet.now,
        state=state,
        days=days,
        stretches=STRETCHES,
        expectations=expectations(fleet, state),
        explained=_explained(fleet, state),
        alike=_alike(services, fleet, state),
        effort=hours,
        recorded=recorded,
        history=history[:_MOST_RECORDS],
        history_total=len(history),
        catalogue=services.registry.catalogue(),
        notices=notices(services, fleet),
        picture=picture,
        figure=plotly_figure,
        bar=probability_bar,
        reason_name=reason_name,
        reason_value=reason_value,
        reason_usual=reason_usual,
        position=position,
        effect=effect,
    )
    answer.headers["Content-Security-Policy"] = CHART_CONTENT_POLICY
    return answer


def _explained(fleet: FleetState, state: MachineState) -> list[Forecast]:
    return [f for f in state.forecasts if f is state.top or fleet.is_alarm(f)]


def _alike(services: ConsoleServices, fleet: FleetState, state: MachineState) -> dict[str, list[SimilarFailure]]:
    """Return by component what past failures announced themselves like the one that is explained."""
    models = {one.id: one.machine.model for one in fleet.machines}
    found: dict[str, list[SimilarFailure]] = {}
    with services.operations.reading() as tx:
        for forecast in _explained(fleet, state):
            orders = tx.orders.find(states=DONE, component=forecast.component)
            found[forecast.component] = similar_failures(forecast, orders, models)
    return found


def _recorded(
    services: ConsoleServices,
    fleet: FleetState,
    state: MachineState,
    stretch: Stretch,
    done: Sequence[HistoryRecord],
) -> Recorded:
    """Read what the telemetry store has; without it the rest of the page stands."""
    start, end = stretch.start, stretch.end
    try:
        signals = machine_signals(services, state.machine, start, end, largest=_MOST_POINTS)
        points = machine_forecasts(services, state.id, start, end, as_of=fleet.now)
        events = event_records(services, state.id, start, end)
    except StoreUnavailable as trouble:
        return Recorded(trouble=str(trouble))
    marks = marks_of([*done, *events])
    raising = [r.source for f in _explained(fleet, state) for r in f.reasons if r.contribution > 0]
    return Recorded(
        signals,
        newest_facts(signals.series),
        state_changes(signals.series),
        forecast_chart(points, fleet.model, marks, start=start, end=end, components=state.machine.components),
        signal_charts(signals.series, services.registry.catalogue(), marks, start=start, end=end, first=raising),
        events,
    )


def expectations(fleet: FleetState, state: MachineState) -> list[Expectation]:
    """Return one sentence per component, the most probable failure first, those without a forecast last."""
    said = [
        Expectation(f.component, f, fleet.is_alarm(f), percent(f.probability), _rest(fleet, f)) for f in state.forecasts
    ]
    silent = sorted(set(state.machine.components) - {f.component for f in state.forecasts})
    return said + [Expectation(c, None, False, "", _why_none(fleet, c)) for c in silent]


def _rest(fleet: FleetState, forecast: Forecast) -> str:
    likely = f"likely to fail {deadline(forecast, fleet.now)}"
    if fleet.model is None:
        return f"{likely}; no model is in use now, so there is no alarm threshold to compare it with"
    if forecast.model_version != fleet.model.version:
        return f"{likely}, as model {forecast.model_version} said; model {fleet.model.version} has not scored it yet"
    side = "above" if fleet.is_alarm(forecast) else "below"
    return f"{likely}, {side} the alarm threshold of {percent(fleet.model.threshold)}"


def _why_none(fleet: FleetState, component: str) -> str:
    if fleet.model is None:
        return "not forecast: no model is in use"
    left_out = fleet.model.describe().get("left_out")
    if isinstance(left_out, Mapping) and component in left_out:
        return f"not forecast: {left_out[component]}"
    return f"not forecast yet by model {fleet.model.version}"
