"""Work orders: what they answer, and what is asked of them."""

from datetime import timedelta
from typing import Literal, Self

from pydantic import Field

from api.instants import Instant
from api.schemas.answer import Answer
from api.schemas.forecast import ReasonAnswer
from api.schemas.request import Count, Hours, Name, OptionalText, Request, Text, hours
from foreworn.health.label import Outcome
from foreworn.planning.evidence import Evidence, TrackRecord
from foreworn.planning.findings import Action, Finding, Findings
from foreworn.planning.work_order import TRANSITIONS, Booking, Transition, WorkOrder, WorkOrderKind, WorkOrderState


def _hours(span: timedelta) -> float:
    return span.total_seconds() / 3600


class TransitionAnswer(Answer):
    """One step of a work order."""

    time: Instant
    actor: str
    before: WorkOrderState
    after: WorkOrderState
    reason: str

    @classmethod
    def of(cls, step: Transition) -> Self:
        """Return the answer for one step."""
        return cls.model_validate(step, from_attributes=True)


class BookingAnswer(Answer):
    """Who does it, and in which window [start, end)."""

    technician: str
    start: Instant
    end: Instant

    @classmethod
    def of(cls, booking: Booking) -> Self:
        """Return the answer for one booking."""
        return cls.model_validate(booking, from_attributes=True)


class TrackRecordAnswer(Answer):
    """How often forecasts like the one of the order came true."""

    said: int = Field(description="Forecasts of such a probability whose outcome is known.")
    failed: int = Field(description="Those whose event happened.")
    low: float = Field(description="Such a probability is at least this.")
    high: float = Field(description="Such a probability is below this.")

    @classmethod
    def of(cls, record: TrackRecord) -> Self:
        """Return the answer for one record."""
        return cls.model_validate(record, from_attributes=True)


class EvidenceAnswer(Answer):
    """What a predictive order rests on, as it was when proposed."""

    probability: float = Field(ge=0, le=1, description="Chance of failing within the horizon after `data_time`.")
    horizon_h: float = Field(description="How far the forecast looked. [h]")
    data_time: Instant
    issued_at: Instant
    model_version: str
    revision: int
    reasons: list[ReasonAnswer]
    expected_saving: float = Field(description="What acting at `act_at` saves on average. [currency]")
    waiting_cost_per_day: float = Field(description="What each further day costs on average. [currency/day]")
    act_at: Instant = Field(description="The earliest it can be done.")
    currency: str
    costs_assumed: bool = Field(description="Whether nobody has given this component's costs.")
    track_record: TrackRecordAnswer | None

    @classmethod
    def of(cls, evidence: Evidence) -> Self:
        """Return the answer for one order's evidence."""
        return cls(
            probability=evidence.probability,
            horizon_h=_hours(evidence.horizon),
            data_time=evidence.data_time,
            issued_at=evidence.issued_at,
            model_version=evidence.model_version,
            revision=evidence.revision,
            reasons=[ReasonAnswer.of(r) for r in evidence.reasons],
            expected_saving=evidence.expected_saving,
            waiting_cost_per_day=evidence.waiting_cost_per_day,
            act_at=evidence.act_at,
            currency=evidence.currency,
            costs_assumed=evidence.costs_assumed,
            track_record=None if evidence.track_record is None else TrackRecordAnswer.of(evidence.track_record),
        )


class UsedPart(Answer):
    """Parts taken from stock."""

    part: str
    quantity: int


class FindingsAnswer(Answer):
    """What was found, done and used."""

    finding: Finding
    action: Action
    note: str
    labour_h: float = Field(description="The team's time. [h]")
    parts: list[UsedPart]
    cause: str

    @classmethod
    def of(cls, findings: Findings) -> Self:
        """Return the answer for one order's findings."""
        return cls(
            finding=findings.finding,
            action=findings.action,
            note=findings.note,
            labour_h=_hours(findings.labour),
            parts=[UsedPart(part=part, quantity=quantity) for part, quantity in findings.parts],
            cause=findings.cause,
        )


class WorkOrderAnswer(Answer):
    """One work order with every step it took."""

    id: str
    machine: str
    component: str
    kind: WorkOrderKind
    state: WorkOrderState
    code: str | None = Field(description="The state as maintenance systems abbreviate it; null where they do not.")
    may_become: list[WorkOrderState] = Field(description="What may follow this state.")
    created_at: Instant
    task: str
    labour_h: float = Field(description="The team's time it takes. [h]")
    due: Instant | None
    booking: BookingAnswer | None
    evidence: EvidenceAnswer | None
    findings: FindingsAnswer | None
    outcome: Outcome | None = Field(description="What became of the prediction; null while nobody can know.")
    follows: str | None = Field(description="The order this one came out of.")
    version: int = Field(description="Counts the changes; it is the ETag.")
    transitions: list[TransitionAnswer]

    @classmethod
    def of(cls, order: WorkOrder) -> Self:
        """Return the answer for one order."""
        return cls(
            id=order.id,
            machine=order.machine,
            component=order.component,
            kind=order.kind,
            state=order.state,
            code=order.state.code,
            may_become=sorted(TRANSITIONS[order.state]),
            created_at=order.created_at,
            task=order.task,
            labour_h=_hours(order.labour),
            due=order.due,
            booking=None if order.booking is None else BookingAnswer.of(order.booking),
            evidence=None if order.evidence is None else EvidenceAnswer.of(order.evidence),
            findings=None if order.findings is None else FindingsAnswer.of(order.findings),
            outcome=order.outcome,
            follows=order.follows,
            version=order.version,
            transitions=[TransitionAnswer.of(t) for t in order.transitions],
        )


class WorkOrderPage(Answer):
    """Work orders, oldest first."""

    items: list[WorkOrderAnswer]
    next_cursor: str | None = Field(description="Give it as `cursor` to read on; null at the end.")


class NewWorkOrder(Request):
    """A job that a person asks for."""

    machine: Name
    component: Name
    kind: Literal["preventive", "corrective"]
    task: Text = Field(description="What is to be done.")
    labour_h: Hours = Field(description="The team's time it takes. [h]")
    due: Instant | None = Field(default=None, description="By when it ought to be done.")
    follows: Name | None = Field(default=None, description="The order that it is rework of.")

    @property
    def labour(self) -> timedelta:
        """The team's time it takes."""
        return hours(self.labour_h)


class NewFailure(Request):
    """A failure that somebody reports."""

    component: Name
    mode: OptionalText = Field(default="", description="How it failed, as far as that is known.")
    time: Instant | None = Field(default=None, description="When it failed; now if left out.")


class Reasoned(Request):
    """A change, and why where somebody wants to say."""

    reason: OptionalText = ""


class Justified(Request):
    """A change that needs a reason."""

    reason: Text


class NewBooking(Reasoned):
    """Who does it, and in which window."""

    technician: Name
    start: Instant
    end: Instant

    @property
    def booking(self) -> Booking:
        """What it asks for.

        Raises
        ------
        ValueError
            If the window ends before it begins.
        """
        return Booking(self.technician, self.start, self.end)


class TakenPart(Request):
    """Parts taken from stock."""

    part: Name
    quantity: Count


class NewFindings(Request):
    """What was found, done and used."""

    finding: Finding
    action: Action
    note: OptionalText = ""
    labour_h: Hours = Field(default=0.0, description="The team's time it took. [h]")
    parts: list[TakenPart] = Field(default=[], max_length=100)
    cause: OptionalText = ""

    @property
    def findings(self) -> Findings:
        """What it says.

        Raises
        ------
        ValueError
            If a part is named twice.
        """
        parts = tuple(sorted((p.part, p.quantity) for p in self.parts))
        if len({part for part, _ in parts}) < len(parts):
            raise ValueError("a part is named twice: give one quantity for each")
        return Findings(self.finding, self.action, self.note, hours(self.labour_h), parts, self.cause)
