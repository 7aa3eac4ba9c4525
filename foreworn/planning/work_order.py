"""A work order and the states it may go through; `docs/contracts/transitions.csv` is the contract."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from foreworn.errors import TransitionRefused
from foreworn.health.label import Outcome
from foreworn.planning.evidence import Evidence
from foreworn.planning.findings import Findings


class WorkOrderState(StrEnum):
    """How far a work order has come."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    DECLINED = "declined"
    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"

    @property
    def code(self) -> str | None:
        """The short code maintenance systems know the state by; None where they have none."""
        return _CODES.get(self)

    @property
    def is_final(self) -> bool:
        """Whether nothing can follow."""
        return not TRANSITIONS[self]


class WorkOrderKind(StrEnum):
    """Why the work is done."""

    PREDICTIVE = "predictive"
    """A forecast says that the component will fail."""
    PREVENTIVE = "preventive"
    """A plan says that it is due."""
    CORRECTIVE = "corrective"
    """It has failed."""


S = WorkOrderState
_CODES = {
    S.PROPOSED: "WAPPR",
    S.APPROVED: "APPR",
    S.SCHEDULED: "WSCH",
    S.IN_PROGRESS: "INPRG",
    S.COMPLETED: "COMP",
    S.CLOSED: "CLOSE",
    S.CANCELLED: "CAN",
}
TRANSITIONS: dict[WorkOrderState, frozenset[WorkOrderState]] = {
    S.PROPOSED: frozenset({S.APPROVED, S.DECLINED, S.SUPERSEDED}),
    S.APPROVED: frozenset({S.SCHEDULED, S.IN_PROGRESS, S.CANCELLED, S.SUPERSEDED}),
    S.SCHEDULED: frozenset({S.APPROVED, S.IN_PROGRESS, S.CANCELLED, S.SUPERSEDED}),
    S.IN_PROGRESS: frozenset({S.SCHEDULED, S.COMPLETED}),
    S.COMPLETED: frozenset({S.CLOSED}),
    S.CLOSED: frozenset(),
    S.DECLINED: frozenset(),
    S.CANCELLED: frozenset(),
    S.SUPERSEDED: frozenset(),
}
"""What may follow each state."""

OPEN_STATES = (S.PROPOSED, S.APPROVED, S.SCHEDULED, S.IN_PROGRESS)
"""The work is still to be done; a component has at most one predictive order in these."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One step of a work order: when, by whom, from where to where, and why."""

    time: datetime
    actor: str
    before: WorkOrderState
    after: WorkOrderState
    reason: str


@dataclass(frozen=True, slots=True)
class Booking:
    """Who does the job, and in which window [start, end)."""

    technician: str
    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        """Refuse a window that ends before it begins."""
        if self.end <= self.start:
            raise ValueError(f"the window ends at {self.end}, before it begins at {self.start}")


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """One job on one component of one machine, with every step it took.

    Parameters
    ----------
    id
        Unique among all work orders.
    machine, component
        What is worked on.
    kind
        Why the work is done.
    created_at
        When it was proposed.
    state
        How far it has come.
    transitions
        The steps that led here, oldest first.
    task
        What is to be done, for a person.
    labour
        The team's time it takes.
    due
        By when it ought to be done; None: no date.
    booking
        Who does it when, once scheduled.
    evidence
        What a predictive order rests on, as it was when proposed; a corrective order that superseded it
        carries it too.
    findings
        What the technician found, once completed.
    outcome
        What became of the prediction: the order's label; None while nobody can know.
    follows
        The order this one came out of: the predictive one a failure superseded, the one it is rework of.
    version
        Counts the changes; who changes an order names the version that they saw.
    """

    id: str
    machine: str
    component: str
    kind: WorkOrderKind
    created_at: datetime
    state: WorkOrderState = WorkOrderState.PROPOSED
    transitions: tuple[Transition, ...] = ()
    task: str = ""
    labour: timedelta = timedelta(0)
    due: datetime | None = None
    booking: Booking | None = None
    evidence: Evidence | None = None
    findings: Findings | None = None
    outcome: Outcome | None = None
    follows: str | None = None
    version: int = 1

    @property
    def is_open(self) -> bool:
        """Whether the work is still to be done."""
        return self.state in OPEN_STATES

    @property
    def last_changed(self) -> datetime:
        """When it took its last step."""
        return self.transitions[-1].time if self.transitions else self.created_at

    def transition(self, to: WorkOrderState, *, actor: str, time: datetime, reason: str) -> "WorkOrder":
        """Return the order one step further.

        Raises
        ------
        TransitionRefused
            If this state may not become `to`.
        ValueError
            If nobody is named as the actor, or `time` lies before the last step.

        Examples
        --------
        >>> from datetime import UTC, datetime
        >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
        >>> order = WorkOrder("wo-1", "pump-1", "seal", WorkOrderKind.PREDICTIVE, noon)
        >>> order.transition(WorkOrderState.APPROVED, actor="planner", time=noon, reason="risk 0.8").state
        <WorkOrderState.APPROVED: 'approved'>
        >>> order.transition(WorkOrderState.CLOSED, actor="planner", time=noon, reason="done")
        Traceback (most recent call last):
        ...
        foreworn.errors.TransitionRefused: a work order that is proposed cannot become closed; \
allowed from here: approved, declined, superseded
        """
        if to not in TRANSITIONS[self.state]:
            raise TransitionRefused(self.state, to, allowed=sorted(TRANSITIONS[self.state]))
        latest = self.transitions[-1].time if self.transitions else self.created_at
        if not actor.strip():
            raise ValueError("a transition needs the name of its actor")
        if time < latest:
            raise ValueError(f"the last step of work order {self.id} was at {latest}: the next cannot be at {time}")
        step = Transition(time, actor, self.state, to, reason)
        return replace(self, state=to, transitions=(*self.transitions, step), version=self.version + 1)
