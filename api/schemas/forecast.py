"""Forecasts and their reasons."""

from typing import Self

from pydantic import Field

from api.instants import Instant
from api.reading.forecasts import ForecastPoint
from api.schemas.answer import Answer, PageAnswer
from foreworn.health.failure_curve import FailureCurve
from foreworn.health.forecast import Forecast, Reason

_PROBABILITY = "Chance of failing within (time, time + horizon], 0 to 1."


class ReasonAnswer(Answer):
    """One signal's, event's or record's share in a forecast."""

    source: str = Field(description="The signal, event code or record.")
    feature: str = Field(description="The feature of it with the largest share.")
    value: float | None = Field(description="The feature's value now, in its own unit.")
    usual_low: float | None = Field(description="Lower end of the middle 90 % of training rows of its machine model.")
    usual_high: float | None = Field(description="Upper end of the middle 90 % of training rows of its machine model.")
    contribution: float = Field(description="What it adds to the log-odds of failure; above 0 raises the probability.")

    @classmethod
    def of(cls, reason: Reason) -> Self:
        """Return the answer for one reason."""
        return cls.model_validate(reason, from_attributes=True)


class CurvePoint(Answer):
    """How likely the component has failed by one time."""

    horizon_h: float = Field(description="Within how long. [h]")
    probability: float = Field(ge=0, le=1, description=_PROBABILITY)


class StandingForecast(Answer):
    """The newest forecast of one component."""

    component: str
    time: Instant = Field(description="The data's time that it rests on.")
    horizon_h: float = Field(description="How far it looks. [h]")
    probability: float = Field(ge=0, le=1, description=_PROBABILITY)
    alarm: bool = Field(description="Whether the serving model calls it an alarm.")
    model_version: str
    revision: int = Field(description="0 for the first verdict on this data, more where late data changed it.")
    issued_at: Instant = Field(description="When it was said.")
    reasons: list[ReasonAnswer] = Field(description="The largest contribution first.")
    curve: list[CurvePoint] = Field(
        description="What was said of every horizon, rising, its own included; with one entry where no more was said."
    )

    @classmethod
    def of(cls, forecast: Forecast, *, alarm: bool) -> Self:
        """Return the answer for one standing forecast."""
        return cls(
            component=forecast.component,
            time=forecast.time,
            horizon_h=forecast.horizon.total_seconds() / 3600,
            probability=forecast.probability,
            alarm=alarm,
            model_version=forecast.model_version,
            revision=forecast.revision,
            issued_at=forecast.issued_at,
            reasons=[ReasonAnswer.of(r) for r in forecast.reasons],
            curve=[
                CurvePoint(horizon_h=horizon.total_seconds() / 3600, probability=probability)
                for horizon, probability in FailureCurve.of([forecast]).points
            ],
        )


class ForecastAnswer(Answer):
    """One forecast on record."""

    component: str
    time: Instant = Field(description="The data's time that it rests on.")
    horizon_h: float = Field(description="How far it looks. [h]")
    probability: float = Field(ge=0, le=1, description=_PROBABILITY)
    model_version: str
    revision: int
    issued_at: Instant

    @classmethod
    def of(cls, point: ForecastPoint) -> Self:
        """Return the answer for one forecast on record."""
        return cls(
            component=point.component,
            time=point.time,
            horizon_h=point.horizon.total_seconds() / 3600,
            probability=point.probability,
            model_version=point.model_version,
            revision=point.revision,
            issued_at=point.issued_at,
        )


class ForecastPage(PageAnswer):
    """Forecasts of one machine, sorted by component, horizon, time, model version, revision."""

    items: list[ForecastAnswer]
