"""Failure models."""

from typing import Any, Self

from pydantic import Field

from api.schemas.answer import Answer
from foreworn.health.failure_model import FailureModel


class ServingModel(Answer):
    """The model in use."""

    version: str
    horizon_h: float = Field(description="How far its forecasts look. [h]")
    threshold: float = Field(description="The probability from which a forecast is an alarm, 0 to 1.")
    lookback_h: float = Field(description="How much telemetry before a row it needs. [h]")
    description: dict[str, Any] = Field(description="What the model says about itself: training time, features, ...")

    @classmethod
    def of(cls, model: FailureModel) -> Self:
        """Return the answer for the serving model."""
        return cls(
            version=model.version,
            horizon_h=model.horizon.total_seconds() / 3600,
            threshold=model.threshold,
            lookback_h=model.lookback.total_seconds() / 3600,
            description=dict(model.describe()),
        )


class ModelsAnswer(Answer):
    """All models, and the one in use."""

    serving: ServingModel | None = Field(description="Null before one was put in use.")
    versions: list[str] = Field(description="All versions, oldest first.")
