"""My jobs: what a technician does next, on a phone: where, what is suspected, which part, start and done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse

from api.auth import CurrentUser
from api.console.answers import Answer, answers_for
from api.console.done import done_sentence
from api.console.reasons import raising, reason_phrase
from api.console.rendering import page
from api.console.supply import PartNeed, Supplies
from api.reading.fleet_state import fleet_state
from api.routes.parameters import Services
from api.services import ConsoleServices
from foreworn.access import Role, User
from foreworn.loop.operations import Transaction
from foreworn.planning import WorkOrder, WorkOrderState
from foreworn.planning.technician import Technician
from foreworn.telemetry.signal import SignalCatalogue

router = APIRouter(include_in_schema=False)

_AT_WORK = (WorkOrderState.IN_PROGRESS, WorkOrderState.SCHEDULED)
_REASONS = 2
EVERYBODY = "all"


@dataclass(frozen=True, slots=True)
class JobView:
    """One job with what a technician needs for it."""

    order: WorkOrder
    needs: list[PartNeed]
    where: str
    model: str

    @property
    def running(self) -> bool:
        """Whether it has been started."""
        return self.order.state is WorkOrderState.IN_PROGRESS

    @property
    def answers(self) -> tuple[Answer, ...]:
        """What can be answered at its end."""
        return answers_for(self.order)

    def why(self, catalogue: SignalCatalogue) -> list[str]:
        """Return what raised the suspicion most."""
        evidence = self.order.evidence
        found = raising(evidence.reasons if evidence else (), _REASONS)
        return [reason_phrase(r, catalogue) for r in found]


@router.get("/jobs")
def jobs_page(
    request: Request,
    services: Services,
    user: CurrentUser,
    technician: Annotated[str, Query(description="Whose jobs; `all` for everybody's.")] = "",
    did: Annotated[str, Query()] = "",
) -> HTMLResponse:
    """Return the page."""
    fleet = fleet_state(services)
    team, whose = _whose(services, user, technician)
    jobs = jobs_of(services, None if whose == EVERYBODY else whose)
    return page(
        request,
        "jobs.html",
        now=fleet.now,
        team=team,
        whose=whose,
        mine=whose == user.name,
        name=next((one.name for one in team if one.id == whose), whose),
        names={one.id: one.name for one in team},
        known=whose == EVERYBODY or any(one.id == whose for one in team),
        jobs=jobs,
        today=[job for job in jobs if _is_due(job.order, fleet.now)],
        catalogue=services.registry.catalogue(),
        done=done_sentence(services, did),
        back="/jobs" if whose == user.name else f"/jobs?technician={whose}",
    )


def _whose(services: ConsoleServices, user: User, asked: str) -> tuple[Sequence[Technician], str]:
    """Return the team, and whose jobs are shown: one's own, or everybody's to a planner who has none."""
    with services.operations.reading() as tx:
        team = [one for one in tx.team.all() if one.active]
    own = user.name
    if user.may(Role.PLANNER) and all(one.id != own for one in team):
        own = EVERYBODY
    return team, asked or own


def jobs_of(services: ConsoleServices, technician: str | None) -> list[JobView]:
    """Return the jobs that are scheduled or run, those that run first, then by their window."""
    machines = {m.id: m for m in services.registry.machines()}
    with services.operations.reading() as tx:
        orders = tx.orders.find(states=_AT_WORK, technician=technician)
        supplies = Supplies(tx, {m.id: m.model for m in machines.values()}, place=services.replenishing.place)
        areas = _areas(tx)
        views = [
            JobView(
                order,
                supplies.of(order),
                " / ".join(filter(None, (machines[order.machine].site, areas.get(order.machine)))),
                machines[order.machine].model,
            )
            for order in orders
            if order.machine in machines
        ]
    return sorted(views, key=lambda view: (not view.running, _begins(view.order), view.order.id))


def _areas(tx: Transaction) -> dict[str, str]:
    """Return what people call the area that a machine stands in, where somebody has said so."""
    names = {area.id: area.name or area.id for area in tx.sites.areas()}
    return {s.machine: names.get(s.area, s.area) for s in tx.sites.standings() if s.area is not None}


def _begins(order: WorkOrder) -> datetime:
    return order.created_at if order.booking is None else order.booking.start


def _is_due(order: WorkOrder, now: datetime) -> bool:
    return order.booking is None or order.booking.start.date() <= now.date()
