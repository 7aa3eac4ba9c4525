"""What stands on record: cases, labels, scorecards, the audit trail, jobs."""

from datetime import timedelta
from typing import Any, Self

from pydantic import Field

from api.instants import Instant
from api.schemas.answer import Answer, PageAnswer
from foreworn.audit import AuditEntry
from foreworn.health.anomaly import SignalShare
from foreworn.health.case import Case, CaseState, Reading
from foreworn.health.label import Label, Outcome
from foreworn.health.scorecard import CalibrationBin, Scorecard


def _hours(span: timedelta) -> float:
    return span.total_seconds() / 3600


class ScoreAnswer(Answer):
    """One anomaly score."""

    time: Instant
    score: float
    threshold: float = Field(description="Above this it counts.")
    p_value: float = Field(description="The share of healthy scores that are as high, 0 to 1.")

    @classmethod
    def of(cls, reading: Reading) -> Self:
        """Return the answer for one score."""
        return cls.model_validate(reading, from_attributes=True)


class ShareAnswer(Answer):
    """One signal's share in a score."""

    signal: str
    share: float = Field(description="Its part of the score; those of all signals add up to 1.")
    value: float | None
    usual_low: float | None
    usual_high: float | None

    @classmethod
    def of(cls, share: SignalShare) -> Self:
        """Return the answer for one share."""
        return cls.model_validate(share, from_attributes=True)


class CaseAnswer(Answer):
    """A stretch in which a machine behaves unlike itself."""

    id: str
    machine: str
    state: CaseState
    opened_at: Instant
    closed_at: Instant | None
    closed_because: str
    detector: str
    reason: str
    first: ScoreAnswer
    peak: ScoreAnswer
    latest: ScoreAnswer
    contributions: list[ShareAnswer] = Field(description="The signals behind the peak, the largest share first.")
    note: str

    @classmethod
    def of(cls, case: Case) -> Self:
        """Return the answer for one case."""
        return cls(
            id=case.id,
            machine=case.machine,
            state=case.state,
            opened_at=case.opened_at,
            closed_at=case.closed_at,
            closed_because=case.closed_because,
            detector=case.detector,
            reason=case.reason,
            first=ScoreAnswer.of(case.first),
            peak=ScoreAnswer.of(case.peak),
            latest=ScoreAnswer.of(case.latest),
            contributions=[ShareAnswer.of(share) for share in case.contributions],
            note=case.note,
        )


class CaseList(Answer):
    """Cases, the last opened first."""

    items: list[CaseAnswer]


class LabelAnswer(Answer):
    """A forecast as it was first said, and what became of it."""

    machine: str
    component: str
    time: Instant = Field(description="The data's time that it rests on.")
    horizon_h: float = Field(description="How far it looked. [h]")
    model_version: str
    probability: float
    alarm: bool
    issued_at: Instant
    outcome: Outcome
    decided_at: Instant | None

    @classmethod
    def of(cls, label: Label) -> Self:
        """Return the answer for one label."""
        return cls(
            machine=label.machine,
            component=label.component,
            time=label.time,
            horizon_h=_hours(label.horizon),
            model_version=label.model_version,
            probability=label.probability,
            alarm=label.alarm,
            issued_at=label.issued_at,
            outcome=label.outcome,
            decided_at=label.decided_at,
        )


class LabelPage(PageAnswer):
    """Labels, by machine, component, time, model version, horizon."""

    items: list[LabelAnswer]


class CalibrationAnswer(Answer):
    """Forecasts of like probability, and how many came true."""

    low: float
    high: float
    said: int = Field(description="Forecasts whose outcome is known, of those whose whole time has passed.")
    happened: int = Field(description="Those of which the component failed, or was found as predicted.")
    mean: float = Field(description="The mean of the probabilities said.")
    happened_low: float = Field(description="Lower end of the 95 % interval of the share that happened.")
    happened_high: float = Field(description="Its upper end.")

    @classmethod
    def of(cls, calibration: CalibrationBin) -> Self:
        """Return the answer for one bin."""
        low, high = calibration.interval
        return cls(
            low=calibration.low,
            high=calibration.high,
            said=calibration.said,
            happened=calibration.happened,
            mean=calibration.mean,
            happened_low=low,
            happened_high=high,
        )


class ScorecardAnswer(Answer):
    """One model version's record, from outcomes."""

    model_version: str
    forecasts: int = Field(description="One a day of each component, as it was first said.")
    pending: int = Field(
        description="Those that count later: their time, or that of others of their day, has not passed. A failure is "
        "known sooner than survival, so that what is known early would flatter."
    )
    censored: int = Field(description="Replaced unseen, failed already, or said too late: nobody can know.")
    failures: int = Field(description="Failures, and findings as predicted, counted at once; each once.")
    caught: int = Field(description="Failures that an alarm told before they happened.")
    precision: float | None = Field(description="Share of alarms that were confirmed, of those anybody can know.")
    recall: float | None = Field(description="Share of failures that an alarm told.")
    lead_time_p10_h: float | None = Field(description="A tenth of those caught were told later than this before. [h]")
    lead_time_p50_h: float | None
    lead_time_p90_h: float | None
    alarms_confirmed: int
    alarms_refuted: int
    orders_confirmed: int
    orders_refuted: int
    orders_censored: int
    brier: float | None = Field(description="Mean squared error of the probabilities; 0 is perfect.")
    brier_skill: float | None = Field(description="Its improvement on always saying the base rate.")
    calibration: list[CalibrationAnswer]

    @classmethod
    def of(cls, card: Scorecard, version: str) -> Self:
        """Return the answer for one scorecard."""
        leads = {q: card.lead_time(q) for q in (0.1, 0.5, 0.9)}
        p10, p50, p90 = (None if lead is None else _hours(lead) for lead in leads.values())
        return cls(
            model_version=version,
            forecasts=card.forecasts,
            pending=card.pending,
            censored=card.censored,
            failures=card.failures,
            caught=card.caught,
            precision=card.precision,
            recall=card.recall,
            lead_time_p10_h=p10,
            lead_time_p50_h=p50,
            lead_time_p90_h=p90,
            alarms_confirmed=card.alarms_confirmed,
            alarms_refuted=card.alarms_refuted,
            orders_confirmed=card.orders_confirmed,
            orders_refuted=card.orders_refuted,
            orders_censored=card.orders_censored,
            brier=card.brier,
            brier_skill=card.brier_skill,
            calibration=[CalibrationAnswer.of(b) for b in card.calibration],
        )


class AuditAnswer(Answer):
    """One change."""

    number: int
    time: Instant
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]

    @classmethod
    def of(cls, number: int, entry: AuditEntry) -> Self:
        """Return the answer for one change."""
        return cls(
            number=number,
            time=entry.time,
            actor=entry.actor,
            action=entry.action,
            subject=entry.subject,
            detail=dict(entry.detail),
        )


class AuditPage(Answer):
    """Changes, the newest first."""

    items: list[AuditAnswer]
    next_cursor: str | None = Field(description="Give it as `cursor` to read on; null at the end.")
