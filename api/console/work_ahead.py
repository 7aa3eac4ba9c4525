"""The work ahead: proposals to decide, ranked by what they save, and the hours the team has for them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from api.console.reasons import raising, reason_phrase
from api.console.revisions import changed_since
from api.console.supply import PartNeed, Supplies
from api.services import ConsoleServices
from foreworn.planning import WorkOrder, WorkOrderKind, WorkOrderState
from foreworn.planning.capacity import TeamHours, team_hours
from foreworn.planning.opportunity import Fit, Opportunity
from foreworn.planning.work_order import OPEN_STATES
from foreworn.telemetry.signal import SignalCatalogue

S = WorkOrderState
_REASONS = 3


@dataclass(frozen=True, slots=True)
class Proposal:
    """An order that waits for a decision, with the parts it would take, and what late data changed about it."""

    order: WorkOrder
    needs: list[PartNeed]
    changed: str

    def why(self, catalogue: SignalCatalogue) -> list[str]:
        """Return what raised the probability most."""
        evidence = self.order.evidence
        found = raising(evidence.reasons if evidence else (), _REASONS)
        return [reason_phrase(r, catalogue) for r in found]


@dataclass(frozen=True, slots=True)
class WorkAhead:
    """What a planner has before them.

    Parameters
    ----------
    proposals
        Those that wait for a decision: what has failed, then what saves most.
    counts
        How many orders are in each open state, and how many wait to be closed.
    hours
        The team's hours of the coming week: what is decided on, and what there is.
    later
        What would pay, but does not fit into these hours, or whose part comes too late.
    avoided
        What is saved on average if all predictive work that is open is done. [currency]
    open_cases
        How many machines behave unlike themselves.
    """

    proposals: Sequence[Proposal]
    counts: Counter[WorkOrderState]
    hours: TeamHours
    later: Sequence[Opportunity]
    avoided: float
    currency: str
    open_cases: int

    @property
    def asked(self) -> timedelta:
        """Working time that the proposals would take."""
        return sum((p.order.labour for p in self.proposals), timedelta(0))

    @property
    def costs_assumed(self) -> bool:
        """Whether any of the savings rests on costs that nobody has given."""
        return any(p.order.evidence is not None and p.order.evidence.costs_assumed for p in self.proposals)


def work_ahead(services: ConsoleServices, now: datetime) -> WorkAhead:
    """Read what is open."""
    models = {m.id: m.model for m in services.registry.machines()}
    later = [o for o in services.proposing.ranking() if o.fit is not Fit.WITHIN_HOURS and o.order is None]
    later.sort(key=lambda o: -max(o.saving, o.saving_with_part))
    with services.operations.reading() as tx:
        orders = tx.orders.find(states=(*OPEN_STATES, S.COMPLETED))
        supplies = Supplies(tx, models, place=services.replenishing.place)
        proposed = [Proposal(o, supplies.of(o), changed_since(tx, o)) for o in orders if o.state is S.PROPOSED]
        return WorkAhead(
            proposals=sorted(proposed, key=_urgency),
            counts=Counter(o.state for o in orders),
            hours=team_hours(tx.team.all(), orders, now),
            later=later,
            avoided=sum(_saving(o) for o in orders if o.is_open),
            currency=tx.costs.table().currency,
            open_cases=len(tx.cases.list(open_only=True)),
        )


def _urgency(proposal: Proposal) -> tuple[bool, float, str]:
    """Sort what stands still already first, then what saves most."""
    order = proposal.order
    return order.kind is not WorkOrderKind.CORRECTIVE, -_saving(order), order.id


def _saving(order: WorkOrder) -> float:
    return 0.0 if order.evidence is None else order.evidence.expected_saving
